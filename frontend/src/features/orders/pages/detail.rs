//! One order: where it stands, live, without a reload.

use super::super::api;
use super::super::parts::confirm::Confirm;
use super::super::parts::timeline::Timeline;
use super::super::words::{failed, sim_words, whats_next};
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::prices::{total_row, with_cycle};
use crate::components::molecules::states::{chip, stage_words};
use crate::components::organisms::not_found::NotFound;
use crate::components::organisms::subscription_row::{category_words, subscription_href};
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::icon::Icon;
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{local, now, tag, text};
use crate::providers::live::use_live;
use crate::providers::place::use_place;
use crate::shared::api::failure::{Failure, FailureKind};
use crate::shared::hooks::loader::Loader;
use crate::shared::hooks::polling::poll_while;
use crate::shared::utils::fill::fill;
use crate::shared::utils::format;
use crate::{t, tr};
use domain::catalog::SimKind;
use domain::live::ServerMessage;
use domain::orders::contract::OrderedItem;
use domain::orders::{OrderDetail, Stage};
use domain::sim::contract::national_format;
use domain::{ErrorCode, OrderId};
use leptos::prelude::*;

/// The page `/orders/:id`.
#[component]
pub fn OrderPage() -> AnyView {
    let place = use_place();
    let id = Memo::new(move |_| place.rest().parse::<OrderId>().ok());
    let page = move || match id.get() {
        Some(id) => order_page(id),
        None => NotFound().into_any(),
    };
    page.into_any()
}

fn order_page(id: OrderId) -> AnyView {
    let order =
        Loader::new(move || Box::pin(api::order(id))).accepting(|old: &OrderDetail, new| new.version >= old.version);
    let live = use_live();
    live.listen(move |message| match message {
        ServerMessage::OrderChanged { order_id } if order_id == id => order.reload(),
        ServerMessage::Ready => order.reload(),
        _ => {}
    });
    let open = Memo::new(move |_| order.state().with(|s| s.value().is_none_or(|o| !o.stage.is_final())));
    poll_while(Signal::derive(move || open.get() && !live.is_connected()), move || order.reload());

    let missing =
        Memo::new(move |_| order.state().with(|s| s.value().is_none() && s.failure().is_some_and(is_missing)));
    let title = Signal::derive(move || match order.value() {
        Some(order) => fill(now(tr!(orders.number)), &[("number", &order.number)]),
        None => now(tr!(orders.one)).to_owned(),
    });
    let page = move || {
        if missing.get() {
            return NotFound().into_any();
        }
        view! {
            <p class="crumbs"><a href="/orders">{t!(nav.orders)}</a></p>
            <PageTitle title=title/>
            {loaded(order, || view! { <div class="card"><Skeleton lines=8/></div> }.into_any(), move |value| body(value, order))}
        }
        .into_any()
    };
    page.into_any()
}

fn is_missing(failure: &Failure) -> bool {
    failure.kind == FailureKind::Refused(ErrorCode::NotFound)
}

fn body(order: Signal<OrderDetail>, loader: Loader<OrderDetail>) -> AnyView {
    let stage = Memo::new(move |_| order.with(|o| o.stage));
    let placed_at = order.with_untracked(|o| o.placed_at);
    view! {
        <p class="order-state">
            {move || chip(stage_words(stage.get()))}
            <span class="muted">{move || fill(now(tr!(orders.placed)), &[("time", &format::date_time_zone(tag(), placed_at))])}</span>
        </p>
        <div class="two-columns">
            <div class="stack">
                {next_card(order, loader)}
                <Card id="progress" title=tr!(progress.title)><Timeline order=order/></Card>
            </div>
            <div class="stack">
                <Card id="items" title=tr!(orders.items)>{move || items(&order.get())}</Card>
                <Card id="price" title=tr!(price.title)>{move || price(&order.get())}</Card>
            </div>
        </div>
    }
    .into_any()
}

