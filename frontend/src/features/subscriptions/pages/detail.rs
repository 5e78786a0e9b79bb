//! One service: what billing knows, and the line as the carrier sees it. The carrier's part can fail alone.

use super::super::api;
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::prices::as_of;
use crate::components::molecules::states::{chip, line_words, service_words};
use crate::components::organisms::not_found::NotFound;
use crate::components::organisms::subscription_row::{category_words, cycle_words};
use crate::components::ui::button::RetryButton;
use crate::components::ui::card::{Card, fact};
use crate::components::ui::notice::{Notice, Urgency};
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{Tr, tag, text};
use crate::providers::live::use_live;
use crate::providers::place::use_place;
use crate::shared::api::failure::FailureKind;
use crate::shared::hooks::loadable::Loadable;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::format;
use crate::{t, tr};
use domain::catalog::SimKind;
use domain::live::ServerMessage;
use domain::sim::contract::{Network, SimLine, national_format};
use domain::subscriptions::contract::LinePart;
use domain::subscriptions::{Subscription, SubscriptionDetail};
use domain::{ErrorCode, ServiceId};
use leptos::prelude::*;

/// The page `/subscriptions/:id`.
#[component]
pub fn SubscriptionPage() -> AnyView {
    let place = use_place();
    let id = Memo::new(move |_| place.rest().parse::<ServiceId>().ok());
    let page = move || match id.get() {
        Some(id) => subscription_page(id),
        None => NotFound().into_any(),
    };
    page.into_any()
}

fn subscription_page(id: ServiceId) -> AnyView {
    let service = Loader::new(move || Box::pin(api::subscription(id)));
    use_live().listen(move |message| {
        if matches!(message, ServerMessage::SubscriptionsChanged | ServerMessage::Ready) {
            service.reload();
        }
    });
    let missing = Memo::new(move |_| {
        service.state().with(|s| {
            s.value().is_none() && s.failure().is_some_and(|f| f.kind == FailureKind::Refused(ErrorCode::NotFound))
        })
    });
    // A line is known by its number, everything else by its name.
    let title = Signal::derive(move || match service.value() {
        Some(detail) => match &detail.subscription.number {
            Some(number) => national_format(number),
            None => detail.subscription.name,
        },
        None => text(tr!(subscriptions.one))().to_owned(),
    });
    let page = move || {
        if missing.get() {
            return NotFound().into_any();
        }
        view! {
            <p class="crumbs"><a href="/subscriptions">{t!(nav.subscriptions)}</a></p>
            <PageTitle title=title/>
            {loaded(service, || view! { <div class="card"><Skeleton lines=8/></div> }.into_any(), move |value| body(value, service))}
        }
        .into_any()
    };
    page.into_any()
}

fn body(detail: Signal<SubscriptionDetail>, service: Loader<SubscriptionDetail>) -> AnyView {
    let subscription = Memo::new(move |_| detail.with(|d| d.subscription.clone()));
    let line = Memo::new(move |_| detail.with(|d| d.line.clone()));
    view! {
        <div class="two-columns">
            <Card id="billing" title=tr!(subscriptions.billing)>
                {move || billing_facts(&subscription.get())}
                {as_of(Signal::derive(move || detail.with(|d| d.as_of)))}
            </Card>
            {move || line_card(line.get(), service)}
        </div>
    }
    .into_any()
}

fn billing_facts(s: &Subscription) -> AnyView {
    let date = |on: domain::Date| (move || format::date(tag(), on)).into_any();
    let mut facts = vec![
        fact(tr!(subscriptions.product).into(), s.name.clone().into_any()),
        fact(tr!(subscriptions.state).into(), chip(service_words(s.status))),
        fact(tr!(price.title).into(), price(s)),
    ];
    if let Some(category) = s.category {
        facts.push(fact(tr!(subscriptions.kind).into(), text(category_words(category)).into_any()));
    }
    if let Some(on) = s.next_due_on {
        facts.push(fact(tr!(subscriptions.next_due).into(), date(on)));
    }
    if let Some(on) = s.started_on {
        facts.push(fact(tr!(subscriptions.started).into(), date(on)));
    }
    if let Some(order) = s.order_id {
        let href = format!("/orders/{order}");
        facts.push(fact(tr!(orders.one).into(), view! { <a href=href>{t!(subscriptions.open_order)}</a> }.into_any()));
    }
    view! { <dl class="facts">{facts}</dl> }.into_any()
}

fn price(s: &Subscription) -> AnyView {
    let (amount, cycle) = (s.price.to_string(), cycle_words(s.cycle));
    view! { {amount} " " <span class="price-cycle">{text(cycle)} " · " {t!(subscriptions.before_tax)}</span> }
        .into_any()
}

fn line_card(line: LinePart, service: Loader<SubscriptionDetail>) -> AnyView {
    let refreshing =
        Signal::derive(move || service.state().with(|s| matches!(s, Loadable::Ready { refreshing: true, .. })));
    let content = match line {
        LinePart::None => return ().into_any(),
        LinePart::Ready { line, as_of: at } => view! { {line_facts(&line)} {as_of(Signal::stored(at))} }.into_any(),
        LinePart::Unavailable => {
            let retry = Callback::new(move |()| service.reload());
            view! {
                <Notice urgency=Urgency::Caution title=tr!(line.unavailable) text=tr!(line.unavailable_text)>
                    <div class="notice-actions"><RetryButton on_press=retry pending=refreshing/></div>
                </Notice>
            }
            .into_any()
        }
    };
    view! { <Card id="line" title=tr!(line.title)>{content}</Card> }.into_any()
}

fn line_facts(line: &SimLine) -> AnyView {
    let kind = match line.kind {
        SimKind::Physical => tr!(wizard.sim_card),
        SimKind::Esim => tr!(wizard.esim),
    };
    let mut facts = vec![
        fact(tr!(line.number).into(), view! { <span class="number">{national_format(&line.number)}</span> }.into_any()),
        fact(tr!(subscriptions.state).into(), chip(line_words(line.state))),
        fact(tr!(wizard.sim).into(), text(kind).into_any()),
    ];
    if let Some(kb) = line.remaining_kb {
        facts.push(fact(tr!(line.data_left).into(), format::megabytes(kb.whole_megabytes()).into_any()));
    }
    if let Some(network) = line.network {
        let name = match network {
            Network::FourG => "4G",
            Network::FiveG => "5G",
        };
        facts.push(fact(tr!(line.network).into(), name.into_any()));
    }
    if let Some(iccid) = line.iccid_masked.clone() {
        facts.push(fact(tr!(line.iccid).into(), view! { <span class="mono">{iccid}</span> }.into_any()));
    }
    if let Some(on) = line.started_on {
        facts.push(fact(tr!(line.started).into(), (move || format::date(tag(), on)).into_any()));
    }
    let switch = |name: Tr, on: bool| fact(name.into(), text(if on { tr!(line.on) } else { tr!(line.off) }).into_any());
    facts.push(switch(tr!(line.voicemail), line.voicemail));
    facts.push(switch(tr!(line.call_waiting), line.call_waiting));
    facts.push(switch(tr!(line.roaming), line.roaming));
    let running = line.change_running;
    view! {
        {running.then(|| view! { <Notice urgency=Urgency::Info text=tr!(line.changing)/> })}
        <dl class="facts">{facts}</dl>
    }
    .into_any()
}
