//! How often something may be asked. With Redis the processes count together; without it, and while it is away, each
//! counts for itself. The generic cell rate algorithm forgets by itself.

use super::scope;
use crate::config::{Config, Rates};
use crate::error::{ApiError, ApiResult};
use domain::{ErrorCode, UserId};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use hmac::{Hmac, KeyInit as _, Mac as _};
use platform::meter::Share;
use platform::redis::Redis;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// Who asks: a person whose access token is good, else an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    Person(UserId),
    Address(IpAddr),
}

/// What is limited, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// Everything that comes from an address.
    Address(IpAddr),
    /// Everything that a person asks for.
    Person(UserId),
    /// Reads of one route.
    Read(Asker, &'static str),
    /// Writes of one route.
    Write(Asker, &'static str),
    Login(IpAddr),
    /// SHA-256 of the normalised mail address.
    Account([u8; 32]),
    Register(IpAddr),
    Refresh(IpAddr),
    Orders(UserId),
    Live(UserId),
    Webhooks(IpAddr),
}

impl Key {
    /// Name of the limit in `RateLimit-Policy`, and its share of a minute.
    const fn policy(&self, rates: &Rates) -> (&'static str, u32) {
        match self {
            Self::Address(_) => ("address", rates.address),
            Self::Person(_) => ("person", rates.person),
            Self::Read(..) => ("read", rates.read),
            Self::Write(..) => ("write", rates.write),
            Self::Login(_) => ("login", rates.login),
            Self::Account(_) => ("account", rates.login_per_account),
            Self::Register(_) => ("register", rates.register),
            Self::Refresh(_) => ("refresh", rates.refresh),
            Self::Orders(_) => ("orders", rates.orders),
            Self::Live(_) => ("live", rates.live),
            Self::Webhooks(_) => ("webhooks", rates.webhooks),
        }
    }
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

pub(crate) struct Limits {
    rates: Rates,
    /// One for each policy, by its name.
    limiters: Vec<(&'static str, Limiter)>,
    redis: Option<Redis>,
    /// Keys in Redis name nobody: they are made with it.
    secret: SecretString,
    checks: AtomicU32,
}

/// After so many checks, counters that are full again are forgotten.
const SWEEP_EVERY: u32 = 1024;

impl Limits {
    pub(crate) fn new(config: &Config, redis: Option<Redis>) -> Self {
        let rates = config.rates;
        let some_address = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        let nobody = UserId(uuid::Uuid::nil());
        let all = [
            Key::Address(some_address),
            Key::Person(nobody),
            Key::Read(Asker::Person(nobody), ""),
            Key::Write(Asker::Person(nobody), ""),
            Key::Login(some_address),
            Key::Account([0; 32]),
            Key::Register(some_address),
            Key::Refresh(some_address),
            Key::Orders(nobody),
            Key::Live(nobody),
            Key::Webhooks(some_address),
        ];
        let limiter = |key: &Key| {
            let (policy, a_minute) = key.policy(&rates);
            let quota = Quota::per_minute(NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN));
            (policy, RateLimiter::keyed(quota).with_middleware())
        };
        let limiters = all.iter().map(limiter).collect();
        Self { rates, limiters, redis, secret: config.refresh_key.clone(), checks: AtomicU32::new(0) }
    }

    /// Counts one request for each key, up to the first that has used its share; together with other processes where that
    /// is possible.
    ///
    /// # Errors
    /// 429 with `Retry-After` when a key has used its share.
    pub(crate) async fn count(&self, keys: &[Key]) -> ApiResult<()> {
        if let Some(redis) = &self.redis {
            let shares: Vec<Share> = keys.iter().map(|key| self.share(key)).collect();
            // Why it is away, Redis itself has logged.
            if let Ok(counted) = redis.count(&shares).await {
                for (key, counted) in keys.iter().zip(counted) {
                    let (policy, quota) = key.policy(&self.rates);
                    let reset = u32::try_from(counted.wait_ms.div_ceil(1000)).unwrap_or(u32::MAX).max(1);
                    scope::set_rate(RateState { policy, quota: quota.max(1), remaining: counted.remaining, reset });
                    if !counted.allowed {
                        return Err(refused(policy, reset));
                    }
                }
                return Ok(());
            }
        }
        keys.iter().try_for_each(|key| self.check(key))
    }

    /// Counts one request in this process alone.
    ///
    /// # Errors
    /// 429 with `Retry-After` when the key has used its share.
    pub(crate) fn check(&self, key: &Key) -> ApiResult<()> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            for (_, limiter) in &self.limiters {
                limiter.retain_recent();
            }
        }
        let (policy, _) = key.policy(&self.rates);
        let Some((_, limiter)) = self.limiters.iter().find(|(name, _)| *name == policy) else { return Ok(()) };
        let seconds = |d: std::time::Duration| u32::try_from(d.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
        match limiter.check_key(key) {
            Ok(snapshot) => {
                let quota = snapshot.quota();
                scope::set_rate(RateState {
                    policy,
                    quota: quota.burst_size().get(),
                    remaining: snapshot.remaining_burst_capacity(),
                    reset: seconds(quota.replenish_interval()),
                });
                Ok(())
            }
            Err(denied) => {
                let wait = seconds(denied.wait_time_from(DefaultClock::default().now()));
                let quota = denied.quota().burst_size().get();
                scope::set_rate(RateState { policy, quota, remaining: 0, reset: wait });
                Err(refused(policy, wait))
            }
        }
    }

    fn share(&self, key: &Key) -> Share {
        let (policy, a_minute) = key.policy(&self.rates);
        let tag = match Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()) {
            Ok(mut mac) => {
                mac.update(format!("{key:?}").as_bytes());
                hex::encode(mac.finalize().into_bytes())
            }
            // HMAC takes keys of any length.
            Err(_) => String::new(),
        };
        Share { key: format!("{policy}:{tag:.32}"), a_minute }
    }
}

