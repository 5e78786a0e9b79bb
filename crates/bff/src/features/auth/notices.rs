//! What the owner of an account is told of changes to its security: a line in the log of facts, in the transaction of the
//! change.

use super::service::record;
use crate::error::ApiResult;
use domain::{CustomerId, Timestamp, UserId};
use platform::store::Connection;
use serde_json::json;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    PasswordChanged,
    TotpOn,
    TotpOff,
    RecoveryCodes,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
}

/// # Errors
/// Only the database's own.
pub(super) async fn notify<C: Connection>(
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    notice: Notice,
    now: Timestamp,
) -> ApiResult<()> {
    let (kind, what) = match notice {
        Notice::PasswordChanged => ("password_changed", None),
        Notice::TotpOn => ("second_factor_changed", Some("totp_on")),
        Notice::TotpOff => ("second_factor_changed", Some("totp_off")),
        Notice::RecoveryCodes => ("second_factor_changed", Some("recovery_codes_renewed")),
        Notice::RecoveryCodeUsed => ("second_factor_changed", Some("recovery_code_used")),
        Notice::PasskeyAdded => ("second_factor_changed", Some("passkey_added")),
        Notice::PasskeyRemoved => ("second_factor_changed", Some("passkey_removed")),
    };
    let data = what.map_or_else(|| json!({}), |what| json!({ "what": what }));
    record(conn, kind, user, customer, data, now).await
}
