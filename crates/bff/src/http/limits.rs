//! How often something may be asked. Counted in this process; the generic cell rate algorithm forgets by itself.

use super::scope;
use crate::config::Rates;
use crate::error::{ApiError, ApiResult};
use domain::{ErrorCode, UserId};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is limited, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Login(IpAddr),
    /// SHA-256 of the normalised mail address.
    Account([u8; 32]),
    Register(IpAddr),
    Refresh(IpAddr),
    Orders(UserId),
    Live(UserId),
    Webhooks(IpAddr),
}

/// For the `RateLimit` and `RateLimit-Policy` fields (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RateState {
    pub(crate) policy: &'static str,
    pub(crate) quota: u32,
    pub(crate) remaining: u32,
    /// Seconds until one more is allowed.
    pub(crate) reset: u32,
}

type Limiter = RateLimiter<Key, DefaultKeyedStateStore<Key>, DefaultClock, StateInformationMiddleware>;

struct Limit {
    policy: &'static str,
    limiter: Limiter,
}

pub(crate) struct Limits {
    login: Limit,
    account: Limit,
    register: Limit,
    refresh: Limit,
    orders: Limit,
    live: Limit,
    webhooks: Limit,
    checks: AtomicU32,
}

/// After so many checks, counters that are full again are forgotten.
const SWEEP_EVERY: u32 = 1024;

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        let limit = |policy, a_minute: u32| Limit {
            policy,
            limiter: RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN)))
                .with_middleware(),
        };
        Self {
            login: limit("login", rates.login),
            account: limit("account", rates.login_per_account),
            register: limit("register", rates.register),
            refresh: limit("refresh", rates.refresh),
            orders: limit("orders", rates.orders),
            live: limit("live", rates.live),
            webhooks: limit("webhooks", rates.webhooks),
            checks: AtomicU32::new(0),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// 429 with `Retry-After` when the key has used its share.
    pub(crate) fn check(&self, key: &Key) -> ApiResult<()> {
        let limit = match key {
            Key::Login(_) => &self.login,
            Key::Account(_) => &self.account,
            Key::Register(_) => &self.register,
            Key::Refresh(_) => &self.refresh,
            Key::Orders(_) => &self.orders,
            Key::Live(_) => &self.live,
            Key::Webhooks(_) => &self.webhooks,
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            for l in
                [&self.login, &self.account, &self.register, &self.refresh, &self.orders, &self.live, &self.webhooks]
            {
                l.limiter.retain_recent();
            }
        }
        let seconds = |d: std::time::Duration| u32::try_from(d.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
        match limit.limiter.check_key(key) {
            Ok(snapshot) => {
                let quota = snapshot.quota();
                scope::set_rate(RateState {
                    policy: limit.policy,
                    quota: quota.burst_size().get(),
                    remaining: snapshot.remaining_burst_capacity(),
                    reset: seconds(quota.replenish_interval()),
                });
                Ok(())
            }
            Err(denied) => {
                let wait = seconds(denied.wait_time_from(DefaultClock::default().now()));
                let quota = denied.quota().burst_size().get();
                scope::set_rate(RateState { policy: limit.policy, quota, remaining: 0, reset: wait });
                Err(ApiError::new(ErrorCode::TooManyRequests).retry_after(wait))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn each_key_has_its_own_share() {
        let limits = Limits::new(Rates { login: 2, ..Rates::default() });
        let address = |n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
        assert!(limits.check(&Key::Login(address(1))).is_ok());
        assert!(limits.check(&Key::Login(address(1))).is_ok());
        assert_eq!(limits.check(&Key::Login(address(1))).unwrap_err().code(), ErrorCode::TooManyRequests);
        assert!(limits.check(&Key::Login(address(2))).is_ok());
        assert!(limits.check(&Key::Refresh(address(1))).is_ok());
    }
}
