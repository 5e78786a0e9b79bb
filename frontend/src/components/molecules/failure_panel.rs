//! The one way a failed request is shown: what failed, what to do, the reference for support.

use super::failure_text::{may_retry, title};
use crate::components::ui::button::RetryButton;
use crate::components::ui::icon::Icon;
use crate::providers::language::now;
use crate::shared::api::failure::Failure;
use crate::shared::utils::fill::fill;
use crate::{t, tr};
use leptos::prelude::*;

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
                {wait.map(|seconds| view! {
                    <p>{move || fill(now(tr!(failure.wait)), &[("seconds", &seconds.to_string())])}</p>
                })}
                {(!reference.is_empty()).then(|| view! {
                    <p class="reference">{t!(failure.reference)} " " <code>{reference}</code></p>
                })}
                {retry.map(|retry| view! { <div class="notice-actions"><RetryButton on_press=retry/></div> })}
            </div>
        </div>
    }
    .into_any()
}
