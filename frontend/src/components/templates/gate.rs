//! Lets only signed-in customers through, and brings everybody else back after sign-in.

use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::ui::skeleton::Skeleton;
use crate::providers::session::use_session;
use crate::shared::api::failure::{Failure, FailureKind};
use crate::shared::utils::browser;
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

/// Shows the page when somebody is signed in.
pub fn gated(page: fn() -> AnyView) -> AnyView {
    let session = use_session();
    let location = use_location();
    let navigate = use_navigate();
    let known = Memo::new(move |_| session.known());
    Effect::new(move |_| {
        if known.get() == Some(false) {
            let here = untrack(|| [location.pathname.get(), location.search.get()]);
            let here = if here[1].is_empty() { here[0].clone() } else { here.join("?") };
            navigate(&sign_in_href("/sign-in", &here), NavigateOptions { replace: true, ..Default::default() });
        }
    });
    let view = move || match known.get() {
        Some(true) => page(),
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
