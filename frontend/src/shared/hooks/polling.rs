//! Asking again with growing pauses, for as long as a page is open.

use crate::shared::utils::backoff::Backoff;
use crate::shared::utils::browser;
use futures_util::future::{AbortHandle, abortable};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Calls `ask` after 3 seconds, then after growing pauses up to 12, while `wanted` holds and the owner lives. Where the
/// live connection is blocked, a change is so seen within 15 seconds.
pub fn poll_while(wanted: Signal<bool>, ask: impl Fn() + Copy + 'static) {
    let running = StoredValue::new(None::<AbortHandle>);
    let stop = move || {
        running.try_update_value(|handle| {
            if let Some(handle) = handle.take() {
                handle.abort();
            }
        });
    };
    Effect::new(move |_| {
        stop();
        if wanted.get() {
            let (task, handle) = abortable(async move {
                let mut backoff = Backoff::new(3_000, 12_000);
                loop {
                    TimeoutFuture::new(backoff.pause_ms(browser::dice())).await;
                    ask();
                }
            });
            running.set_value(Some(handle));
            spawn_local(async move {
                // An abort is the only way out.
                let _ = task.await;
            });
        }
    });
    on_cleanup(stop);
}
