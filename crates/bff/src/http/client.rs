//! The browser of a request as its owner may know it again in a list of sessions: a short label of fixed words and a
//! shortened network address. No fingerprint: nothing else of the headers is read, and nothing is counted or combined.

use super::extract::address;
use crate::config::Config;
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::common::pii::Pii;
use platform::origin::Origin;
use sha2::{Digest as _, Sha256};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of the secret in the device cookie.
const DEVICE_BYTES: usize = 32;

/// What is known of a browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    /// Such as `Firefox on Windows`.
    pub(crate) device: Option<String>,
    /// Such as `192.0.2.0/24`.
    pub(crate) address: Option<Pii<String>>,
    /// SHA-256 of the cookie that the browser got at an earlier sign-in.
    pub(crate) device_hash: Option<[u8; 32]>,
}

impl Client {
    pub(crate) fn of(request: &HttpRequest, config: &Config) -> Self {
        Self {
            device: label(request.headers()),
            address: Some(Pii::new(shortened(address(request, config)))),
            device_hash: device_cookie(request.headers(), config),
        }
    }

    /// What the log of what happened keeps of it.
    pub(crate) fn origin(&self) -> Origin {
        Origin { device: self.device.clone(), address: self.address.as_ref().map(|a| a.reveal().clone()) }
    }
}

/// A new value of the device cookie, and what is kept of it.
pub(crate) fn new_device(secret: [u8; DEVICE_BYTES]) -> (String, [u8; 32]) {
    (URL_SAFE_NO_PAD.encode(secret), Sha256::digest(secret).into())
}

fn device_cookie(headers: &HeaderMap, config: &Config) -> Option<[u8; 32]> {
    let lines = headers.get_all(header::COOKIE).filter_map(|v| v.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == config.device_cookie()).find_map(|(_, value)| {
        let secret: [u8; DEVICE_BYTES] = URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()?;
        Some(Sha256::digest(secret).into())
    })
}

/// The network that the address is in: /24 of IPv4, /48 of IPv6.
fn shortened(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => format!("{}/24", Ipv4Addr::from_bits(v4.to_bits() & 0xffff_ff00)),
        IpAddr::V6(v6) => format!("{}/48", Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80))),
    }
}

fn label(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (agent, brands, platform) = (text("User-Agent"), text("Sec-CH-UA"), text("Sec-CH-UA-Platform"));
    let browser = find(BRANDS, brands).or_else(|| find(AGENTS, agent));
    let system = find(PLATFORMS, platform).or_else(|| find(SYSTEMS, agent));
    match (browser, system) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
        (None, None) => None,
    }
}

fn find(list: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    list.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

/// Brands of `Sec-CH-UA`, before the engine that all of them name too.
const BRANDS: &[(&str, &str)] = &[
    ("\"Microsoft Edge\"", "Edge"),
    ("\"Opera\"", "Opera"),
    ("\"Brave\"", "Brave"),
    ("\"Vivaldi\"", "Vivaldi"),
    ("\"Samsung Internet\"", "Samsung Internet"),
    ("\"Google Chrome\"", "Chrome"),
    ("\"Chromium\"", "Chromium"),
];

/// Marks of `User-Agent`, those that others imitate last.
const AGENTS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Values of `Sec-CH-UA-Platform`.
const PLATFORMS: &[(&str, &str)] = &[
    ("\"Windows\"", "Windows"),
    ("\"macOS\"", "macOS"),
    ("\"Android\"", "Android"),
    ("\"iOS\"", "iOS"),
    ("\"Chrome OS\"", "ChromeOS"),
    ("\"Chromium OS\"", "ChromeOS"),
    ("\"Linux\"", "Linux"),
];

/// Marks of `User-Agent`: an Android names Linux too, an iPhone Mac OS X.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn named(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let headers = headers
            .iter()
            .map(|(n, v)| (HeaderName::from_bytes(n.as_bytes()).unwrap(), HeaderValue::from_static(v)))
            .collect();
        label(&headers)
    }

    #[test]
    fn browsers_are_called_by_their_names() {
        let agent = |text| named(&[("user-agent", text)]).unwrap();
        for (text, name) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 \
                 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/126.0.6478.35 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 \
                 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 \
                 Safari/537.36 Edg/130.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E Safari/604.1",
                "Safari on iPhone",
            ),
        ] {
            assert_eq!(agent(text), name);
        }
        let hints = [
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0"),
            ("sec-ch-ua", "\"Brave\";v=\"130\", \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\""),
            ("sec-ch-ua-platform", "\"macOS\""),
        ];
        assert_eq!(named(&hints).unwrap(), "Brave on macOS");
    }

    #[test]
    fn only_our_own_words_are_kept() {
        assert_eq!(named(&[]), None);
        assert_eq!(named(&[("user-agent", "curl/8.5.0")]), None);
        assert_eq!(named(&[("user-agent", "taro@example.com 090-1234-5678")]), None);
        assert_eq!(named(&[("user-agent", "<script>alert(1)</script> Linux")]).unwrap(), "Linux");
    }

    #[test]
    fn an_address_is_cut_to_its_network() {
        let of = |text: &str| shortened(text.parse().unwrap());
        assert_eq!(of("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
        assert_eq!(of("::1"), "::/48");
    }
}
