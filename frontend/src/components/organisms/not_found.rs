//! For addresses that lead nowhere.

use crate::components::ui::button::{LinkButton, Weight};
use crate::components::ui::page_title::PageTitle;
use crate::tr;
use leptos::prelude::*;

/// Any unknown address.
#[component]
pub fn NotFound() -> AnyView {
    view! {
        <div class="narrow-left">
            <PageTitle title=tr!(not_found.title) lead=tr!(not_found.text)/>
            <div class="card-actions">
                <LinkButton label=tr!(not_found.home) href="/"/>
                <LinkButton label=tr!(nav.plans) href="/plans" weight=Weight::Secondary/>
            </div>
        </div>
    }
    .into_any()
}
