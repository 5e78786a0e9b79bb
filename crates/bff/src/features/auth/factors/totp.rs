//! Codes of authenticator apps (RFC 6238): SHA-1, six digits, 30 seconds, the only kind that all apps know.

use super::super::service::random_secret;
use crate::error::{ApiError, ApiResult};
use crate::state::Context;
use domain::auth::sign_in::TotpSecret;
use domain::{ErrorCode, Timestamp, UserId};
use platform::store::{Connection, second_factors};
use totp_rs::{Builder, Secret, Totp};
use url::form_urlencoded::byte_serialize;

/// Bytes of a secret: 160 bits, as RFC 4226 advises.
const SECRET_BYTES: usize = 20;

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ApiError {
    ApiError::new(ErrorCode::Internal).caused_by(error)
}

fn of(secret: &[u8]) -> ApiResult<Totp> {
    // The builder's defaults are SHA-1, six digits, 30 seconds, and one step before and after.
    Builder::new().with_secret(secret.to_vec()).build().map_err(|e| internal(e.to_string()))
}

/// The step that a code belongs to, at most one before or after the current one.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> ApiResult<Option<i64>> {
    let seconds = u64::try_from(now.millis() / 1000).unwrap_or_default();
    Ok(of(secret)?.check(code, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// A new secret, and how it is shown to its owner.
pub(crate) fn new_secret(issuer: &str, account: &str) -> ApiResult<(Vec<u8>, TotpSecret)> {
    let secret = random_secret()?[..SECRET_BYTES].to_vec();
    let base32 = Secret::from(secret.clone()).to_base32();
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let uri = format!(
        "otpauth://totp/{issuer}:{account}?secret={base32}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        issuer = encoded(issuer),
        account = encoded(account),
    );
    Ok((secret, TotpSecret { secret: base32, uri }))
}

pub(crate) fn seal(ctx: &Context, user: UserId, secret: &[u8]) -> ApiResult<Vec<u8>> {
    ctx.vault.seal(secret, user.0.as_bytes()).map_err(internal)
}

pub(crate) fn open(ctx: &Context, user: UserId, sealed: &[u8]) -> ApiResult<super::vault::Opened> {
    ctx.vault.open(sealed, user.0.as_bytes()).map_err(internal)
}

/// Uses up a code of a person who has switched an app on. `false`: wrong, or used before.
pub(super) async fn use_code<C: Connection>(
    ctx: &Context,
    conn: &C,
    user: UserId,
    code: &str,
    now: Timestamp,
) -> ApiResult<bool> {
    let Some(sealed) = second_factors::totp(conn, user, true).await? else { return Ok(false) };
    let opened = open(ctx, user, &sealed)?;
    let Some(step) = step_of(&opened.secret, code, now)? else { return Ok(false) };
    if !second_factors::use_totp_step(conn, user, step).await? {
        return Ok(false);
    }
    if opened.is_old {
        second_factors::reseal_totp(conn, user, &sealed, &seal(ctx, user, &opened.secret)?).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors of RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // The vectors have eight digits; six of them are the last six.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let step = step_of(SECRET, code, Timestamp(seconds * 1000)).unwrap();
            assert_eq!(step, Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_late() {
        let at = |seconds: i64| step_of(SECRET, "081804", Timestamp(seconds * 1000)).unwrap();
        let step = 1_111_111_109 / 30;
        assert_eq!(at((step - 1) * 30), Some(step));
        assert_eq!(at((step + 2) * 30 - 1), Some(step));
        assert_eq!(at((step - 1) * 30 - 1), None);
        assert_eq!(at((step + 2) * 30), None);
        assert_eq!(step_of(SECRET, "81804", Timestamp(1_111_111_109_000)).unwrap(), None);
    }

    #[test]
    fn the_address_for_apps_is_complete() {
        let (secret, shown) = new_secret("portal.example", "mika+1@example.com").unwrap();
        assert_eq!((secret.len(), shown.secret.len()), (20, 32));
        assert_eq!(
            shown.uri,
            format!(
                "otpauth://totp/portal.example:mika%2B1%40example.com?secret={}&issuer=portal.example&algorithm=SHA1&digits=6&period=30",
                shown.secret
            )
        );
    }
}
