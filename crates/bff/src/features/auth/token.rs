//! Access tokens: JWT, HS256, short-lived (RFC 9068's `at+jwt`).

use crate::config::Config;
use anyhow::ensure;
use domain::{CustomerId, SessionId, Timestamp, UserId};
use jsonwebtoken::errors::Error as JwtError;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const ISSUER: &str = "portal";
const AUDIENCE: &str = "portal-api";
const TYPE: &str = "at+jwt";
/// So far the clocks of two bff may differ.
const LEEWAY_SECONDS: i64 = 60;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: UserId,
    /// The customer account that the person acts for; staff need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cid: Option<CustomerId>,
    pub(crate) sid: SessionId,
    /// Seconds since 1970.
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

/// Why a token is not accepted. Never holds the token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the access token is not one of ours")]
    NotOurs(#[source] JwtError),
    #[error("the access token names a key or a type that is not ours")]
    Header,
    /// Ours, and its time is over.
    #[error("the access token has ended")]
    Expired(Box<Claims>),
    /// The same, after its session was found alive.
    #[error("the access token has ended, its session has not")]
    Outlived,
    #[error("the access token comes from the future")]
    Early,
}

struct Key {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Key {
    fn new(secret: &SecretString) -> anyhow::Result<Self> {
        let bytes = secret.expose_secret().as_bytes();
        ensure!(bytes.len() >= Config::MIN_KEY_BYTES, "a token key needs at least {} bytes", Config::MIN_KEY_BYTES);
        // Names the key without telling it: 32 bits of a hash.
        let id = hex::encode(&Sha256::digest(bytes)[..4]);
        Ok(Self { id, encoding: EncodingKey::from_secret(bytes), decoding: DecodingKey::from_secret(bytes) })
    }
}

/// Writes and reads access tokens.
pub(crate) struct Tokens {
    current: Key,
    previous: Option<Key>,
    life_seconds: u32,
}

impl Tokens {
    pub(crate) fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            current: Key::new(&config.jwt_key)?,
            previous: config.previous_jwt_key.as_ref().map(Key::new).transpose()?,
            life_seconds: config.access_minutes.saturating_mul(60),
        })
    }

    pub(crate) const fn life_seconds(&self) -> u32 {
        self.life_seconds
    }

    pub(crate) fn write(
        &self,
        user: UserId,
        customer: Option<CustomerId>,
        session: SessionId,
        now: Timestamp,
    ) -> Result<String, JwtError> {
        let iat = now.millis().div_euclid(1000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            cid: customer,
            sid: session,
            iat,
            exp: iat + i64::from(self.life_seconds),
        };
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.current.id.clone());
        encode(&header, &claims, &self.current.encoding)
    }

    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(TokenError::NotOurs)?;
        let key = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|k| header.kid.as_deref() == Some(k.id.as_str()))
            .filter(|_| header.typ.as_deref() == Some(TYPE))
            .ok_or(TokenError::Header)?;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The end is compared with our own clock below, which tests can hold still.
        rules.validate_exp = false;
        let claims = decode::<Claims>(token, &key.decoding, &rules).map_err(TokenError::NotOurs)?.claims;
        let now = now.millis().div_euclid(1000);
        if claims.exp <= now {
            return Err(TokenError::Expired(Box::new(claims)));
        }
        // Else a bff whose clock is behind would take tokens for longer than they live.
        if claims.iat > now + LEEWAY_SECONDS { Err(TokenError::Early) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn config(key: &str) -> Config {
        Config::new("https://portal.example".parse().unwrap(), key.into(), key.into())
    }
    fn tokens() -> Tokens {
        Tokens::new(&config(KEY)).unwrap()
    }
    fn ids() -> (UserId, Option<CustomerId>, SessionId) {
        let id = |n: u128| uuid::Uuid::from_u128(n);
        (UserId(id(1)), Some(CustomerId(id(2))), SessionId(id(3)))
    }
    fn written(tokens: &Tokens) -> String {
        let (user, customer, session) = ids();
        tokens.write(user, customer, session, NOW).unwrap()
    }
    fn forged(alg: Algorithm, typ: &str, change: impl FnOnce(&mut Value)) -> String {
        let (user, customer, session) = ids();
        let iat = NOW.millis() / 1000;
        let mut claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": user, "cid": customer, "sid": session, "iat": iat, "exp": iat + 900});
        change(&mut claims);
        let mut header = Header::new(alg);
        header.typ = Some(typ.to_owned());
        header.kid = Some(tokens().current.id);
        encode(&header, &claims, &EncodingKey::from_secret(KEY.as_bytes())).unwrap()
    }

    #[test]
    fn a_token_says_who_signed_in() {
        let claims = tokens().read(&written(&tokens()), NOW).unwrap();
        assert_eq!((claims.sub, claims.cid, claims.sid), ids());
        assert_eq!(claims.exp - claims.iat, 900);
        assert!(tokens().read(&forged(Algorithm::HS256, TYPE, |_| ()), NOW).is_ok(), "the forger's base is right");
    }

    #[test]
    fn a_person_without_an_account_has_a_token_without_one() {
        let (user, _, session) = ids();
        let token = tokens().write(user, None, session, NOW).unwrap();
        let claims = tokens().read(&token, NOW).unwrap();
        assert_eq!((claims.sub, claims.cid, claims.sid), (user, None, session));
    }

    #[test]
    fn a_token_ends_with_its_last_second() {
        let token = written(&tokens());
        assert!(tokens().read(&token, NOW.plus_seconds(899)).is_ok());
        assert!(matches!(tokens().read(&token, NOW.plus_seconds(900)), Err(TokenError::Expired(_))));
    }

    #[test]
    fn a_clock_that_is_behind_takes_tokens_for_a_minute_longer_at_most() {
        let token = written(&tokens());
        assert!(tokens().read(&token, NOW.plus_seconds(-60)).is_ok());
        for behind in [-61, -3_600] {
            let read = tokens().read(&token, NOW.plus_seconds(behind));
            assert!(matches!(read, Err(TokenError::Early)), "{behind}");
        }
        assert!(matches!(tokens().read(&token, NOW.plus_seconds(3_600)), Err(TokenError::Expired(_))));
    }

    #[test]
    fn forgeries_are_refused() {
        let other_algorithm = forged(Algorithm::HS512, TYPE, |_| ());
        let other_type = forged(Algorithm::HS256, "JWT", |_| ());
        let other_audience = forged(Algorithm::HS256, TYPE, |c| c["aud"] = json!("another-api"));
        let other_issuer = forged(Algorithm::HS256, TYPE, |c| c["iss"] = json!("somebody"));
        let no_end = forged(Algorithm::HS256, TYPE, |c| {
            c.as_object_mut().unwrap().remove("exp");
        });
        let good = written(&tokens());
        let (_, rest) = good.split_once('.').unwrap();
        let (body, signature) = rest.split_once('.').unwrap();
        let none = json!({"alg": "none", "typ": TYPE, "kid": tokens().current.id}).to_string();
        let none = URL_SAFE_NO_PAD.encode(none);
        let unsigned = format!("{none}.{body}.");
        let none_but_signed = format!("{none}.{body}.{signature}");
        let cut = good[..good.len() - 2].to_owned();
        for bad in [
            other_algorithm,
            other_type,
            other_audience,
            other_issuer,
            no_end,
            unsigned,
            none_but_signed,
            cut,
            String::new(),
        ] {
            assert!(tokens().read(&bad, NOW).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_key_before_the_last_change_is_still_read() {
        let old = tokens();
        let mut changed = config("fedcba9876543210fedcba9876543210");
        changed.previous_jwt_key = Some(KEY.into());
        let new = Tokens::new(&changed).unwrap();
        assert!(new.read(&written(&old), NOW).is_ok());
        assert!(old.read(&written(&new), NOW).is_err());
        assert!(Tokens::new(&config("too short")).is_err());
    }
}
