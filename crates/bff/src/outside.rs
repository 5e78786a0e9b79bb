//! What strangers can send before anybody knows who they are, as plain functions: `fuzz/` throws random bytes at them.

use crate::config::Config;
use crate::features::auth::cookie::RefreshToken;
use crate::features::auth::token::Tokens;
use actix_web::http::header::{self, HeaderValue};
use actix_web::test::TestRequest;
use domain::{CustomerId, SessionId, Timestamp, UserId};

/// Access tokens under one key.
pub struct AccessTokens(Tokens);

impl AccessTokens {
    /// # Errors
    /// When the key is too short.
    pub fn new(key: &str) -> anyhow::Result<Self> {
        Ok(Self(Tokens::new(&config(key, "https://portal.example")?)?))
    }

    /// Person, account and session of a token that is good at this time.
    pub fn read(&self, token: &str, now: Timestamp) -> Option<(UserId, Option<CustomerId>, SessionId)> {
        self.0.read(token, now).ok().map(|claims| (claims.sub, claims.cid, claims.sid))
    }

    /// A token as sign-in gives it out.
    pub fn write(&self, user: UserId, session: SessionId, now: Timestamp) -> Option<String> {
        self.0.write(user, None, session, now).ok()
    }
}

/// Session and secret of a `Cookie` header; `None` also for one that the server would not take at all.
pub fn refresh_cookie(line: &[u8]) -> Option<(SessionId, [u8; 32])> {
    let config = config("0123456789abcdef0123456789abcdef", "https://portal.example").ok()?;
    let value = HeaderValue::from_bytes(line).ok()?;
    let request = TestRequest::default().insert_header((header::COOKIE, value)).to_http_request();
    RefreshToken::of(&request, &config).map(|token| (token.session_id, token.secret))
}

/// The value that the cookie of a session has.
pub fn refresh_cookie_of(session_id: SessionId, secret: [u8; 32]) -> String {
    let set = config("0123456789abcdef0123456789abcdef", "https://portal.example")
        .map(|config| RefreshToken { session_id, secret }.cookie(&config, 60));
    set.ok().and_then(|set| set.split(';').next().map(str::to_owned)).unwrap_or_default()
}

fn config(key: &str, address: &str) -> anyhow::Result<Config> {
    Ok(Config::new(address.parse()?, key.into(), key.into()))
}
