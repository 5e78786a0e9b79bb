//! Loads a value and keeps it fresh.

use super::loadable::Loadable;
use crate::shared::api::failure::Failure;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;

type Fetch<T> = Rc<dyn Fn() -> LocalBoxFuture<'static, Result<T, Failure>>>;

/// A value that is fetched, with everything a card needs to show it.
pub struct Loader<T: Send + Sync + 'static> {
    state: RwSignal<Loadable<T>>,
    fetch: StoredValue<Fetch<T>, LocalStorage>,
    /// The number of the latest request; answers of earlier ones are dropped.
    latest: StoredValue<u32>,
    newer: fn(&T, &T) -> bool,
}

impl<T: Send + Sync + 'static> Clone for Loader<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for Loader<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Loader<T> {
    /// Fetches when it is first shown ([`Self::ensure`]) and whenever asked.
    pub fn new(fetch: impl Fn() -> LocalBoxFuture<'static, Result<T, Failure>> + 'static) -> Self {
        Self {
            state: RwSignal::new(Loadable::Loading),
            fetch: StoredValue::new_local(Rc::new(fetch)),
            latest: StoredValue::new(0),
            newer: |_, _| true,
        }
    }

    /// Refuses a fetched value unless `newer(old, new)`.
    pub fn accepting(self, newer: fn(&T, &T) -> bool) -> Self {
        Self { newer, ..self }
    }

    /// Fetches unless a value is there or on its way.
    pub fn ensure(self) {
        if self.latest.get_value() == 0 {
            self.reload();
        }
    }

    /// Fetches again behind the value that is there.
    pub fn reload(self) {
        // A loader whose page is gone has nothing to do.
        let Some(fetch) = self.fetch.try_get_value() else { return };
        let number = self.latest.get_value().wrapping_add(1);
        self.latest.set_value(number);
        self.change(Loadable::begin);
        let answer = untrack(|| fetch());
        spawn_local(async move {
            let outcome = answer.await;
            if self.latest.try_get_value() == Some(number) {
                self.change(|state| state.settle(outcome, self.newer));
            }
        });
    }

    /// The state, tracked.
    pub const fn state(self) -> RwSignal<Loadable<T>> {
        self.state
    }
    /// The value, tracked.
    pub fn value(self) -> Option<T> {
        self.state.with(|s| s.value().cloned())
    }

    fn change(self, change: impl FnOnce(Loadable<T>) -> Loadable<T>) {
        self.state.try_update(|state| *state = change(std::mem::replace(state, Loadable::Loading)));
    }
}
