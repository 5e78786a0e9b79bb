//! A surface with a heading.

use crate::providers::language::Text;
use leptos::prelude::*;

/// A titled surface: a region that screen readers can jump to.
#[component]
pub fn Card(
    /// Unique on the page; names the region.
    id: &'static str,
    #[prop(into)] title: Text,
    /// A link or button beside the title.
    #[prop(optional, into)]
    action: ViewFnOnce,
    children: Children,
) -> AnyView {
    view! {
        <section class="card" aria-labelledby=id>
            <div class="card-head">
                <h2 class="card-title" id=id>{title.view()}</h2>
                {action.run()}
            </div>
            {children()}
        </section>
    }
    .into_any()
}

/// One fact of a description list.
pub fn fact(term: Text, value: AnyView) -> AnyView {
    view! { <div class="fact"><dt>{term.view()}</dt><dd>{value}</dd></div> }.into_any()
}
