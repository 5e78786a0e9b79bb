//! Composition: what the whole page shares. Nothing else.

use crate::components::templates::frame::Frame;
use crate::components::ui::page_title::Visited;
use crate::pages::Pages;
use crate::providers::catalog::Offers;
use crate::providers::live::Live;
use crate::providers::online::Online;
use crate::providers::session::Session;
use crate::providers::theme::ThemeChoice;
use crate::providers::toasts::Toasts;
use leptos::prelude::*;
use leptos_router::components::Router;

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
                <Pages/>
            </Frame>
        </Router>
    }
}
