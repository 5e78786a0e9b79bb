//! The one place that reads the clock and makes random ids, so that tests can hold time still.

use domain::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Where "now" comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    /// Milliseconds ahead of the system's clock.
    Ahead(i64),
    Fixed(Arc<AtomicI64>),
    Other(Arc<dyn Fn() -> Timestamp + Send + Sync>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Ahead(millis) => write!(f, "Ahead({millis} ms)"),
            Self::Fixed(at) => write!(f, "Fixed({at:?})"),
            Self::Other(_) => f.write_str("Other"),
        }
    }
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// So far ahead of the system's clock (behind it when negative): for demonstrations and tests, never for production.
    pub const fn ahead(seconds: i64) -> Self {
        Self(Source::Ahead(seconds.saturating_mul(1_000)))
    }

    /// Another clock, such as the sandbox's, so that both agree when it is moved.
    pub fn following(other: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Source::Other(Arc::new(other)))
    }

    /// A clock that stands still until [`Clock::set`].
    pub fn fixed(at: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(at.millis()))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Fixed(fixed) => Timestamp(fixed.load(Ordering::SeqCst)),
            Source::Other(other) => other(),
            Source::Ahead(millis) => system_now().plus_millis(*millis),
            Source::System => system_now(),
        }
    }

    /// Moves a fixed clock; the others do not listen.
    pub fn set(&self, at: Timestamp) {
        if let Source::Fixed(fixed) = &self.0 {
            fixed.store(at.millis(), Ordering::SeqCst);
        }
    }
}

fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A new id that sorts by time (UUID version 7).
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// A new id from 122 random bits, for anything that must not be guessed by its neighbour.
pub fn random_id() -> Uuid {
    Uuid::new_v4()
}

/// A full-jitter delay in milliseconds: anything from zero to `min(cap, base * 2^attempt)`.
pub fn full_jitter_ms(attempt: u32, base_ms: u64, cap_ms: u64) -> u64 {
    let ceiling = base_ms.saturating_mul(1_u64.checked_shl(attempt.min(40)).unwrap_or(u64::MAX)).min(cap_ms);
    // The low 32 bits of a version 4 UUID are random.
    let random = u64::from(random_id().as_u128() as u32);
    (ceiling.saturating_add(1)).saturating_mul(random) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_follow_what_they_are_told_to() {
        let system = Clock::system().now();
        let ahead = Clock::ahead(86_400).now().millis() - system.millis();
        assert!((86_400_000..86_460_000).contains(&ahead), "{ahead}");
        let other = Arc::new(AtomicI64::new(5));
        let following = Clock::following({
            let other = Arc::clone(&other);
            move || Timestamp(other.load(Ordering::SeqCst))
        });
        assert_eq!(following.now(), Timestamp(5));
        other.store(9, Ordering::SeqCst);
        assert_eq!((following.now(), following.clone().now()), (Timestamp(9), Timestamp(9)));
    }

    #[test]
    fn jitter_stays_below_its_ceiling_and_uses_the_whole_range() {
        let delays: Vec<u64> = (0..500).map(|_| full_jitter_ms(3, 1000, 60_000)).collect();
        assert!(delays.iter().all(|&d| d <= 8000));
        assert!(delays.iter().any(|&d| d < 2000) && delays.iter().any(|&d| d > 6000));
        assert!((0..200).all(|_| full_jitter_ms(200, 1000, 60_000) <= 60_000));
    }
}
