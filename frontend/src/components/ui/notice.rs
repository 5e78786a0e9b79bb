//! A message inside a page.

use super::icon::Icon;
use crate::providers::language::Text;
use leptos::prelude::*;

/// How urgent a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Info,
    Caution,
}

/// A message that stays, announced when the reader is idle. Failures have a panel of their own.
#[component]
pub fn Notice(
    urgency: Urgency,
    #[prop(optional, into)] title: Option<Text>,
    #[prop(into)] text: Text,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    let (class, icon) = match urgency {
        Urgency::Info => ("notice notice-info", Icon::Clock),
        Urgency::Caution => ("notice notice-caution", Icon::Alert),
    };
    view! {
        <div class=class role="status">
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
