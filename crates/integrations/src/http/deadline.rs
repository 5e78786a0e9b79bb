//! The latest moment at which a write may still be sent.

use std::time::Instant;

tokio::task_local! {
    static SEND_BEFORE: Instant;
}

/// Runs `work`, whose writes are sent before `deadline` or not at all (they end as `Unavailable`: nothing was sent).
///
/// Who records that a call is about to be sent, and later looks whether it was carried out, must be sure that a process
/// that stood still in between does not send it after the look.
pub async fn send_before<F: Future>(deadline: Instant, work: F) -> F::Output {
    SEND_BEFORE.scope(deadline, work).await
}

/// Whether the moment has passed; never without a [`send_before`] around.
pub(super) fn is_over() -> bool {
    SEND_BEFORE.try_with(|deadline| Instant::now() > *deadline).unwrap_or(false)
}
