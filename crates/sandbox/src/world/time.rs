//! The clock of the world, which tests and people at the console set, and what happens when time passes.
//!
//! It does not say how the systems write a time: `crate::clock` does.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::World;
use super::store::{Store, StoreError};
use crate::clock::{DAY_MS, Date, salesforce_datetime};
use crate::{freebit, pubsub};

const TABLE: &str = "clock";
const ROW: &str = "setting";
/// How far one move may go, so that what happens day by day can be done for each of them: two years.
const LONGEST_MOVE_MS: i64 = 731 * DAY_MS;
/// Years that all three systems can write.
const FIRST_YEAR: i64 = 2_000;
const LAST_YEAR: i64 = 2_199;
/// How often a running sandbox looks whether something fell due while nobody asked.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The machine's time, milliseconds since the Unix epoch. Everything in the imitated systems reads [`Clock`] instead,
/// but for assertions that the caller's own machine dates.
pub(crate) fn real_now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Setting {
    /// Milliseconds ahead of the machine's time; negative behind it.
    offset_ms: i64,
    /// Where it stands still, milliseconds since the Unix epoch.
    stands_at_ms: Option<i64>,
}

impl Setting {
    fn now_ms(self) -> i64 {
        self.stands_at_ms.unwrap_or_else(|| real_now_ms().saturating_add(self.offset_ms))
    }

    /// The same clock showing another instant.
    fn showing(self, at_ms: i64) -> Self {
        match self.stands_at_ms {
            Some(_) => Self { stands_at_ms: Some(at_ms), ..self },
            None => Self { offset_ms: at_ms.saturating_sub(real_now_ms()), ..self },
        }
    }
}

/// A handle on the world's clock, which others read too: all copies show the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<RwLock<Setting>>);

impl Clock {
    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.setting().now_ms()
    }

    fn setting(&self) -> Setting {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, setting: Setting) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = setting;
    }

    /// Takes the setting that a kept world has.
    pub(super) fn restore(&self, store: &Store) {
        if let Some(setting) = store.read(TABLE, ROW) {
            self.set(setting);
        }
    }
}

/// What a move of the clock asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockMove {
    /// To an instant, milliseconds since the Unix epoch.
    To(i64),
    /// Ahead by milliseconds; negative: back.
    By(i64),
    /// Holds it where it is.
    Freeze,
    /// Lets it go on from where it stands.
    Thaw,
    /// Back to the machine's time, running.
    Reset,
}

/// What the clock shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockState {
    /// `2026-01-31T01:00:00.000Z`
    pub now: String,
    /// The same as milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The same in Japan: `2026-01-31 10:00:00`.
    pub japan: String,
    /// Milliseconds ahead of the machine's time.
    pub offset_ms: i64,
    /// Whether it stands still.
    pub frozen: bool,
}

impl World {
    /// The world's clock; it stays the same over resets.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// Milliseconds since the Unix epoch, by the world's clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// What the clock shows.
    #[must_use]
    pub fn clock_state(&self) -> ClockState {
        let setting = self.inner.clock.setting();
        let now_ms = setting.now_ms();
        ClockState {
            now: salesforce_datetime(now_ms).replace("+0000", "Z"),
            now_ms,
            japan: crate::clock::japan_datetime(now_ms),
            offset_ms: now_ms.saturating_sub(real_now_ms()),
            frozen: setting.stands_at_ms.is_some(),
        }
    }

    /// Moves the clock, keeps where it stands, and does what falls due on the way. Moving back undoes nothing.
    ///
    /// # Errors
    /// A text for people when the move is too far or could not be kept.
    pub fn move_clock(&self, to: ClockMove) -> Result<ClockState, String> {
        let before = self.inner.clock.setting();
        let now = before.now_ms();
        let after = match to {
            ClockMove::To(at_ms) => before.showing(at_ms),
            ClockMove::By(ms) => before.showing(now.saturating_add(ms)),
            ClockMove::Freeze => Setting { stands_at_ms: Some(now), ..before },
            ClockMove::Thaw => Setting { stands_at_ms: None, offset_ms: now.saturating_sub(real_now_ms()) },
            ClockMove::Reset => Setting::default(),
        };
        let reached = after.now_ms();
        if reached.saturating_sub(now) > LONGEST_MOVE_MS {
            return Err("one move goes at most two years ahead".to_owned());
        }
        if !(FIRST_YEAR..=LAST_YEAR).contains(&Date::japan(reached).year) {
            return Err(format!("the clock shows the years {FIRST_YEAR} to {LAST_YEAR}"));
        }
        self.write(|txn| -> Result<(), StoreError> {
            txn.put(TABLE, ROW, &after);
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        self.inner.clock.set(after);
        self.time_moved();
        Ok(self.clock_state())
    }

    /// As [`World::move_clock`] ahead, for tests that have a duration at hand.
    ///
    /// # Errors
    /// As [`World::move_clock`].
    pub fn advance_clock(&self, by: Duration) -> Result<ClockState, String> {
        self.move_clock(ClockMove::By(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Does what depends on time and has fallen due: each system walks the time since it last looked by itself.
    /// Whatever else waits for a time is registered here.
    pub(crate) fn time_moved(&self) {
        freebit::settle(self);
        let days = self.run_whmcs_days();
        if days > 0 {
            tracing::info!(days, "WHMCS: daily work done");
        }
        let now = self.now_ms();
        let expired = self.write(|txn| -> Result<(), StoreError> {
            pubsub::log::expire(txn, now);
            Ok(())
        });
        if let Err(error) = expired {
            tracing::error!(%error, "old events not dropped");
        }
        // Open streams look whether their session has ended.
        self.inner.changed.send_modify(|version| *version += 1);
    }
}

/// Does what falls due while the sandbox is up and nobody asks, until it stops.
pub(crate) fn keep_looking(world: World) -> tokio::task::JoinHandle<()> {
    let mut stop = world.watch_stop();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                _ = tick.tick() => world.time_moved(),
                _ = stop.wait_for(|stopping| *stopping) => return,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_told_to() {
        let setting = Setting { offset_ms: 0, stands_at_ms: Some(1_000) };
        assert_eq!(setting.now_ms(), 1_000);
        assert_eq!(setting.showing(5_000).now_ms(), 5_000);
    }

    #[test]
    fn a_running_clock_keeps_its_distance_from_the_machines() {
        let ahead = Setting::default().showing(real_now_ms() + DAY_MS);
        let distance = ahead.now_ms() - real_now_ms();
        assert!((DAY_MS - 1_000..=DAY_MS + 1_000).contains(&distance), "{distance}");
    }
}
