//! The order form in four steps. Back keeps every field; a reload and sign-in keep the draft.

use super::super::draft::Draft;
use super::super::form::{OrderForm, fresh_draft, stored_draft};
use super::super::parts::details_step::DetailsStep;
use super::super::parts::options_step::OptionsStep;
use super::super::parts::plan_step::PlanStep;
use super::super::parts::review_step::ReviewStep;
use super::super::parts::summary::Summary;
use super::super::steps::{Step, href};
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::stepper::{Stepper, StepperStep};
use crate::components::organisms::order_row::order_href;
use crate::components::ui::button::{Button, LinkButton, Weight};
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::catalog::use_offers;
use crate::providers::language::now;
use crate::shared::utils::browser;
use crate::{t, tr};
use domain::catalog::Catalog;
use domain::{OrderId, Sku};
use leptos::html::H2;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

/// The page `/order?plan=…` (start with a plan) and `/order?step=…`.
#[component]
pub fn Wizard() -> AnyView {
    view! {
        <PageTitle title=tr!(wizard.title)/>
        {loaded(use_offers(), || view! { <div class="card"><Skeleton lines=6/></div> }.into_any(), form)}
    }
    .into_any()
}

fn form(catalog: Signal<Catalog>) -> AnyView {
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|q| q.get("step")).and_then(|s| Step::from_slug(&s)));
    let plan = Memo::new(move |_| query.with(|q| q.get("plan")).map(Sku));
    let draft = RwSignal::new(stored_draft().unwrap_or_else(|| fresh_draft(None)));
    let navigate = use_navigate();
    // "Order this plan" leads here: the wish goes into the draft and out of the address, so that a reload does not
    // choose the plan again.
    Effect::new(move |_| {
        if let Some(sku) = plan.get() {
            let known = catalog.with_untracked(|c| c.plan(&sku).is_some());
            draft.update(|draft| take_up(draft, known.then_some(sku), &catalog.get_untracked()));
            let step = if known { Step::Options } else { Step::Plan };
            navigate(&href(step), NavigateOptions { replace: true, ..Default::default() });
        }
    });
    let form = OrderForm::new(draft, catalog, wanted);
    let placed = Memo::new(move |_| draft.with(|d| d.placed).filter(|_| plan.get().is_none()));
    let first = StoredValue::new(true);
    let body = move || match placed.get() {
        Some(id) => already_placed(id, draft),
        None => view! {
            <Stepper label=tr!(wizard.steps) steps=steps(form)/>
            <div class="two-columns wizard">
                <div class="stack">{move || step_view(form, form.step.get(), first)}</div>
                <Summary form=form/>
            </div>
        }
        .into_any(),
    };
    body.into_any()
}

/// Starts with a plan: an order that was placed is over, a draft that is open keeps what still fits.
fn take_up(draft: &mut Draft, plan: Option<Sku>, catalog: &Catalog) {
    if draft.placed.is_some() {
        *draft = fresh_draft(None);
    }
    if let Some(sku) = plan {
        draft.choose_plan(catalog, sku);
    }
}

fn steps(form: OrderForm) -> Signal<Vec<StepperStep>> {
    Signal::derive(move || {
        let (open, reachable) = (form.step.get(), form.reachable.get());
        let step = |step: Step| StepperStep {
            name: step.name(),
            href: (step <= reachable).then(|| href(step)),
            current: step == open,
            done: step < open,
        };
        Step::ALL.map(step).to_vec()
    })
}

fn step_view(form: OrderForm, step: Step, first: StoredValue<bool>) -> AnyView {
    let heading = NodeRef::<H2>::new();
    heading.on_load(move |heading| {
        if first.try_update_value(|first| std::mem::replace(first, false)) == Some(false) {
            request_animation_frame(move || browser::focus(&heading));
        }
    });
    let body = match step {
        Step::Plan => view! { <PlanStep form=form/> }.into_any(),
        Step::Options => view! { <OptionsStep form=form/> }.into_any(),
        Step::Details => view! { <DetailsStep form=form/> }.into_any(),
        Step::Review => view! { <ReviewStep form=form/> }.into_any(),
    };
    view! {
        <h2 class="step-title" tabindex="-1" node_ref=heading>{crate::providers::language::text(step.name())}</h2>
        {body}
    }
    .into_any()
}

/// Back after placing leads here instead of into a second order.
fn already_placed(id: OrderId, draft: RwSignal<Draft>) -> AnyView {
    let navigate = use_navigate();
    let again = Callback::new(move |()| {
        draft.set(fresh_draft(None));
        navigate(&href(Step::Plan), NavigateOptions::default());
    });
    view! {
        <Notice urgency=Urgency::Info title=tr!(wizard.placed) text=tr!(wizard.placed_text)>
            <div class="notice-actions">
                <LinkButton label=tr!(dashboard.follow) href=order_href(id)/>
                <Button label=tr!(wizard.another) weight=Weight::Secondary on_press=again/>
            </div>
        </Notice>
    }
    .into_any()
}

/// The buttons below a step: Back at the left, the way on at the right, at the same place on every step.
pub fn step_buttons(step: Step, on: AnyView) -> AnyView {
    view! {
        <div class="step-buttons">
            {step.before().map(|before| view! {
                <LinkButton label=tr!(wizard.back) href=href(before) weight=Weight::Secondary/>
            })}
            {on}
        </div>
    }
    .into_any()
}

/// Goes to the next step when nothing is wrong with this one.
pub fn go_on(form: OrderForm) -> impl Fn(web_sys::SubmitEvent) + Clone + 'static {
    let navigate = use_navigate();
    move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if form.try_leave()
            && let Some(next) = form.step.get_untracked().next()
        {
            navigate(&href(next), NavigateOptions::default());
        }
    }
}

/// The button to the next step.
pub fn continue_button() -> AnyView {
    view! { <Button label=tr!(wizard.go_on) submit=true/> }.into_any()
}

/// Says that a page was closed while the order was being sent.
pub fn sent_notice(form: OrderForm) -> AnyView {
    let sent = form.draft.with_untracked(Draft::is_sent);
    sent.then(|| {
        view! { <Notice urgency=Urgency::Info title=tr!(wizard.was_sent) text=tr!(wizard.was_sent_text)/> }
    })
    .into_any()
}

/// `Change` link of the review.
pub fn change_link(step: Step) -> AnyView {
    let label = move || [now(tr!(wizard.change)), " ", now(step.name())].concat();
    view! { <a class="more" href=href(step) aria-label=label>{t!(wizard.change)}</a> }.into_any()
}
