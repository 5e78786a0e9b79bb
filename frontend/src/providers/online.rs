//! Whether the device has a network, as the browser sees it.

use crate::shared::utils::browser;
use leptos::prelude::*;

/// `true` while the device is online.
#[derive(Clone, Copy)]
pub struct Online(RwSignal<bool>);

impl Online {
    pub fn provide() {
        let online = RwSignal::new(browser::is_online());
        let _kept = window_event_listener_untyped("online", move |_| online.set(true));
        let _kept = window_event_listener_untyped("offline", move |_| online.set(false));
        provide_context(Self(online));
    }
    pub fn get(self) -> bool {
        self.0.get()
    }
}

/// The network state of this page; provided by `App`.
pub fn use_online() -> Online {
    expect_context()
}
