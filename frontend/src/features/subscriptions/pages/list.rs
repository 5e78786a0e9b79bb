//! All services of the customer.

use super::super::api;
use crate::components::molecules::empty::Empty;
use crate::components::molecules::loaded::loaded;
use crate::components::molecules::prices::as_of;
use crate::components::organisms::subscription_row::SubscriptionRow;
use crate::components::ui::button::LinkButton;
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::live::use_live;
use crate::shared::hooks::loader::Loader;
use crate::tr;
use domain::live::ServerMessage;
use domain::subscriptions::contract::SubscriptionList as Services;
use leptos::prelude::*;

/// The page `/subscriptions`.
#[component]
pub fn SubscriptionList() -> AnyView {
    let services = Loader::new(|| Box::pin(api::list()));
    use_live().listen(move |message| {
        if matches!(message, ServerMessage::SubscriptionsChanged | ServerMessage::Ready) {
            services.reload();
        }
    });
    view! {
        <PageTitle title=tr!(nav.subscriptions) lead=tr!(subscriptions.lead)/>
        {loaded(services, || view! { <div class="card"><Skeleton lines=6/></div> }.into_any(), rows)}
    }
    .into_any()
}

fn rows(list: Signal<Services>) -> AnyView {
    let view = move || {
        list.with(|list| {
            if list.items.is_empty() {
                let action = || view! { <LinkButton label=tr!(home.see_plans) href="/plans"/> }.into_any();
                view! {
                    <div class="card">
                        <Empty title=tr!(subscriptions.empty) text=tr!(subscriptions.empty_text) action=action/>
                    </div>
                }
                .into_any()
            } else {
                let rows = list.items.iter().cloned().map(|s| view! { <SubscriptionRow subscription=s/> });
                view! { <ul class="rows card">{rows.collect::<Vec<_>>()}</ul> }.into_any()
            }
        })
    };
    view! { {view} {as_of(Signal::derive(move || list.with(|l| l.as_of)))} }.into_any()
}
