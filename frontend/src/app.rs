//! Composition: what the whole page shares, and the list of features. Nothing else.

use crate::components::organisms::not_found::NotFound;
use crate::components::templates::frame::Frame;
use crate::components::ui::page_title::Visited;
use crate::pages::Page;
use crate::providers::catalog::Offers;
use crate::providers::live::Live;
use crate::providers::online::Online;
use crate::providers::session::Session;
use crate::providers::theme::ThemeChoice;
use crate::providers::toasts::Toasts;
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

/// The whole client.
#[component]
pub fn App() -> impl IntoView {
    ThemeChoice::provide();
    Toasts::provide();
    Online::provide();
    Session::provide();
    Live::provide();
    Offers::provide();
    Visited::provide();
    view! {
        <Router>
            <Frame>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Page::Home/>
                    <Route path=path!("/plans") view=Page::Plans/>
                    <Route path=path!("/order") view=Page::Wizard/>
                    <Route path=path!("/sign-in") view=Page::SignIn/>
                    <Route path=path!("/sign-up") view=Page::SignUp/>
                    <Route path=path!("/home") view=Page::Dashboard/>
                    <Route path=path!("/orders") view=Page::OrderList/>
                    <Route path=path!("/orders/:id") view=Page::Order/>
                    <Route path=path!("/subscriptions") view=Page::SubscriptionList/>
                    <Route path=path!("/subscriptions/:id") view=Page::Subscription/>
                    <Route path=path!("/account") view=Page::Account/>
                    <Route path=path!("/ops") view=Page::Operations/>
                    <Route path=path!("/ops/:page") view=Page::Operations/>
                    <Route path=path!("/ops/runs/:id") view=Page::Operations/>
                    <Route path=path!("/gallery") view=Page::Gallery/>
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
