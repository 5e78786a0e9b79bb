//! The four faces of loading, the same on every card and page: skeleton, failure, value, and value with a failure above.

use super::failure_panel::FailurePanel;
use crate::shared::hooks::loadable::Face;
use crate::shared::hooks::loader::Loader;
use leptos::prelude::*;

/// Shows a loader. `value` is built once and then follows its signal, so focus and animations survive a refresh.
pub fn loaded<T: Clone + PartialEq + Send + Sync + 'static>(
    loader: Loader<T>,
    skeleton: fn() -> AnyView,
    value: impl Fn(Signal<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    loader.ensure();
    let state = loader.state();
    let face = Memo::new(move |_| state.with(|s| s.face()));
    let failure = Memo::new(move |_| state.with(|s| s.failure().cloned()));
    let retry = Callback::new(move |()| loader.reload());
    let body = move || match face.get() {
        Face::Skeleton => skeleton(),
        Face::Failure => ().into_any(),
        Face::Value => match state.with_untracked(|s| s.value().cloned()) {
            Some(first) => {
                let current = Memo::new(move |_| state.with(|s| s.value().cloned()).unwrap_or_else(|| first.clone()));
                value(current.into())
            }
            None => ().into_any(),
        },
    };
    view! {
        {move || failure.get().map(|failure| view! { <FailurePanel failure=failure on_retry=retry/> })}
        {body}
    }
    .into_any()
}
