//! What goes over links in mails: signing up, linking a customer number, a forgotten password, another mail address; and
//! how the account stands with billing. Sends no mail itself: it writes rows that the worker sends.

mod allowance;
pub(crate) mod billing;
mod email;
mod linking;
mod reset;
pub(crate) mod routes;
mod sign_up;

use crate::error::{ApiError, ApiResult};
use crate::http::scope;
use crate::state::Context;
use domain::{ErrorCode, UserId};
use platform::store::mail_tokens::Secret;
use platform::{Cause, Change};

/// A change by a person, or by somebody whom nobody knows yet.
async fn change(ctx: &Context, person: Option<UserId>) -> ApiResult<Change> {
    let cause = Cause { person, request_id: scope::request_id(), now: ctx.clock.now() };
    Ok(Change::begin(&ctx.db, cause).await?)
}

/// For the link of a mail.
///
/// # Errors
/// 500 when the operating system gives no randomness.
pub(crate) fn secret() -> ApiResult<Secret> {
    Secret::new().map_err(|error| ApiError::new(ErrorCode::Internal).caused_by(error))
}

fn link_invalid() -> ApiError {
    ApiError::new(ErrorCode::LinkInvalid)
}
