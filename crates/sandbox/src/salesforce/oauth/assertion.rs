//! The assertion of the JWT bearer flow.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

use super::{Refusal, USERNAME};
use crate::World;
use crate::world::time::real_now_ms;

/// Checks signature, issuer, user, audience and time.
pub(super) fn check(world: &World, assertion: &str, login: &str) -> Result<(), Refusal> {
    let invalid = || Refusal::grant("invalid assertion");
    let keys = world.keys();
    let key = DecodingKey::from_rsa_pem(keys.app_public_pem.as_bytes()).map_err(|_| invalid())?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Audience and time are checked below: the time may come as a text, and each refusal has its own words.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Value>(assertion, &key, &validation).map_err(|_| invalid())?.claims;
    if claims["iss"].as_str() != Some(&keys.client_id) {
        return Err(Refusal::unknown_client());
    }
    let own = [login.replace("127.0.0.1", "localhost"), login.replace("localhost", "127.0.0.1")];
    let accepted = |audience: &str| {
        let audience = audience.trim_end_matches('/');
        ["https://login.salesforce.com", "https://test.salesforce.com"].contains(&audience)
            || own.iter().any(|own| own == audience)
    };
    let audience = &claims["aud"];
    let audience = audience.as_str().or_else(|| audience.get(0).and_then(Value::as_str));
    if !audience.is_some_and(accepted) {
        return Err(Refusal::grant("audience is invalid"));
    }
    if claims["sub"].as_str() != Some(USERNAME) {
        return Err(Refusal::grant("user hasn't approved this consumer"));
    }
    let expires = claims["exp"]
        .as_i64()
        .or_else(|| claims["exp"].as_str().and_then(|text| text.parse().ok()))
        .ok_or_else(invalid)?;
    // Dated by the caller's own machine, which knows nothing of a clock that was moved here.
    let now = real_now_ms() / 1_000;
    if expires <= now || expires > now + 3_600 {
        return Err(Refusal::grant("expired authorization code"));
    }
    Ok(())
}
