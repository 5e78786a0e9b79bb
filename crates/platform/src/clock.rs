//! The one place that reads the clock and makes random ids, so that tests can hold time still.

use domain::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Where "now" comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until [`Clock::set`].
    pub fn fixed(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.millis()))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(fixed) => Timestamp(fixed.load(Ordering::SeqCst)),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Moves a fixed clock; the system's clock does not listen.
    pub fn set(&self, at: Timestamp) {
        if let Some(fixed) = &self.0 {
            fixed.store(at.millis(), Ordering::SeqCst);
        }
    }
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
    fn jitter_stays_below_its_ceiling_and_uses_the_whole_range() {
        let delays: Vec<u64> = (0..500).map(|_| full_jitter_ms(3, 1000, 60_000)).collect();
        assert!(delays.iter().all(|&d| d <= 8000));
        assert!(delays.iter().any(|&d| d < 2000) && delays.iter().any(|&d| d > 6000));
        assert!((0..200).all(|_| full_jitter_ms(200, 1000, 60_000) <= 60_000));
    }
}
