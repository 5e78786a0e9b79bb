use crate::config::Config;
use crate::error::ApiError;
use crate::state::Context;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a request comes from, for rate limits. An IPv6 caller owns a whole /64, so that is what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientIp(pub(crate) IpAddr);

impl FromRequest for ClientIp {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(super::context(request).map(|ctx| Self::of(ctx, request)))
    }
}

impl ClientIp {
    pub(crate) fn of(ctx: &Context, request: &HttpRequest) -> Self {
        Self(network(address(request, &ctx.config)))
    }
}

/// The address of the caller: the peer's, or what our own proxy says.
pub(crate) fn address(request: &HttpRequest, config: &Config) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip());
    let forwarded = config.trust_forwarded_for.then(|| {
        let header = request.headers().get("X-Forwarded-For")?.to_str().ok()?;
        // The last entry is the one that our own proxy has added.
        header.rsplit(',').next()?.trim().parse().ok()
    });
    forwarded.flatten().unwrap_or(peer)
}

fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_caller() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
    }
}