fn refused(policy: &'static str, wait: u32) -> ApiError {
    metrics::counter!("rate_limited_total", "policy" => policy).increment(1);
    ApiError::new(ErrorCode::TooManyRequests).retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn limits(rates: Rates) -> Limits {
        let mut config = Config::new("http://localhost".parse().unwrap(), "k".into(), "k".into());
        config.rates = rates;
        Limits::new(&config, None)
    }

    #[test]
    fn each_key_has_its_own_share() {
        let limits = limits(Rates { login: 2, write: 1, ..Rates::default() });
        let address = |n| IpAddr::V4(Ipv4Addr::new(192, 0, 2, n));
        assert!(limits.check(&Key::Login(address(1))).is_ok());
        assert!(limits.check(&Key::Login(address(1))).is_ok());
        assert_eq!(limits.check(&Key::Login(address(1))).unwrap_err().code(), ErrorCode::TooManyRequests);
        assert!(limits.check(&Key::Login(address(2))).is_ok());
        assert!(limits.check(&Key::Refresh(address(1))).is_ok());
        let write = |route| Key::Write(Asker::Address(address(1)), route);
        assert!(limits.check(&write("/api/a")).is_ok());
        assert!(limits.check(&write("/api/a")).is_err());
        assert!(limits.check(&write("/api/b")).is_ok(), "each route has its own");
    }

    #[test]
    fn keys_in_redis_name_nobody() {
        let limits = limits(Rates::default());
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77));
        let [one, two] = [limits.share(&Key::Address(address)), limits.share(&Key::Login(address))];
        assert!(!one.key.contains("192") && one.key.starts_with("address:") && one.key.len() == 8 + 32);
        assert_ne!(one.key.split(':').next_back(), two.key.split(':').next_back());
        assert_eq!(one, limits.share(&Key::Address(address)));
    }
}
