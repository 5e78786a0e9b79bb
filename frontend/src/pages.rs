//! The pages, in parts. With the feature `split` (releases) each part but the first is a file of its own, fetched when one of
//! its pages is opened; without it (development, Trunk) it is simply part of the client.

use crate::components::organisms::not_found::NotFound;
use crate::components::templates::gate::{allowed, for_staff, gated, signed_in};
use crate::features::{account, auth, catalog, gallery, home, ops, orders, subscriptions};
use crate::providers::place::Place;
use domain::auth::Right;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::location::{BrowserUrl, LocationProvider};
#[cfg(feature = "split")]
use {
    crate::components::ui::{button::RetryButton, page_title::PageTitle},
    crate::providers::language,
    crate::shared::utils::browser,
    crate::tr,
};

/// A page, or a group of pages that tell themselves apart by the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Home,
    Gallery,
    NotFound,
    Plans,
    Wizard,
    SignIn,
    SignUp,
    Confirm,
    Link,
    Forgot,
    Reset,
    Email,
    Invitation,
    Account,
    Dashboard,
    OrderList,
    Order,
    SubscriptionList,
    Subscription,
    Operations,
}

impl Page {
    /// The page of a path. The router's own table of routes is not used: it would take 12 KB of the first load.
    fn at(path: &str) -> Self {
        let mut parts = path.trim_matches('/').split('/');
        match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
            ("", None, _) => Self::Home,
            ("plans", None, _) => Self::Plans,
            ("order", None, _) => Self::Wizard,
            ("sign-in", None, _) => Self::SignIn,
            ("sign-up", None, _) => Self::SignUp,
            ("confirm", None, _) => Self::Confirm,
            ("link", None, _) => Self::Link,
            ("forgot", None, _) => Self::Forgot,
            ("reset", None, _) => Self::Reset,
            ("email", None, _) => Self::Email,
            ("invitation", None, _) => Self::Invitation,
            ("home", None, _) => Self::Dashboard,
            ("orders", None, _) => Self::OrderList,
            ("orders", Some(_), None) => Self::Order,
            ("subscriptions", None, _) => Self::SubscriptionList,
            ("subscriptions", Some(_), None) => Self::Subscription,
            ("account", _, None) => Self::Account,
            ("ops", _, _) => Self::Operations,
            ("gallery", None, _) => Self::Gallery,
            _ => Self::NotFound,
        }
    }
}

/// Builds a page of a part.
type Build = fn(Page) -> AnyView;

/// What a visitor sees first.
fn first(page: Page) -> AnyView {
    match page {
        Page::Home => home::PublicHome().into_any(),
        Page::Gallery => gallery::Gallery().into_any(),
        _ => NotFound().into_any(),
    }
}

/// Choosing and ordering a plan.
#[cfg_attr(feature = "split", leptos::lazy)]
fn shop() -> Build {
    |page| match page {
        Page::Wizard => allowed(Right::OrderServices, orders::Wizard),
        _ => catalog::Plans(),
    }
}

/// Becoming a customer, or being one again.
#[cfg_attr(feature = "split", leptos::lazy)]
fn entry() -> Build {
    |page| match page {
        Page::SignUp => auth::SignUp(),
        Page::Confirm => auth::Confirm(),
        Page::Link => auth::LinkContract(),
        Page::Forgot => auth::Forgot(),
        Page::Reset => auth::Reset(),
        Page::Email => auth::ConfirmEmail(),
        Page::Invitation => auth::AcceptInvitationPage(),
        _ => auth::SignIn(),
    }
}

/// The customer's services and orders.
#[cfg_attr(feature = "split", leptos::lazy)]
fn customer() -> Build {
    |page| match page {
        Page::OrderList => gated(Some(Right::SeeOrders), orders::OrderList),
        Page::Order => gated(Some(Right::SeeOrders), orders::OrderPage),
        Page::SubscriptionList => gated(Some(Right::SeeServices), subscriptions::SubscriptionList),
        Page::Subscription => gated(Some(Right::SeeServices), subscriptions::SubscriptionPage),
        _ => gated(None, home::Dashboard),
    }
}

/// Who one is, how one signs in, and who else belongs to the account.
#[cfg_attr(feature = "split", leptos::lazy)]
fn personal() -> Build {
    |_page| signed_in(account::Account)
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
            Page::Home | Page::Gallery | Page::NotFound => first,
            Page::Plans | Page::Wizard => shop()$($await)*,
            Page::SignIn | Page::SignUp | Page::Confirm | Page::Link | Page::Forgot | Page::Reset | Page::Email
            | Page::Invitation => entry()$($await)*,
            Page::Account => personal()$($await)*,
            Page::Operations => staff()$($await)*,
            Page::Dashboard | Page::OrderList | Page::Order | Page::SubscriptionList | Page::Subscription => {
                customer()$($await)*
            }
        }
    };
}

#[cfg(not(feature = "split"))]
#[expect(clippy::unused_async, reason = "a release fetches")]
async fn part(page: Page) -> Build {
    part_of!(page,)
}

/// Code, texts and styles travel at the same time; the page is built when all are there.
#[cfg(feature = "split")]
async fn part(page: Page) -> Build {
    if matches!(page, Page::Home | Page::Gallery | Page::NotFound) {
        return first;
    }
    let code = async {
        let build: Build = part_of!(page, .await);
        build
    };
    match futures_util::join!(code, language::later(), browser::later_styles()) {
        (build, Ok(()), ()) => build,
        (_, Err(language::Missing), ()) => no_texts,
    }
}

/// The page of the address. The one before stays until the next can be shown.
#[component]
pub fn Pages() -> AnyView {
    let location: BrowserUrl = expect_context();
    let url = location.as_url().clone();
    let shown = RwSignal::new(None::<(Page, Build)>);
    let place = Place::provide();
    let latest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let path = url.with(|url| url.path().to_owned());
        let page = Page::at(&path);
        latest.update_value(|n| *n = n.wrapping_add(1));
        let number = latest.get_value();
        let location = location.clone();
        if shown.with_untracked(|shown| shown.is_some_and(|(now, _)| now == page)) {
            place.set(path);
            location.ready_to_complete();
            return;
        }
        spawn_local(async move {
            let build = part(page).await;
            // Somebody may have gone on meanwhile.
            if latest.try_get_value() == Some(number) {
                place.set(path);
                shown.set(Some((page, build)));
                location.ready_to_complete();
            }
        });
    });
    let page = move || shown.get().map(|(page, build)| build(page));
    page.into_any()
}

/// Instead of a page whose texts could not be fetched.
#[cfg(feature = "split")]
fn no_texts(_page: Page) -> AnyView {
    let again = Callback::new(|()| browser::reload());
    view! {
        <PageTitle title=tr!(failure.no_answer)/>
        <RetryButton on_press=again/>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_their_pages() {
        for (path, page) in [
            ("/", Page::Home),
            ("", Page::Home),
            ("/plans", Page::Plans),
            ("/plans/", Page::Plans),
            ("/orders", Page::OrderList),
            ("/orders/7", Page::Order),
            ("/orders/7/x", Page::NotFound),
            ("/account", Page::Account),
            ("/account/security", Page::Account),
            ("/account/security/x", Page::NotFound),
            ("/ops", Page::Operations),
            ("/ops/runs/7", Page::Operations),
            ("/no-such-page", Page::NotFound),
            ("/sign-in/x", Page::NotFound),
        ] {
            assert_eq!(Page::at(path), page, "{path}");
        }
    }
}
