//! Step 3: whose order it is, and the phone that gets an eSIM. Nothing that the account knows is asked again.

use super::super::form::OrderForm;
use super::super::pages::wizard::{continue_button, go_on, step_buttons};
use super::super::steps::{Step, href};
use super::keep_number::KeepNumberFields;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::templates::gate::sign_in_href;
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::card::fact;
use crate::components::ui::field::TextInput;
use crate::providers::language::now;
use crate::providers::session::use_session;
use crate::shared::utils::fill::fill;
use crate::{t, tr};
use domain::auth::Me;
use domain::catalog::SimKind;
use leptos::prelude::*;

/// The customer and the EID.
#[component]
pub fn DetailsStep(form: OrderForm) -> AnyView {
    let session = use_session();
    let errors = form.errors();
    let esim = Memo::new(move |_| form.draft.with(|d| d.sim) == Some(SimKind::Esim));
    let eid = RwSignal::new(form.draft.with_untracked(|d| d.eid.clone()));
    // The field is typed into; the draft follows, because it is what gets stored.
    Effect::new(move |_| {
        let typed = eid.get();
        if form.draft.with_untracked(|d| d.eid != typed) {
            form.change(|draft, _| draft.eid = typed);
        }
    });
    let signed_in = Memo::new(move |_| session.is_signed_in());
    let who = move || match session.me() {
        Some(me) => account(&me, form),
        None => sign_in_first(),
    };
    let on = move || if signed_in.get() { continue_button() } else { ().into_any() };
    view! {
        <form class="card form" novalidate on:submit=go_on(form)>
            <ErrorSummary errors=errors attempts=form.attempts/>
            {who}
            {move || esim.get().then(|| view! {
                <TextInput pointer="#/items/0/sim/" label=tr!(form.eid) value=eid errors=errors hint=tr!(form.eid_hint)
                    inputmode="numeric" autocomplete="off" maxlength="60" class="field-mono"/>
            })}
            {move || signed_in.get().then(|| view! { <KeepNumberFields form=form/> })}
            {step_buttons(Step::Details, on.into_any())}
        </form>
    }
    .into_any()
}

fn account(me: &Me, form: OrderForm) -> AnyView {
    let (family, given) = (me.family_name.reveal().clone(), me.given_name.reveal().clone());
    let name = move || fill(now(tr!(auth.full_name)), &[("family", &family), ("given", &given)]);
    let by_post = Memo::new(move |_| form.draft.with(|d| d.sim) == Some(SimKind::Physical));
    view! {
        <p class="muted">{t!(wizard.details_lead)}</p>
        <dl class="facts">
            {fact(tr!(auth.name).into(), name.into_any())}
            {fact(tr!(form.email).into(), me.email.reveal().clone().into_any())}
            {fact(tr!(form.customer_number).into(), me.customer_number.clone().into_any())}
        </dl>
        {move || by_post.get().then(|| view! { <p>{t!(wizard.by_post)}</p> })}
    }
    .into_any()
}

fn sign_in_first() -> AnyView {
    let back = href(Step::Details);
    view! {
        <div class="sign-in-first">
            <h3>{t!(wizard.sign_in_first)}</h3>
            <p class="muted">{t!(wizard.sign_in_first_text)}</p>
            <div class="card-actions">
                <LinkButton label=tr!(auth.sign_in) href=sign_in_href("/sign-in", &back)/>
                <LinkButton label=tr!(auth.create_account) href=sign_in_href("/sign-up", &back) weight=Weight::Secondary/>
            </div>
        </div>
    }
    .into_any()
}
