//! Lets only signed-in customers through, and brings everybody else back after sign-in.

use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::organisms::not_found::NotFound;
use crate::components::ui::button::LinkButton;
use crate::components::ui::page_title::PageTitle;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::session::use_session;
use crate::shared::api::failure::{Failure, FailureKind};
use crate::shared::utils::browser;
use crate::tr;
use domain::auth::Right;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

/// Address of the sign-in page that leads back to `next`.
pub fn sign_in_href(page: &str, next: &str) -> String {
    [page, "?next=", &browser::encode_component(next)].concat()
}

/// Where to go after sign-in: only paths of this site, anything else leads to the dashboard.
pub fn safe_next(next: Option<&str>) -> String {
    let inside = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['\\', '\n', '\r', '\t'])
            && !path.starts_with("/sign-")
    };
    next.filter(inside).unwrap_or("/home").to_owned()
}

/// Shows the page to customers whose role has the right. Staff without a customer account have no orders or services: they are
/// led to their own pages.
pub fn gated(right: Option<Right>, page: fn() -> AnyView) -> AnyView {
    let session = use_session();
    let navigate = use_navigate();
    let foreign = Memo::new(move |_| session.me().is_some_and(|me| me.customer_id.is_none()));
    Effect::new(move |_| {
        if foreign.get() {
            navigate("/ops", NavigateOptions { replace: true, ..Default::default() });
        }
    });
    signed_in(move || match right {
        _ if foreign.get() => ().into_any(),
        Some(right) => allowed(right, page),
        None => page(),
    })
}

/// Shows the page unless the role of whoever is signed in lacks the right; then it says so. Visitors see the page.
pub fn allowed(right: Right, page: fn() -> AnyView) -> AnyView {
    let session = use_session();
    let refused = Memo::new(move |_| session.me().and_then(|me| me.role).is_some_and(|role| !role.may(right)));
    let view = move || if refused.get() { not_in_role() } else { page() };
    view.into_any()
}

fn not_in_role() -> AnyView {
    view! {
        <div class="narrow-left">
            <PageTitle title=tr!(role.title) lead=tr!(role.text)/>
            <LinkButton label=tr!(role.who) href="/account"/>
        </div>
    }
    .into_any()
}

/// Shows the page to the operator's staff; to everybody else it does not exist. The server says the same.
pub fn for_staff(page: fn() -> AnyView) -> AnyView {
    let session = use_session();
    let staff = Memo::new(move |_| session.me().is_some_and(|me| me.staff));
    signed_in(move || if staff.get() { page() } else { NotFound().into_any() })
}

/// Shows the page to everybody who is signed in.
pub fn signed_in(page: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let session = use_session();
    let location = use_location();
    let navigate = use_navigate();
    let known = Memo::new(move |_| session.known());
    // Another customer account of the same person: everything is asked anew.
    let customer = Memo::new(move |_| session.me().and_then(|me| me.customer_id));
    Effect::new(move |_| {
        if known.get() == Some(false) {
            let here = untrack(|| [location.pathname.get(), location.search.get()]);
            let here = if here[1].is_empty() { here[0].clone() } else { here.join("?") };
            navigate(&sign_in_href("/sign-in", &here), NavigateOptions { replace: true, ..Default::default() });
        }
    });
    let view = move || match known.get() {
        Some(true) => {
            customer.track();
            page()
        }
        _ => view! {
            <Show when=move || session.is_unreachable()>
                <FailurePanel failure=Failure::new(FailureKind::NoAnswer, "")/>
            </Show>
            <Skeleton lines=5/>
        }
        .into_any(),
    };
    view.into_any()
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn only_pages_of_this_site_are_opened_after_sign_in() {
        assert_eq!(safe_next(Some("/orders/7?x=1")), "/orders/7?x=1");
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/sign-in?next=/x",
            "/\t/x",
        ] {
            assert_eq!(safe_next(Some(bad)), "/home", "{bad}");
        }
        assert_eq!(safe_next(None), "/home");
    }
}
