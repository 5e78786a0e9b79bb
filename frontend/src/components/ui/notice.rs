//! A message inside a page.

use super::icon::Icon;
use crate::providers::language::Text;
use leptos::prelude::*;

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Info,
    Caution,
    Problem,
}

impl Urgency {
    pub const ALL: [Self; 3] = [Self::Info, Self::Caution, Self::Problem];
}

/// A message that stays. `Problem` is announced at once, the others when the reader is idle.
#[component]
pub fn Notice(
    urgency: Urgency,
    #[prop(optional, into)] title: Option<Text>,
    #[prop(into)] text: Text,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    let (class, role, icon) = match urgency {
        Urgency::Info => ("notice notice-info", "status", Icon::Clock),
        Urgency::Caution => ("notice notice-caution", "status", Icon::Alert),
        Urgency::Problem => ("notice notice-problem", "alert", Icon::Alert),
    };
    view! {
        <div class=class role=role>
            {icon.view()}
            <div class="notice-body">
                {title.map(|title| view! { <p class="notice-title">{title.view()}</p> })}
                <p>{text.view()}</p>
                {children.map(|children| children())}
            </div>
        </div>
    }
    .into_any()
}
