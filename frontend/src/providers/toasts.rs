//! Short confirmations of the customer's own acts. Errors that need an act are never toasts: they stand where they belong.

use crate::providers::language::Text;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Most toasts on screen; the oldest gives way.
const MOST: usize = 3;
/// Milliseconds a toast stays, unless the pointer or the focus is on it.
const STAYS_MS: u32 = 6_000;

/// One message.
#[derive(Clone)]
pub struct Toast {
    pub id: u32,
    pub text: Text,
}

/// The toasts on screen.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    held: RwSignal<bool>,
}

impl Toasts {
    pub fn provide() {
        provide_context(Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            held: RwSignal::new(false),
        });
    }
    pub fn list(self) -> Vec<Toast> {
        self.list.get()
    }
    /// Says that something the customer did has worked.
    pub fn say(self, text: impl Into<Text>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| {
            list.push(Toast { id, text: text.into() });
            let surplus = list.len().saturating_sub(MOST);
            list.drain(..surplus);
        });
        spawn_local(async move {
            TimeoutFuture::new(STAYS_MS).await;
            while self.held.try_get_untracked() == Some(true) {
                TimeoutFuture::new(500).await;
            }
            self.dismiss(id);
        });
    }
    pub fn dismiss(self, id: u32) {
        self.list.try_update(|list| list.retain(|t| t.id != id));
    }
    /// While held (pointer or focus on a toast) nothing disappears.
    pub fn hold(self, held: bool) {
        self.held.set(held);
    }
}

/// The toasts of this page.
///
/// # Panics
/// Never in the app: `App` provides them before any view.
pub fn use_toasts() -> Toasts {
    expect_context()
}
