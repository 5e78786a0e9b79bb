//! From a signed body to a job.

use super::signature::{self, Refusal};
use crate::error::{ApiError, ApiResult};
use crate::http::scope;
use crate::state::Context;
use actix_web::http::header::HeaderMap;
use domain::ErrorCode;
use domain::webhooks::providers::whmcs;
use platform::queue::Work;
use platform::store::cursors;
use platform::{Cause, Change};

/// Source name of the inbox; a stored format.
const SOURCE: &str = "whmcs";

/// Checks the signature before anything is read, then keeps the delivery's id and the job in one transaction.
///
/// # Errors
/// 404 without a secret, 403 for a signature that is not good, 400 for a body that is no delivery.
pub(super) async fn take_whmcs(ctx: &Context, headers: &HeaderMap, body: &[u8]) -> ApiResult<()> {
    let secrets = &ctx.config.whmcs_webhook_secrets;
    if secrets.is_empty() {
        return Err(ApiError::not_found());
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = (header("X-Whmcs-Timestamp"), header("X-Whmcs-Signature"));
    signature::check(secrets, given.0, given.1, body, ctx.clock.now()).map_err(|refusal| {
        count("refused", refusal.name());
        tracing::warn!(reason = refusal.name(), "webhook refused");
        // Which part was wrong is for our log, except the clock, which only the sender can set right.
        match refusal {
            Refusal::Stale => ApiError::new(ErrorCode::NotAllowed)
                .detail("The timestamp is more than five minutes off: set the sender's clock."),
            Refusal::Missing | Refusal::Wrong => {
                ApiError::new(ErrorCode::NotAllowed).detail("The signature is missing or not ours.")
            }
        }
    })?;
    let delivery = whmcs::delivery(body).map_err(|error| {
        count("refused", "unreadable");
        tracing::warn!(%error, "a signed webhook is no delivery");
        ApiError::new(ErrorCode::Unreadable).detail("The body is not a delivery of the hook file.")
    })?;
    let cause = Cause { person: None, request_id: scope::request_id(), now: ctx.clock.now() };
    let mut change = Change::begin(&ctx.db, cause).await?;
    let (id, now) = (delivery.event_id.to_string(), change.now());
    let new = cursors::accept_event(change.conn(), SOURCE, &id, &delivery.event, now).await?;
    if let (true, Some(notice)) = (new, delivery.notice) {
        change.enqueue(Work::RelayBilling { event_id: delivery.event_id, notice }).await?;
    }
    change.commit(&ctx.bus).await?;
    match (new, delivery.notice) {
        (false, _) => count("repeated", "none"),
        (true, None) => count("unused", "none"),
        (true, Some(_)) => count("taken", "none"),
    }
    tracing::debug!(event = delivery.event, new, "webhook");
    Ok(())
}

fn count(outcome: &'static str, reason: &'static str) {
    metrics::counter!("webhooks_total", "source" => SOURCE, "outcome" => outcome, "reason" => reason).increment(1);
}
