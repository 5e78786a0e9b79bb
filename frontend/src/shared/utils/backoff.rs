//! Growing pauses between tries.

/// Pauses from `first_ms`, growing by half each time up to `most_ms`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    next_ms: u32,
    first_ms: u32,
    most_ms: u32,
}

impl Backoff {
    pub const fn new(first_ms: u32, most_ms: u32) -> Self {
        Self { next_ms: first_ms, first_ms, most_ms }
    }

    /// The next pause in milliseconds. `dice` from 0 to 1 takes off up to a third, so that many browsers do not come back
    /// at the same moment.
    pub fn pause_ms(&mut self, dice: f64) -> u32 {
        let pause = self.next_ms;
        self.next_ms = pause.saturating_add(pause / 2).min(self.most_ms);
        let off = f64::from(pause) / 3.0 * dice.clamp(0.0, 1.0);
        pause - off as u32
    }

    /// After a success.
    pub fn reset(&mut self) {
        self.next_ms = self.first_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_limit_and_start_again() {
        let mut backoff = Backoff::new(1_000, 5_000);
        let pauses: Vec<u32> = (0..6).map(|_| backoff.pause_ms(0.0)).collect();
        assert_eq!(pauses, [1_000, 1_500, 2_250, 3_375, 5_000, 5_000]);
        backoff.reset();
        assert_eq!(backoff.pause_ms(0.0), 1_000);
    }

    #[test]
    fn jitter_only_shortens_and_never_more_than_a_third() {
        for dice in [-1.0, 0.0, 0.3, 1.0, 7.0] {
            let pause = Backoff::new(3_000, 12_000).pause_ms(dice);
            assert!((2_000..=3_000).contains(&pause), "{dice}: {pause}");
        }
    }
}
