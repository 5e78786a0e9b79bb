//! The customer starts the order, where the operator allows that.

use super::super::api;
use crate::components::molecules::failure_panel::FailurePanel;
use crate::components::ui::button::Button;
use crate::providers::toasts::use_toasts;
use crate::shared::api::failure::Failure;
use crate::shared::utils::browser;
use crate::tr;
use domain::{ErrorCode, OrderId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The button; `on_done` is called when the order has (or may have) moved.
#[component]
pub fn Confirm(id: OrderId, on_done: Callback<()>) -> AnyView {
    let toasts = use_toasts();
    let pending = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    // One key for all tries of this page: confirming twice is confirming once.
    let key = StoredValue::new(browser::random_uuid());
    let press = Callback::new(move |()| {
        pending.set(true);
        failure.set(None);
        spawn_local(async move {
            match api::confirm(id, key.get_value()).await {
                Ok(()) => toasts.say(tr!(orders.confirmed)),
                Err(refused) if refused.is(ErrorCode::OrderNotConfirmable) => {}
                Err(refused) => {
                    failure.try_set(Some(refused));
                }
            }
            pending.try_set(false);
            on_done.run(());
        });
    });
    view! {
        <Button label=tr!(orders.confirm) pending=pending on_press=press/>
        {move || failure.get().map(|failure| view! { <FailurePanel failure=failure on_retry=press/> })}
    }
    .into_any()
}
