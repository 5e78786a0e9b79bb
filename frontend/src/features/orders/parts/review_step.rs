//! Step 4: everything on one page, the terms, and the button that orders.

use super::super::form::OrderForm;
use super::super::pages::wizard::{change_link, sent_notice, step_buttons};
use super::super::steps::Step;
use super::super::words::sim_words;
use super::submission::Submission;
use crate::components::molecules::error_summary::ErrorSummary;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::molecules::prices::{total_row, with_cycle};
use crate::components::ui::button::Button;
use crate::components::ui::card::fact;
use crate::components::ui::checkbox::Checkbox;
use crate::components::ui::notice::{Notice, Urgency};
use crate::providers::language::{local, now, tag, text};
use crate::providers::online::use_online;
use crate::providers::session::use_session;
use crate::shared::api::failure::Failure;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{t, tr};
use domain::common::pii::mask_tail;
use domain::orders::{Quote, QuoteLine};
use leptos::prelude::*;

/// The review.
#[component]
pub fn ReviewStep(form: OrderForm) -> AnyView {
    let submission = Submission::new(form);
    let online = use_online();
    let errors = form.errors();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !submission.pending.get_untracked() && untrack(|| online.get()) && form.try_leave() {
            submission.send();
        }
    };
    let quote = Memo::new(move |_| form.quote());
    let place = view! {
        <Button label=tr!(wizard.place) submit=true pending=submission.pending
            disabled=Signal::derive(move || !online.get()) described_by="place-note"/>
    };
    let note = move || {
        if !online.get() {
            tr!(common.offline)
        } else if submission.pending.get() {
            tr!(wizard.placing)
        } else {
            tr!(wizard.place_note)
        }
    };
    view! {
        <form class="card form" novalidate on:submit=submit>
            <ErrorSummary errors=errors attempts=form.attempts/>
            {sent_notice(form)}
            {messages(submission)}
            {chosen(form)}
            {move || quote.get().map(|quote| prices(&quote))}
            <Checkbox pointer="#/terms_accepted" label=tr!(wizard.accept) checked=form.terms
                on_change=Callback::new(move |on| form.terms.set(on)) errors=errors/>
            {step_buttons(Step::Review, place.into_any())}
            <p class="muted" id="place-note" role="status">{move || now(note())}</p>
        </form>
    }
    .into_any()
}

/// What became of sending.
fn messages(submission: Submission) -> AnyView {
    let retry = Callback::new(move |()| submission.send());
    let failure = move || {
        submission.failure.get().filter(|f| f.errors.is_empty()).map(|failure: Failure| {
            let unknown = failure.outcome_unknown();
            view! {
                <FailurePanel failure=failure on_retry=retry/>
                <p class="muted">{text(if unknown { tr!(wizard.retry_unknown) } else { tr!(wizard.retry_kept) })}</p>
            }
        })
    };
    let repriced = move || {
        submission
            .repriced
            .get()
            .then(|| view! { <Notice urgency=Urgency::Caution title=tr!(failure.catalog_changed) text=tr!(wizard.repriced)/> })
    };
    view! { {failure} {repriced} }.into_any()
}

fn chosen(form: OrderForm) -> AnyView {
    let session = use_session();
    let sim = Memo::new(move |_| form.draft.with(|d| d.sim));
    let plan = move || form.plan().map(|plan| local(&plan.name)).unwrap_or_default();
    let who = move || {
        session.me().map(|me| {
            let name = fill(
                now(tr!(auth.full_name)),
                &[("family", me.family_name.reveal()), ("given", me.given_name.reveal())],
            );
            [&name, " · ", me.email.reveal()].concat()
        })
    };
    let eid =
        move || form.draft.with(|d| (d.sim == Some(domain::catalog::SimKind::Esim)).then(|| d.eid.trim().to_owned()));
    // Masked: the page may be seen by others, and the customer knows the number.
    let kept = move || form.draft.with(|d| d.order(0, true).items.first()?.sim.as_ref()?.port_in.clone());
    let kept_facts = move || {
        kept().map(|port_in| {
            let day = move || format::date(tag(), port_in.expires_on);
            view! {
                {fact(tr!(wizard.kept_number).into(), view! { <span class="mono">{mask_tail(&port_in.phone_digits())}</span> }.into_any())}
                {fact(tr!(wizard.reservation).into(), view! { <span class="mono">{mask_tail(&port_in.reservation_digits())}</span> }.into_any())}
                {fact(tr!(wizard.reservation_ends).into(), day.into_any())}
            }
        })
    };
    view! {
        <div class="review-block">
            <div class="review-head"><h3>{t!(wizard.your_choice)}</h3> {change_link(Step::Options)}</div>
            <dl class="facts">
                {fact(tr!(wizard.plan).into(), plan.into_any())}
                {move || sim.get().map(|kind| fact(tr!(wizard.sim).into(), text(sim_words(kind)).into_any()))}
                {move || eid().map(|eid| fact(tr!(form.eid).into(), view! { <span class="mono">{eid}</span> }.into_any()))}
                {kept_facts}
            </dl>
        </div>
        <div class="review-block">
            <div class="review-head"><h3>{t!(wizard.for_whom)}</h3> {change_link(Step::Details)}</div>
            <p>{who}</p>
        </div>
    }
    .into_any()
}

fn prices(quote: &Quote) -> AnyView {
    let rate = quote.tax_rate_percent;
    let line = |line: &QuoteLine| {
        let (name, price, cycle) = (line.name.clone(), line.price, line.cycle);
        view! {
            <div class="total"><dt>{move || local(&name)}</dt><dd>{move || with_cycle(price, rate, cycle)}</dd></div>
        }
        .into_any()
    };
    view! {
        <div class="review-block">
            <h3>{t!(price.title)}</h3>
            <dl class="totals">
                {quote.lines.iter().map(line).collect::<Vec<_>>()}
                {total_row(tr!(price.one_time), quote.one_time, false)}
                {total_row(tr!(price.monthly), quote.monthly, false)}
                {total_row(tr!(price.first_bill), quote.first_bill, true)}
            </dl>
            <p class="muted">{move || fill(now(tr!(price.tax_note)), &[("rate", &rate.to_string())])}</p>
        </div>
    }
    .into_any()
}
