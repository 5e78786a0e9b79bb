//! Web storage that may be missing or full (private windows, strict settings): then nothing is remembered and nothing breaks.
//! Tokens never go here.

/// One of the two web storages.
pub struct Store(Option<web_sys::Storage>);

/// Kept until the customer clears it: language, theme.
pub fn local() -> Store {
    Store(window().and_then(|w| w.local_storage().ok().flatten()))
}
/// Kept until the tab closes: the order draft.
pub fn session() -> Store {
    Store(window().and_then(|w| w.session_storage().ok().flatten()))
}

fn window() -> Option<web_sys::Window> {
    web_sys::window()
}

impl Store {
    pub fn get(&self, key: &str) -> Option<String> {
        self.0.as_ref()?.get_item(key).ok().flatten()
    }
    pub fn set(&self, key: &str, value: &str) {
        // A full storage only means that the draft does not survive a reload.
        let _ = self.0.as_ref().map(|s| s.set_item(key, value));
    }
}
