//! Who asks for patience gets it from all callers of the operation, not only from the one that was told.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Other callers of the operation wait no longer than this: one misled answer must not close an operation for an hour. The
/// caller that was told waits as long as it was told.
const LONGEST: Duration = Duration::from_secs(300);

/// Until when an operation is not to be called, by `Retry-After`.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<HashMap<&'static str, Instant>>);

impl Holds {
    /// An answer asked for so much time. A hold is never made shorter by another answer.
    pub fn set(&self, operation: &'static str, wait: Duration, now: Instant) {
        let until = now + wait.min(LONGEST);
        let mut holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.retain(|_, until| *until > now);
        let held = holds.entry(operation).or_insert(until);
        *held = until.max(*held);
    }

    /// How long the operation still has to wait; `None` when it may be called.
    pub fn left(&self, operation: &'static str, now: Instant) -> Option<Duration> {
        let holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.get(operation).and_then(|until| until.checked_duration_since(now)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_lasts_as_long_as_the_longest_answer_said_and_no_more_than_five_minutes() {
        let (holds, start) = (Holds::default(), Instant::now());
        let second = Duration::from_secs(1);
        holds.set("AddOrder", second * 30, start);
        holds.set("AddOrder", second, start + second);
        assert_eq!(holds.left("AddOrder", start + second * 10), Some(second * 20));
        assert_eq!(holds.left("GetClients", start), None, "another operation");
        assert_eq!(holds.left("AddOrder", start + second * 30), None);
        holds.set("GetClients", second * 3600, start + second * 30);
        assert_eq!(holds.left("GetClients", start + second * 30), Some(LONGEST));
        assert_eq!(holds.0.lock().unwrap().len(), 1, "what is over is forgotten");
    }
}
