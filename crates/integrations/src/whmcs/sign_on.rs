//! Signing a customer in to the client area of WHMCS without another password.

use super::client::{Client, field};
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::subscriptions::providers::whmcs::wire;
use secrecy::SecretString;
use url::Url;

/// Where the customer arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOnPage {
    Services,
    Invoices,
}

impl SignOnPage {
    const fn destination(self) -> &'static str {
        match self {
            Self::Services => "clientarea:services",
            Self::Invoices => "clientarea:invoices",
        }
    }
}

/// A link that signs in whoever follows it: once, within 60 seconds. Only for the browser of the customer whose it is.
#[derive(Clone, Debug)]
pub struct SignOn {
    pub url: SecretString,
}

impl Client {
    /// Makes a link for a client. Links are cheap: after an unknown outcome make another.
    ///
    /// # Errors
    /// `Refused` (sign-on is blocked for the client), `Garbled` (the link leads elsewhere than to the installation),
    /// `OutcomeUnknown`, `NotFound`, `Unavailable`, `Denied`.
    pub async fn sign_on(&self, client_id: u64, page: SignOnPage) -> Result<SignOn, UpstreamError> {
        let call = Call::write(Provider::Whmcs, "CreateSsoToken");
        // The one action whose parameter is `client_id`.
        let fields = [field("client_id", client_id), field("destination", page.destination())];
        let reply = self.act(call, &fields).await.map_err(|kind| match kind {
            UpstreamErrorKind::Refused { reason } if super::invoices::is(&reason, "invalid client_id") => {
                call.error(UpstreamErrorKind::NotFound)
            }
            kind => call.error(kind),
        })?;
        let text = wire::text(&reply, "redirect_url");
        let url = Url::parse(&text).ok().filter(|url| is_below(url, &self.inner.config.base_url));
        match url {
            Some(url) => Ok(SignOn { url: String::from(url).into() }),
            None => Err(call.error(UpstreamErrorKind::garbled("redirect_url leads elsewhere"))),
        }
    }
}

/// The same scheme, host and port, and a path below the installation's.
fn is_below(url: &Url, base: &Url) -> bool {
    let folder = base.path().trim_end_matches('/');
    url.origin() == base.origin() && url.path().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_with_the_installation() {
        let below = |url: &str| is_below(&url.parse().unwrap(), &"https://billing.example/whmcs/".parse().unwrap());
        assert!(below("https://billing.example/whmcs/oauth/singlesignon.php?token=x"));
        for elsewhere in [
            "http://billing.example/whmcs/x",
            "https://billing.example.evil.example/whmcs/x",
            "https://billing.example:8443/whmcs/x",
            "https://billing.example/other/x",
            "https://billing.example/whmcsx",
            "javascript:alert(1)",
        ] {
            assert!(!below(elsewhere), "{elsewhere}");
        }
    }
}