/// What happens next and who does it, with the one act that helps.
fn next_card(order: Signal<OrderDetail>, loader: Loader<OrderDetail>) -> AnyView {
    let facts = Memo::new(move |_| order.with(|o| (o.stage, o.next_actor, o.may_confirm, o.id, o.number.clone())));
    let view = move || {
        let (stage, actor, may_confirm, id, number) = facts.get();
        let (title, sentence) = whats_next(stage, actor);
        let done = Callback::new(move |()| loader.reload());
        let needs_help = order.with_untracked(|o| failed(o).is_some()) || stage == Stage::NeedsAttention;
        view! {
            <section class="card next-card" data-stage=stage.name() aria-labelledby="next">
                <h2 class="card-title" id="next">{text(title)}</h2>
                <p>{text(sentence)}</p>
                {may_confirm.then(|| view! { <div class="card-actions"><Confirm id=id on_done=done/></div> })}
                {(stage == Stage::Active).then(|| services(&order.get_untracked()))}
                {needs_help.then(|| help(number))}
            </section>
        }
        .into_any()
    };
    view! { <div aria-live="polite">{view}</div> }.into_any()
}

/// Links to the services that the order made.
fn services(order: &OrderDetail) -> AnyView {
    let link = |item: &OrderedItem| {
        let id = item.service_id?;
        let (plan, number) = (item.plan.clone(), item.number.as_deref().map(national_format));
        let label = Signal::derive(move || match &number {
            Some(number) => [&local(&plan), " · ", number].concat(),
            None => local(&plan),
        });
        Some(view! { <LinkButton label=label href=subscription_href(id) icon=Icon::Sim/> }.into_any())
    };
    view! { <div class="card-actions">{order.items.iter().filter_map(link).collect::<Vec<_>>()}</div> }.into_any()
}

/// A mail with the order number in its subject.
fn help(number: String) -> AnyView {
    let href = Signal::derive(move || {
        let subject = fill(now(tr!(orders.help_subject)), &[("number", &number)]);
        let subject = crate::shared::utils::browser::encode_component(&subject);
        ["mailto:", now(tr!(brand.support_mail)), "?subject=", &subject].concat()
    });
    view! {
        <div class="card-actions"><LinkButton label=tr!(orders.get_help) href=href weight=Weight::Secondary icon=Icon::Help/></div>
    }
    .into_any()
}

fn items(order: &OrderDetail) -> AnyView {
    let item = |item: &OrderedItem| {
        let plan = item.plan.clone();
        let (category, sim) = (item.category, item.sim);
        let number = item.number.as_deref().map(national_format);
        let kind = move || {
            let kind = now(category_words(category));
            sim.map_or_else(|| kind.to_owned(), |sim: SimKind| [kind, " · ", now(sim_words(sim))].concat())
        };
        view! {
            <li class="item">
                <p class="item-name">{move || local(&plan)}</p>
                <p class="muted">{kind}</p>
                {number.map(|number| view! { <p class="number">{number}</p> })}
            </li>
        }
        .into_any()
    };
    view! { <ul class="items">{order.items.iter().map(item).collect::<Vec<_>>()}</ul> }.into_any()
}

fn price(order: &OrderDetail) -> AnyView {
    let rate = order.tax_rate_percent;
    let line = |line: &domain::orders::QuoteLine| {
        let (name, price, cycle) = (line.name.clone(), line.price, line.cycle);
        view! {
            <div class="total"><dt>{move || local(&name)}</dt><dd>{move || with_cycle(price, rate, cycle)}</dd></div>
        }
        .into_any()
    };
    view! {
        <dl class="totals">
            {order.lines.iter().map(line).collect::<Vec<_>>()}
            {total_row(tr!(price.one_time), order.one_time, false)}
            {total_row(tr!(price.monthly), order.monthly, false)}
            {total_row(tr!(price.first_bill), order.first_bill, true)}
        </dl>
    }
    .into_any()
}
