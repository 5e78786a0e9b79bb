//! The path of the page that is shown. It follows the address only when the page does: one that is about to go does not see
//! the address of the next.

use leptos::prelude::*;

/// Where the page stands.
#[derive(Clone, Copy)]
pub struct Place(RwSignal<String>);

impl Place {
    pub fn provide() -> Self {
        let place = Self(RwSignal::new(String::new()));
        provide_context(place);
        place
    }
    pub fn set(self, path: String) {
        if self.0.with_untracked(|now| *now != path) {
            self.0.set(path);
        }
    }
    /// The path, tracked.
    pub fn with<T>(self, read: impl FnOnce(&str) -> T) -> T {
        self.0.with(|path| read(path.trim_end_matches('/')))
    }
    /// What follows the first name: the id in `/orders/7`. Tracked.
    pub fn rest(self) -> String {
        self.with(|path| {
            path.trim_start_matches('/').split_once('/').map_or_else(String::new, |(_, rest)| rest.to_owned())
        })
    }
}

/// The place of this page; provided around all pages.
pub fn use_place() -> Place {
    expect_context()
}
