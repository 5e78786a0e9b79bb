//! The one way a failed request is shown: what failed, what to do, the reference for support.

use super::failure_text::{may_retry, title};
use crate::components::ui::button::RetryButton;
use crate::components::ui::icon::Icon;
use crate::providers::language::now;
use crate::shared::api::failure::Failure;
use crate::shared::utils::fill::fill;
use crate::{t, tr};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Seconds that count down to nothing. Not announced: the alert has said them once.
fn countdown(seconds: u32) -> AnyView {
    let left = RwSignal::new(seconds);
    spawn_local(async move {
        while left.try_get_untracked().is_some_and(|n| n > 0) {
            TimeoutFuture::new(1_000).await;
            left.try_update(|n| *n -= 1);
        }
    });
    let words = move || {
        let left = left.get();
        (left > 0).then(|| fill(now(tr!(failure.wait)), &[("time", &format!("{}:{:02}", left / 60, left % 60))]))
    };
    view! { <p class="number" aria-live="off">{words}</p> }.into_any()
}

/// A failure, with Retry where asking again can help.
#[component]
pub fn FailurePanel(failure: Failure, #[prop(optional, into)] on_retry: Option<Callback<()>>) -> AnyView {
    let text = title(&failure);
    let retry = on_retry.filter(|_| may_retry(&failure));
    let reference = failure.reference.clone();
    let wait = failure.retry_after;
    view! {
        <div class="notice notice-problem" role="alert">
            {Icon::Alert.view()}
            <div class="notice-body">
                <p class="notice-title">{crate::providers::language::text(text)}</p>
                {wait.map(countdown)}
                {(!reference.is_empty()).then(|| view! {
                    <p class="reference">{t!(failure.reference)} " " <code>{reference}</code></p>
                })}
                {retry.map(|retry| view! { <div class="notice-actions"><RetryButton on_press=retry/></div> })}
            </div>
        </div>
    }
    .into_any()
}
