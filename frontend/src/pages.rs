//! Pages that a visitor's first load does not need, in four parts. With the feature `split` (releases) each part is a
//! file of its own, fetched when one of its pages is opened; without it (development, Trunk) it is simply part of the
//! client.

use crate::components::templates::gate::{for_staff, gated, signed_in};
use crate::features::{auth, catalog, home, ops, orders, subscriptions};
use leptos::prelude::*;

/// A page outside the first load.
#[derive(Clone, Copy)]
pub enum Page {
    Plans,
    Wizard,
    SignIn,
    SignUp,
    Account,
    Dashboard,
    OrderList,
    Order,
    SubscriptionList,
    Subscription,
    Operations,
}

/// Choosing and ordering a plan.
#[cfg_attr(feature = "split", leptos::lazy)]
fn shop(page: Page) -> AnyView {
    match page {
        Page::Wizard => orders::Wizard(),
        _ => catalog::Plans(),
    }
}

/// Becoming a customer, or being one again.
#[cfg_attr(feature = "split", leptos::lazy)]
fn entry(page: Page) -> AnyView {
    match page {
        Page::SignUp => auth::SignUp(),
        _ => auth::SignIn(),
    }
}

/// Everything behind sign-in.
#[cfg_attr(feature = "split", leptos::lazy)]
fn customer(page: Page) -> AnyView {
    if let Page::Account = page {
        return signed_in(auth::Account);
    }
    gated(match page {
        Page::OrderList => orders::OrderList,
        Page::Order => orders::OrderPage,
        Page::SubscriptionList => subscriptions::SubscriptionList,
        Page::Subscription => subscriptions::SubscriptionPage,
        _ => home::Dashboard,
    })
}

/// What the operator's staff see, with all of its texts. Which of its pages is told by the address.
#[cfg_attr(feature = "split", leptos::lazy)]
fn staff(_page: Page) -> AnyView {
    for_staff(ops::Operations)
}

macro_rules! routes {
    ($($function:ident: $part:ident($page:ident);)+) => {
        #[cfg(feature = "split")]
        mod split {
            use super::{AnyView, Page};
            use leptos_router::LazyRoute;
            $(
                pub struct $page;
                impl LazyRoute for $page {
                    fn data() -> Self {
                        Self
                    }
                    async fn view(_page: Self) -> AnyView {
                        super::$part(Page::$page).await
                    }
                }
            )+
        }
        $(
            #[cfg(feature = "split")]
            pub fn $function() -> leptos_router::Lazy<split::$page> {
                leptos_router::Lazy::new()
            }
            #[cfg(not(feature = "split"))]
            pub fn $function() -> fn() -> AnyView {
                || $part(Page::$page)
            }
        )+
    };
}

routes! {
    plans: shop(Plans);
    wizard: shop(Wizard);
    sign_in: entry(SignIn);
    sign_up: entry(SignUp);
    account: customer(Account);
    dashboard: customer(Dashboard);
    order_list: customer(OrderList);
    order: customer(Order);
    subscription_list: customer(SubscriptionList);
    subscription: customer(Subscription);
    operations: staff(Operations);
}
