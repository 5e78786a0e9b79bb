//! A list with nothing in it: what would be here, and one thing to do.

use crate::components::ui::logo::mark;
use crate::providers::language::Text;
use leptos::prelude::*;

/// An empty place with its reason and one act.
#[component]
pub fn Empty(
    #[prop(into)] title: Text,
    #[prop(into)] text: Text,
    #[prop(optional, into)] action: ViewFnOnce,
) -> AnyView {
    view! {
        <div class="empty">
            <div class="empty-mark">{mark()}</div>
            <p class="empty-title">{title.view()}</p>
            <p class="muted">{text.view()}</p>
            <div class="empty-action">{action.run()}</div>
        </div>
    }
    .into_any()
}
