//! Composition: what the whole page shares, and the list of features. Nothing else.

use crate::components::organisms::not_found::NotFound;
use crate::components::templates::frame::Frame;
use crate::components::ui::page_title::Visited;
use crate::features::{gallery, home};
use crate::pages;
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
                    <Route path=path!("/") view=home::PublicHome/>
                    <Route path=path!("/plans") view=pages::plans()/>
                    <Route path=path!("/order") view=pages::wizard()/>
                    <Route path=path!("/sign-in") view=pages::sign_in()/>
                    <Route path=path!("/sign-up") view=pages::sign_up()/>
                    <Route path=path!("/home") view=pages::dashboard()/>
                    <Route path=path!("/orders") view=pages::order_list()/>
                    <Route path=path!("/orders/:id") view=pages::order()/>
                    <Route path=path!("/subscriptions") view=pages::subscription_list()/>
                    <Route path=path!("/subscriptions/:id") view=pages::subscription()/>
                    <Route path=path!("/account") view=pages::account()/>
                    <Route path=path!("/ops") view=pages::operations()/>
                    <Route path=path!("/ops/:page") view=pages::operations()/>
                    <Route path=path!("/ops/runs/:id") view=pages::operations()/>
                    <Route path=path!("/gallery") view=gallery::Gallery/>
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
