//! Who sent it, and when: HMAC-SHA256 over time and body with a secret that only the two sides know.

use domain::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// How far the sender's clock may be off, and how long a recorded delivery could be played again.
const WINDOW_MS: u64 = 5 * 60 * 1_000;

/// Why a delivery is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Wrong,
    Stale,
}

impl Refusal {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Stale => "stale",
        }
    }
}

/// Good when one of the secrets made it. The signature is compared in constant time, and before the time is looked at.
pub(super) fn check(
    secrets: &[SecretString],
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refusal> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else { return Err(Refusal::Missing) };
    let given = signature.strip_prefix("sha256=").and_then(|digits| hex::decode(digits).ok()).ok_or(Refusal::Wrong)?;
    let made_by = |secret: &SecretString| {
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).is_ok_and(|mut mac| {
            mac.update(timestamp.as_bytes());
            mac.update(b".");
            mac.update(body);
            mac.verify_slice(&given).is_ok()
        })
    };
    if !secrets.iter().any(made_by) {
        return Err(Refusal::Wrong);
    }
    let at = timestamp.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000)).ok_or(Refusal::Stale)?;
    if now.millis().abs_diff(at) > WINDOW_MS { Err(Refusal::Stale) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_700_000_000_000);
    const SIGNED: &str = "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";

    fn verdict(timestamp: Option<&str>, signature: Option<&str>, body: &str, now: i64) -> Result<(), Refusal> {
        let secrets = ["newer".into(), "secret".into()];
        check(&secrets, timestamp, signature, body.as_bytes(), Timestamp(now))
    }

    #[test]
    fn only_what_the_secret_signed_within_five_minutes_is_good() {
        let at = AT.millis();
        let good = (Some("1700000000"), Some(SIGNED));
        assert_eq!(verdict(good.0, good.1, "{}", at), Ok(()));
        assert_eq!(verdict(good.0, good.1, "{}", at + 300_000), Ok(()));
        assert_eq!(verdict(good.0, good.1, "{}", at + 300_001), Err(Refusal::Stale));
        assert_eq!(verdict(good.0, good.1, "{}", at - 300_001), Err(Refusal::Stale));
        assert_eq!(verdict(good.0, good.1, "{ }", at), Err(Refusal::Wrong), "another body");
        assert_eq!(verdict(Some("1700000001"), good.1, "{}", at), Err(Refusal::Wrong), "another time");
        assert_eq!(verdict(good.0, Some(&SIGNED[7..]), "{}", at), Err(Refusal::Wrong), "without its name");
        assert_eq!(verdict(good.0, Some("sha256="), "{}", at), Err(Refusal::Wrong));
        assert_eq!(verdict(good.0, Some("sha256=zz"), "{}", at), Err(Refusal::Wrong));
        assert_eq!(verdict(None, good.1, "{}", at), Err(Refusal::Missing));
        assert_eq!(verdict(good.0, None, "{}", at), Err(Refusal::Missing));
    }
}
