//! What a person may have besides the password. Opens no session: `sign_in`, `verify` and `security` use it.

pub(crate) mod passkeys;
pub(crate) mod recovery;
pub(crate) mod totp;
pub(crate) mod vault;

use crate::error::ApiResult;
use crate::state::Context;
use domain::auth::Factor;
use domain::auth::sign_in::{is_totp, normalise_code};
use domain::common::pii::Pii;
use domain::{Timestamp, UserId};
use platform::store::{Connection, second_factors};

/// Uses up a code of the authenticator app or a recovery code, told apart by their form; which of them it was. `None`: it is
/// wrong or was used.
pub(crate) async fn use_code<C: Connection>(
    ctx: &Context,
    conn: &C,
    user: UserId,
    code: &Pii<String>,
    now: Timestamp,
) -> ApiResult<Option<Factor>> {
    let code = normalise_code(code.reveal());
    if is_totp(&code) {
        let used = totp::use_code(ctx, conn, user, &code, now).await?;
        return Ok(used.then_some(Factor::Totp));
    }
    let used = second_factors::use_recovery_code(conn, user, &recovery::hash(&code), now).await?;
    Ok(used.then_some(Factor::Recovery))
}
