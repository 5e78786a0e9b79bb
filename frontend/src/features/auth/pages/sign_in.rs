//! Sign-in. After it the page that was asked for opens.

use super::super::api;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::templates::gate::{safe_next, sign_in_href};
use crate::components::ui::button::Button;
use crate::components::ui::field::{PasswordInput, TextInput};
use crate::components::ui::page_title::PageTitle;
use crate::providers::session::use_session;
use crate::shared::api::failure::Failure;
use crate::{t, tr};
use domain::FieldError;
use domain::auth::Login;
use domain::common::pii::Pii;
use domain::common::validation::field_errors;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use validator::Validate;

/// The page `/sign-in?next=…`.
#[component]
pub fn SignIn() -> AnyView {
    let session = use_session();
    let query = use_query_map();
    let next = Memo::new(move |_| safe_next(query.with(|q| q.get("next")).as_deref()));
    go_on_when_signed_in(next);

    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let failure = RwSignal::new(None::<Failure>);
    let (pending, attempts) = (RwSignal::new(false), RwSignal::new(0_u32));

    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        let login = Login {
            email: Pii::new(email.get_untracked().trim().to_owned()),
            password: Pii::new(password.get_untracked()),
        };
        failure.set(None);
        errors.set(login.validate().err().map(|e| field_errors(&e)).unwrap_or_default());
        attempts.update(|n| *n += 1);
        if errors.with_untracked(|e| !e.is_empty()) {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match api::sign_in(&login).await {
                Ok(reply) => session.begin(reply),
                Err(refused) => {
                    errors.try_set(refused.errors.clone());
                    failure.try_set(Some(refused));
                }
            }
            pending.try_set(false);
        });
    };
    let sign_up = move || sign_in_href("/sign-up", &next.get());
    view! {
        <div class="narrow">
            <PageTitle title=tr!(auth.sign_in) lead=tr!(auth.sign_in_lead)/>
            <form class="card form" novalidate on:submit=submit>
                <ErrorSummary errors=errors.into() attempts=attempts/>
                {move || failure.get().filter(|f| f.errors.is_empty()).map(|f| view! { <FailurePanel failure=f/> })}
                <TextInput pointer="#/email" label=tr!(form.email) value=email errors=errors.into() kind="email"
                    autocomplete="username" inputmode="email"/>
                <PasswordInput pointer="#/password" label=tr!(form.password) value=password errors=errors.into()
                    autocomplete="current-password"/>
                <Button label=tr!(auth.sign_in) submit=true pending=pending/>
            </form>
            <p class="below-form">{t!(auth.no_account)} " " <a href=sign_up>{t!(auth.create_account)}</a></p>
        </div>
    }
    .into_any()
}

/// Opens `next` as soon as somebody is signed in, also when another tab did it.
pub fn go_on_when_signed_in(next: Memo<String>) {
    let session = use_session();
    let navigate = use_navigate();
    let signed_in = Memo::new(move |_| session.is_signed_in());
    Effect::new(move |_| {
        if signed_in.get() {
            navigate(&next.get_untracked(), NavigateOptions { replace: true, ..Default::default() });
        }
    });
}
