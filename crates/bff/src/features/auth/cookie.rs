//! The refresh cookie: `<session id>.<secret>`.

use crate::config::Config;
use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::SessionId;
use sha2::{Digest as _, Sha256};

/// Bytes of a refresh secret: 256 bits.
pub(crate) const SECRET_BYTES: usize = 32;

/// A refresh token as the browser holds it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) session_id: SessionId,
    pub(crate) secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// What is stored of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.secret).to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        Some(Self { session_id: id.parse().ok()?, secret })
    }

    /// The token of a request, when it has one of the right form.
    pub(crate) fn of(request: &HttpRequest, config: &Config) -> Option<Self> {
        let lines = request.headers().get_all(header::COOKIE).filter_map(|v| v.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == config.refresh_cookie()).find_map(|(_, value)| Self::parse(value))
    }

    /// `Set-Cookie` (RFC 6265) that keeps the token as long as the session lives.
    pub(crate) fn cookie(&self, config: &Config, seconds: i64) -> String {
        // Hexadecimal, hyphens, a dot and base64url: nothing that a cookie value would have to escape.
        let value = format!("{}.{}", self.session_id, URL_SAFE_NO_PAD.encode(self.secret));
        set_cookie(config, config.refresh_cookie(), &value, seconds.max(0))
    }
}

/// `Set-Cookie` that makes a browser forget the token.
pub(crate) fn cleared(config: &Config) -> String {
    set_cookie(config, config.refresh_cookie(), "", 0)
}

/// `Set-Cookie` by which a browser is known again at its next sign-in: 400 days, the most that browsers keep.
pub(crate) fn device(config: &Config, value: &str) -> String {
    set_cookie(config, config.device_cookie(), value, 400 * 86_400)
}

fn set_cookie(config: &Config, name: &str, value: &str, seconds: i64) -> String {
    let secure = if config.cookie_secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn config(address: &str) -> Config {
        Config::new(address.parse().unwrap(), "k".into(), "k".into())
    }

    #[test]
    fn a_token_survives_its_cookie() {
        let token = RefreshToken { session_id: SessionId(uuid::Uuid::from_u128(5)), secret: [7; SECRET_BYTES] };
        let config = config("https://portal.example");
        let set = token.cookie(&config, 60);
        let pair = set.split(';').next().unwrap();
        let request = TestRequest::default().insert_header(("Cookie", format!("a=b; {pair}; c=d"))).to_http_request();
        assert!(RefreshToken::of(&request, &config).is_some_and(|read| read == token));
        for bad in
            ["", ".", "x.y", "00000000-0000-0000-0000-000000000005.", "00000000-0000-0000-0000-000000000005.AAAA"]
        {
            assert!(RefreshToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let token = RefreshToken { session_id: SessionId(uuid::Uuid::from_u128(5)), secret: [7; SECRET_BYTES] };
        let text = token.cookie(&config("https://portal.example"), 60);
        assert!(text.starts_with("__Host-portal_refresh="), "{text}");
        for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/", "Max-Age=60"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("Domain"), "a __Host- cookie has no domain");
        let home = token.cookie(&config("http://localhost:8080"), 60);
        assert!(home.starts_with("portal_refresh=") && !home.contains("Secure"), "{home}");
        assert!(cleared(&config("http://localhost:8080")).contains("Max-Age=0"));
    }
}
