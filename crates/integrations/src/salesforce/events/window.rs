//! How many events Salesforce owes us: our own count beside the one that it reports.

use std::time::Duration;

/// Salesforce counts at most this many.
pub(super) const MOST: u32 = 100;
/// After this long a request of ours has surely been counted, so their number is the newer one.
const SETTLED: Duration = Duration::from_secs(5);

/// What a response did to the count that the contract does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breach {
    /// More events than were asked for.
    MoreEvents,
    /// It says that it owes more than was asked for.
    MorePending,
}

impl Breach {
    pub const fn label(self) -> &'static str {
        match self {
            Self::MoreEvents => "more_events",
            Self::MorePending => "more_pending",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Window {
    /// 1 to [`MOST`]: how many we like to have outstanding.
    size: u32,
    owed: u32,
    /// The part of `owed` that was asked for after the state which the last response shows.
    unseen: u32,
}

impl Window {
    pub fn new(size: u8) -> Self {
        Self { size: u32::from(size).clamp(1, MOST), owed: 0, unseen: 0 }
    }

    /// The window of a new stream, which owes nothing yet.
    pub const fn emptied(&self) -> Self {
        Self { size: self.size, owed: 0, unseen: 0 }
    }

    pub const fn owed(&self) -> u32 {
        self.owed
    }

    /// How many of `wanted` may be asked for. Counts them as asked.
    pub fn ask(&mut self, wanted: u32) -> u32 {
        let count = wanted.min(MOST.saturating_sub(self.owed));
        self.owed += count;
        self.unseen += count;
        count
    }

    /// How many to ask for now: nothing above the low-water mark (half the window), all that is missing below it.
    pub const fn refill(&self) -> u32 {
        if self.owed > self.size / 2 { 0 } else { self.size.saturating_sub(self.owed) }
    }

    /// A response with so many events, which says that `pending` remain, `since_asked` after our last request.
    pub fn received(&mut self, events: u32, pending: i32, since_asked: Duration) -> Option<Breach> {
        let expected = self.owed.checked_sub(events);
        let owed = expected.unwrap_or(0);
        let pending = u32::try_from(pending).unwrap_or(0);
        // A request that is under way makes their number too small, never too large.
        let unseen = if since_asked >= SETTLED { 0 } else { self.unseen };
        self.owed = owed.min(pending.saturating_add(unseen));
        self.unseen = self.owed.saturating_sub(pending);
        match expected {
            None => Some(Breach::MoreEvents),
            Some(expected) if pending > expected => Some(Breach::MorePending),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOON: Duration = Duration::ZERO;

    #[test]
    fn it_asks_again_at_the_low_water_mark_and_never_above_a_hundred() {
        let mut window = Window::new(100);
        assert_eq!((window.refill(), window.ask(100), window.ask(50)), (100, 100, 0));
        assert_eq!(window.received(49, 51, SOON), None);
        assert_eq!(window.refill(), 0, "51 outstanding");
        assert_eq!(window.received(1, 50, SOON), None);
        assert_eq!((window.refill(), window.ask(80), window.owed()), (50, 50, 100));
    }

    #[test]
    fn a_request_under_way_explains_a_smaller_number_but_not_for_ever() {
        let mut window = Window::new(10);
        window.ask(10);
        window.received(5, 5, SOON);
        window.ask(5);
        assert_eq!(window.received(5, 0, SOON), None, "the second request was not counted yet");
        assert_eq!(window.owed(), 5);
        assert_eq!(window.received(0, 0, SETTLED), None);
        assert_eq!((window.owed(), window.refill()), (0, 10), "they have forgotten it");
    }

    #[test]
    fn more_than_asked_for_is_named() {
        let mut window = Window::new(2);
        window.ask(2);
        assert_eq!(window.received(5, 0, SOON), Some(Breach::MoreEvents));
        assert_eq!((window.owed(), window.refill()), (0, 2));
        window.ask(2);
        assert_eq!(window.received(0, 90, SOON), Some(Breach::MorePending));
        assert_eq!(window.owed(), 2);
        assert_eq!(window.received(0, -3, SETTLED), None);
        assert_eq!(window.owed(), 0);
    }

    proptest! {
        /// Against a server that follows the contract, with requests that arrive late.
        #[test]
        fn the_count_never_passes_a_hundred_and_never_starves(
            size in 1_u8..=255, steps in proptest::collection::vec((any::<bool>(), 0_u32..=100), 1..200)
        ) {
            let mut window = Window::new(size);
            let (mut theirs, mut travelling) = (0, window.ask(u32::from(size)));
            for (arrives, deliver) in steps {
                if arrives {
                    theirs += std::mem::take(&mut travelling);
                }
                let events = deliver.min(theirs);
                theirs -= events;
                prop_assert_eq!(window.received(events, i32::try_from(theirs).unwrap(), SOON), None);
                travelling += window.ask(window.refill());
                prop_assert!(theirs + travelling <= MOST);
                prop_assert_eq!(window.owed(), theirs + travelling);
                prop_assert!(window.owed() > 0);
            }
        }
    }
}
