//! The shape of what is coming. Appears after a quarter of a second (in the style sheet), so quick answers do not flicker.

use crate::t;
use leptos::prelude::*;

/// Grey lines in the place of text.
#[component]
pub fn Skeleton(#[prop(default = 3)] lines: usize) -> AnyView {
    view! {
        <div class="skeleton" aria-busy="true">
            <span class="visually-hidden">{t!(common.loading)}</span>
            {(0..lines).map(|_| view! { <span class="skeleton-line"></span> }.into_any()).collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}

/// Grey cards in the place of cards.
#[component]
pub fn SkeletonCards(#[prop(default = 3)] count: usize) -> AnyView {
    view! {
        <div class="grid-cards" aria-busy="true">
            <span class="visually-hidden">{t!(common.loading)}</span>
            {(0..count)
                .map(|_| {
                    view! {
                        <div class="card skeleton">
                            <span class="skeleton-line"></span>
                            <span class="skeleton-line skeleton-big"></span>
                            <span class="skeleton-line"></span>
                            <span class="skeleton-line"></span>
                        </div>
                    }
                    .into_any()
                })
                .collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}
