//! Composition: what the whole page shares, and the list of features. Nothing else.

use crate::components::organisms::not_found::NotFound;
use crate::components::templates::frame::Frame;
use crate::components::templates::gate::Gate;
use crate::components::ui::page_title::Visited;
use crate::features::{auth, catalog, home, orders, subscriptions};
use crate::providers::catalog::Offers;
use crate::providers::live::Live;
use crate::providers::online::Online;
use crate::providers::session::Session;
use crate::providers::theme::ThemeChoice;
use crate::providers::toasts::Toasts;
use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Route, Router, Routes};
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
            <Routes fallback=|| ()>
                <ParentRoute path=path!("") view=Frame>
                    <Route path=path!("") view=home::PublicHome/>
                    <Route path=path!("plans") view=catalog::Plans/>
                    <Route path=path!("sign-in") view=auth::SignIn/>
                    <Route path=path!("sign-up") view=auth::SignUp/>
                    <Route path=path!("order") view=orders::Wizard/>
                    <ParentRoute path=path!("") view=Gate>
                        <Route path=path!("home") view=home::Dashboard/>
                        <Route path=path!("orders") view=orders::OrderList/>
                        <Route path=path!("orders/:id") view=orders::OrderPage/>
                        <Route path=path!("subscriptions") view=subscriptions::SubscriptionList/>
                        <Route path=path!("subscriptions/:id") view=subscriptions::SubscriptionPage/>
                        <Route path=path!("account") view=auth::Account/>
                    </ParentRoute>
                    <Route path=path!("gallery") view=crate::features::gallery::Gallery/>
                    <Route path=path!("*any") view=NotFound/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
