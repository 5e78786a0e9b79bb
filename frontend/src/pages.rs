//! The pages, in parts. With the feature `split` (releases) each part but the first is a file of its own, fetched when one of
//! its pages is opened; without it (development, Trunk) it is simply part of the client.

use crate::components::templates::gate::{for_staff, gated, signed_in};
use crate::features::{auth, catalog, gallery, home, ops, orders, subscriptions};
use leptos::prelude::*;
use leptos_router::ChooseView;
#[cfg(feature = "split")]
use {
    crate::components::ui::{button::RetryButton, page_title::PageTitle},
    crate::providers::language,
    crate::shared::utils::browser,
    crate::tr,
};

/// A page. All routes have this one type of view, because each further type costs the first load 2 KB.
#[derive(Clone, Copy)]
pub enum Page {
    Home,
    Gallery,
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

/// Builds a page of a part.
type Build = fn(Page) -> AnyView;

/// What a visitor sees first.
fn first(page: Page) -> AnyView {
    match page {
        Page::Gallery => gallery::Gallery().into_any(),
        _ => home::PublicHome().into_any(),
    }
}

/// Choosing and ordering a plan.
#[cfg_attr(feature = "split", leptos::lazy)]
fn shop() -> Build {
    |page| match page {
        Page::Wizard => orders::Wizard(),
        _ => catalog::Plans(),
    }
}

/// Becoming a customer, or being one again.
#[cfg_attr(feature = "split", leptos::lazy)]
fn entry() -> Build {
    |page| match page {
        Page::SignUp => auth::SignUp(),
        _ => auth::SignIn(),
    }
}

/// Everything behind sign-in.
#[cfg_attr(feature = "split", leptos::lazy)]
fn customer() -> Build {
    |page| {
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
}

/// What the operator's staff see, with all of its texts. Which of its pages is told by the address.
#[cfg_attr(feature = "split", leptos::lazy)]
fn staff() -> Build {
    |_page| for_staff(ops::Operations)
}

/// The part of a page; in a release it may have to be fetched.
macro_rules! part_of {
    ($page:expr, $($await:tt)*) => {
        match $page {
            Page::Home | Page::Gallery => first,
            Page::Plans | Page::Wizard => shop()$($await)*,
            Page::SignIn | Page::SignUp => entry()$($await)*,
            Page::Operations => staff()$($await)*,
            _ => customer()$($await)*,
        }
    };
}

impl ChooseView for Page {
    #[cfg(not(feature = "split"))]
    async fn choose(self) -> AnyView {
        let build: Build = part_of!(self,);
        build(self)
    }

    #[cfg(feature = "split")]
    async fn choose(self) -> AnyView {
        if matches!(self, Self::Home | Self::Gallery) {
            return first(self);
        }
        // Code, texts and styles travel at the same time; the page is built when all are there.
        let code = async {
            let build: Build = part_of!(self, .await);
            build
        };
        let (build, texts, ()) = futures_util::join!(code, language::later(), browser::later_styles());
        match texts {
            Ok(()) => build(self),
            Err(language::Missing) => no_texts(),
        }
    }

    async fn preload(&self) {}
}

/// Instead of a page whose texts could not be fetched.
#[cfg(feature = "split")]
fn no_texts() -> AnyView {
    let again = Callback::new(|()| browser::reload());
    view! {
        <PageTitle title=tr!(failure.no_answer)/>
        <RetryButton on_press=again/>
    }
    .into_any()
}
