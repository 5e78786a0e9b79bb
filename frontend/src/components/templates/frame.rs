//! The frame: for visitors a header and a footer, for customers a sidebar, a top bar and, on phones, a bar at the bottom.
//! The page itself stays mounted when somebody signs in or out, so nothing typed is lost.

use crate::components::molecules::toast_region::ToastRegion;
use crate::components::organisms::navigation::Places;
use crate::components::organisms::settings::{LanguageButton, ThemeButton};
use crate::components::ui::icon::Icon;
use crate::components::ui::logo::Logo;
use crate::providers::online::use_online;
use crate::providers::session::use_session;
use crate::shared::utils::browser;
use crate::{t, tr};
use leptos::prelude::*;

/// The frame around all pages.
#[component]
pub fn Frame(children: Children) -> AnyView {
    let session = use_session();
    let online = use_online();
    let signed_in = Memo::new(move |_| session.is_signed_in());
    let skip = |event: web_sys::MouseEvent| {
        event.prevent_default();
        browser::focus_id("main");
    };
    view! {
        <a class="skip-link" href="#main" on:click=skip>{t!(nav.skip)}</a>
        <div class="frame" data-shell=move || if signed_in.get() { "customer" } else { "visitor" }>
            <div class="offline-bar" role="status">
                {move || (!online.get()).then(|| view! { {Icon::Alert.view()} <span>{t!(common.offline)}</span> })}
            </div>
            {move || signed_in.get().then(sidebar)}
            <div class="frame-main">
                {move || if signed_in.get() { top_bar() } else { visitor_header() }}
                <main id="main" tabindex="-1" class="page">{children()}</main>
                {move || if signed_in.get() { bottom_bar() } else { visitor_footer() }}
            </div>
        </div>
        <ToastRegion/>
    }
    .into_any()
}

fn sidebar() -> AnyView {
    view! {
        <aside class="sidebar">
            <a class="home-link" href="/home"><Logo/></a>
            <nav aria-label=t!(nav.main)><Places/></nav>
            <p class="sidebar-help">{help_link()}</p>
        </aside>
    }
    .into_any()
}

fn top_bar() -> AnyView {
    let session = use_session();
    let name = move || session.me().map(|me| me.given_name.reveal().clone()).unwrap_or_default();
    view! {
        <header class="topbar">
            <a class="home-link topbar-logo" href="/home"><Logo/></a>
            <div class="topbar-tools">
                <LanguageButton/>
                <ThemeButton/>
                <a class="text-btn" href="/account">
                    {Icon::Account.view()} <span class="visually-hidden">{t!(nav.account)}</span> <span class="topbar-name">{name}</span>
                </a>
            </div>
        </header>
    }
    .into_any()
}

fn bottom_bar() -> AnyView {
    view! { <nav class="bottombar" aria-label=t!(nav.main)><Places/></nav> }.into_any()
}

fn visitor_header() -> AnyView {
    let session = use_session();
    // While unknown the place stays empty, so that a customer does not see "Sign in" for a moment.
    let account = move || {
        (session.known() == Some(false)).then(|| {
            view! {
                <a class="text-btn" href="/sign-in">{t!(auth.sign_in)}</a>
                <a class="btn btn-primary header-cta" href="/sign-up">{t!(auth.create_account)}</a>
            }
        })
    };
    view! {
        <header class="visitor-header">
            <a class="home-link" href="/"><Logo/></a>
            <nav class="visitor-nav" aria-label=t!(nav.main)><a class="text-btn" href="/plans">{t!(nav.plans)}</a></nav>
            <div class="topbar-tools">
                <LanguageButton/>
                <ThemeButton/>
                {account}
            </div>
        </header>
    }
    .into_any()
}

fn visitor_footer() -> AnyView {
    view! {
        <footer class="footer">
            <div>
                <Logo/>
                <p class="muted">{t!(brand.claim)}</p>
            </div>
            <p class="footer-links"><a href="/plans">{t!(nav.plans)}</a> <a href="/sign-in">{t!(auth.sign_in)}</a> {help_link()}</p>
            <p class="footer-note">{t!(brand.fiction)}</p>
        </footer>
    }
    .into_any()
}

/// Help is at the same place on every page.
fn help_link() -> AnyView {
    let href = move || ["mailto:", crate::providers::language::now(tr!(brand.support_mail))].concat();
    view! { <a href=href class="help-link">{Icon::Help.view()} <span>{t!(nav.help)}</span></a> }.into_any()
}
