//! What stands above the fields of every form: the summary of faults, and the failure that belongs to no field.

use super::error_summary::ErrorSummary;
use super::failure_panel::FailurePanel;
use crate::shared::hooks::form::Form;
use leptos::prelude::*;

/// Summary and failure of a form.
pub fn form_notices(form: Form) -> AnyView {
    view! {
        <ErrorSummary errors=form.errors() attempts=form.attempts()/>
        {move || form.failure().filter(|f| f.errors.is_empty()).map(|f| view! { <FailurePanel failure=f/> })}
    }
    .into_any()
}

/// A handler for `submit` that stays on the page.
pub fn on_submit(act: impl Fn() + 'static) -> impl Fn(web_sys::SubmitEvent) + 'static {
    move |event| {
        event.prevent_default();
        act();
    }
}
