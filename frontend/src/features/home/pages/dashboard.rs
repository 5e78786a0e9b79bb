//! The customer's first page: what needs an act, the lines, the latest orders. Each card loads and fails alone.

use super::super::api;
use super::super::billing_link::billing_link;
use super::super::next_act::{NextAct, next_act};
use crate::components::molecules::empty::Empty;
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::prices::as_of;
use crate::components::organisms::order_row::{OrderRow, order_href};
use crate::components::organisms::subscription_row::SubscriptionRow;
use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::card::Card;
use crate::components::ui::icon::Icon;
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::language::{Text, Tr, now};
use crate::providers::live::use_live;
use crate::providers::session::use_session;
use crate::shared::hooks::loader::Loader;
use crate::shared::utils::fill::fill;
use crate::{t, tr};
use domain::auth::Right;
use domain::common::page::Page;
use domain::live::ServerMessage;
use domain::orders::OrderSummary;
use domain::subscriptions::contract::SubscriptionList;
use leptos::prelude::*;

/// Most rows of a card.
const ROWS: usize = 4;

/// The page `/home`.
#[component]
pub fn Dashboard() -> AnyView {
    let session = use_session();
    let orders = Loader::new(|| Box::pin(api::orders()));
    let services = Loader::new(|| Box::pin(api::subscriptions()));
    // A user of lines sees no orders; their card would only be refused.
    let sees_orders = session.me().and_then(|me| me.role).is_none_or(|role| role.may(Right::SeeOrders));
    use_live().listen(move |message| match message {
        ServerMessage::OrderChanged { .. } if sees_orders => orders.reload(),
        ServerMessage::SubscriptionsChanged => services.reload(),
        ServerMessage::Ready => {
            if sees_orders {
                orders.reload();
            }
            services.reload();
        }
        ServerMessage::OrderChanged { .. }
        | ServerMessage::CatalogChanged
        | ServerMessage::InvoicesChanged
        | ServerMessage::SignedOut
        | ServerMessage::Pong => {}
    });
    let title = Signal::derive(move || {
        let (family, given) = session
            .me()
            .map(|me| (me.family_name.reveal().clone(), me.given_name.reveal().clone()))
            .unwrap_or_default();
        fill(now(tr!(dashboard.hello)), &[("family", &family), ("given", &given)])
    });
    let act = Memo::new(move |_| {
        orders.value().map(|page| next_act(&page.items, services.value().map(|list| list.items.len())))
    });
    view! {
        <PageTitle title=title/>
        <div class="stack">
            {billing_link()}
            {move || act.get().map(next_act_card)}
            <div class="dashboard">
                <Card id="lines" title=tr!(dashboard.lines) action=|| more("/subscriptions", tr!(dashboard.all_subscriptions))>
                    {loaded(services, || view! { <Skeleton/> }.into_any(), service_rows)}
                </Card>
                {sees_orders.then(|| view! {
                    <Card id="latest-orders" title=tr!(dashboard.orders) action=|| more("/orders", tr!(dashboard.all_orders))>
                        {loaded(orders, || view! { <Skeleton/> }.into_any(), order_rows)}
                    </Card>
                })}
            </div>
        </div>
    }
    .into_any()
}

fn more(href: &'static str, name: Tr) -> AnyView {
    view! { <a class="more" href=href>{crate::providers::language::text(name)}</a> }.into_any()
}

fn next_act_card(act: NextAct) -> AnyView {
    let about =
        |words: Tr, number: String| -> Text { Signal::derive(move || fill(now(words), &[("number", &number)])).into() };
    let (title, text, href, button): (Text, Text, String, Tr) = match act {
        NextAct::OrderStopped { id, number } => (
            about(tr!(dashboard.stopped), number),
            tr!(dashboard.stopped_text).into(),
            order_href(id),
            tr!(dashboard.open_order),
        ),
        NextAct::OrderOnItsWay { id, number } => (
            about(tr!(dashboard.moving), number),
            tr!(dashboard.moving_text).into(),
            order_href(id),
            tr!(dashboard.follow),
        ),
        NextAct::ChoosePlan => (
            tr!(dashboard.welcome).into(),
            tr!(dashboard.welcome_text).into(),
            "/plans".to_owned(),
            tr!(home.see_plans),
        ),
        NextAct::Nothing => {
            return view! { <p class="all-good">{Icon::Check.view()} <span>{t!(dashboard.all_good)}</span></p> }
                .into_any();
        }
    };
    view! {
        <section class="card next-act" aria-labelledby="next-act">
            <div>
                <h2 class="card-title" id="next-act">{title.view()}</h2>
                <p>{text.view()}</p>
            </div>
            <LinkButton label=button href=href icon=Icon::Arrow/>
        </section>
    }
    .into_any()
}

fn service_rows(list: Signal<SubscriptionList>) -> AnyView {
    let empty = Memo::new(move |_| list.with(|l| l.items.is_empty()));
    let rows = move || {
        list.with(|list| {
            list.items
                .iter()
                .take(ROWS)
                .cloned()
                .map(|s| view! { <SubscriptionRow subscription=s/> })
                .collect::<Vec<_>>()
        })
    };
    let view = move || {
        if empty.get() {
            let action =
                || view! { <LinkButton label=tr!(home.see_plans) href="/plans" weight=Weight::Secondary/> }.into_any();
            view! { <Empty title=tr!(subscriptions.empty) text=tr!(subscriptions.empty_text) action=action/> }
                .into_any()
        } else {
            view! {
                <ul class="rows">{rows}</ul>
                {as_of(Signal::derive(move || list.with(|l| l.as_of)))}
            }
            .into_any()
        }
    };
    view.into_any()
}

fn order_rows(page: Signal<Page<OrderSummary>>) -> AnyView {
    let rows = move || {
        page.with(|page| {
            if page.items.is_empty() {
                view! { <Empty title=tr!(orders.empty) text=tr!(orders.empty_text)/> }.into_any()
            } else {
                let rows = page.items.iter().take(ROWS).cloned().map(|o| view! { <OrderRow order=o/> });
                view! { <ul class="rows">{rows.collect::<Vec<_>>()}</ul> }.into_any()
            }
        })
    };
    rows.into_any()
}
