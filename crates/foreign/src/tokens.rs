use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bff::outside::{self, AccessTokens};
use domain::{SessionId, Timestamp, UserId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

const KEY: &str = "0123456789abcdef0123456789abcdef";
/// 2027-01-15, so that kept tokens can be good.
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// `Authorization: Bearer` of anybody: once as it is, once as the claims of a token that is signed with the right key, so that
/// the claims are reached too.
pub fn access_token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let tokens = AccessTokens::new(KEY).expect("a key that is long enough");
    if tokens.read(text, NOW).is_some() {
        let (signed, signature) = text.rsplit_once('.').expect("three parts");
        let given = URL_SAFE_NO_PAD.decode(signature).expect("a signature");
        assert!(mac(signed).verify_slice(&given).is_ok(), "a token that we did not sign");
        believed(signed.split('.').nth(1).expect("claims"));
    }
    let id = uuid::Uuid::from_u128(7);
    let ours = tokens.write(UserId(id), SessionId(id), NOW).expect("a token");
    let head = ours.split('.').next().expect("a header");
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(data));
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac(&signed).finalize().into_bytes()));
    if tokens.read(&token, NOW).is_some() {
        believed(&URL_SAFE_NO_PAD.encode(data));
    }
}

/// Claims that were taken say who issued them, for whom, and until when.
fn believed(claims: &str) {
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    let now = NOW.millis() / 1000;
    assert_eq!(claims["iss"], "portal");
    assert!(
        claims["aud"] == "portal-api" || claims["aud"].as_array().is_some_and(|all| all.contains(&"portal-api".into()))
    );
    assert!(claims["exp"].as_i64().expect("an end") > now, "a token that has ended");
    assert!(claims["iat"].as_i64().expect("a beginning") <= now + 60, "a token of the future");
}

fn mac(text: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("any length").chain_update(text.as_bytes())
}

/// `Cookie` of anybody.
pub fn refresh_cookie(data: &[u8]) {
    let Some((session, secret)) = outside::refresh_cookie(data) else { return };
    let name = b"__Host-portal_refresh=";
    assert!(data.windows(name.len()).any(|part| part == name), "a cookie of another name");
    let written = outside::refresh_cookie_of(session, secret);
    assert_eq!(outside::refresh_cookie(written.as_bytes()), Some((session, secret)), "another token");
}

/// `application/problem+json` as the browser reads it, whoever answered.
pub fn problem(data: &[u8]) {
    let Ok(problem) = serde_json::from_slice::<domain::Problem>(data) else { return };
    let text = serde_json::to_string(&problem).expect("JSON");
    assert_eq!(serde_json::from_str::<domain::Problem>(&text).expect("the same"), problem, "a problem that changes");
    assert!((400..600).contains(&problem.code.status()), "a code that is no error");
}
