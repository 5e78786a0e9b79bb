//! How often mails may be asked for: counted in the database before anything is looked up, so that a refusal says nothing
//! about what is known.

use crate::error::{ApiError, ApiResult};
use crate::state::Context;
use domain::ErrorCode;
use platform::store::tries::{self, Allowance};
use sha2::{Digest as _, Sha256};

/// Five tries in fifteen minutes; the sixth waits.
const fn five(kind: &'static str) -> Allowance {
    Allowance { kind, tries: 5, window_ms: 15 * 60 * 1000 }
}

/// Sign-ups with one mail address.
pub(super) const SIGN_UP: Allowance = five("sign_up_email");
/// Links from one network address, for one customer number, to one mail address.
pub(super) const LINK_FROM: Allowance = five("link_from");
pub(super) const LINK_NUMBER: Allowance = five("link_number");
pub(super) const LINK_EMAIL: Allowance = five("link_email");
/// New passwords for one mail address.
pub(super) const RESET: Allowance = five("reset_email");
/// Changes of the mail address of one person.
pub(super) const EMAIL_CHANGE: Allowance = five("email_change");
/// Repairs of one account's link to billing.
pub(super) const REPAIR: Allowance = five("billing_repair");

/// Counts a try for each subject, or for none of them when one is used up.
///
/// # Errors
/// 429 with the longest wait among them.
pub(super) async fn count(ctx: &Context, subjects: &[(Allowance, &[u8])]) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let mut wait = None;
    for (allowance, subject) in subjects {
        // Of addresses and numbers only the hash is kept.
        let subject = Sha256::digest(subject);
        if let Err(millis) = tries::count(&tx, *allowance, &subject, now).await? {
            wait = wait.max(Some(millis));
        }
    }
    if let Some(millis) = wait {
        let seconds = u32::try_from((millis + 999) / 1000).unwrap_or(u32::MAX);
        let minutes = seconds.div_ceil(60);
        let detail = format!("Please try again in {minutes} minutes.");
        return Err(ApiError::new(ErrorCode::TooManyRequests).detail(detail).retry_after(seconds));
    }
    if let Some((allowance, _)) = subjects.first() {
        tries::forget(&tx, allowance.kind, now.plus_millis(-allowance.window_ms)).await?;
    }
    Ok(tx.commit().await?)
}
