//! When to stop asking a system that does not answer: a circuit breaker. The rules are a pure state machine that is told
//! the time; [`Breaker`] shares it between tasks.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row open the breaker.
const IN_A_ROW: u32 = 5;
/// Outcomes that are remembered for the ratio.
const WINDOW: usize = 20;
/// So many of the remembered outcomes must be failures to open it, however they are spread.
const IN_WINDOW: usize = 12;
/// First pause; doubled after each failed probe.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Short enough that calls go on within ten seconds of a recovery, however long the system was away.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// What callers are told while a probe is under way.
const PROBE_WAIT: Duration = Duration::from_secs(1);

/// The form in metrics: 0 closed, 1 half-open, 2 open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Closed,
    HalfOpen,
    Open,
}

impl Position {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
    pub const fn number(self) -> f64 {
        match self {
            Self::Closed => 0.0,
            Self::HalfOpen => 1.0,
            Self::Open => 2.0,
        }
    }
}

/// The time between two changes of state. A call names the one in which it began, so that an answer which comes late does
/// not speak about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period(u64);

#[derive(Debug)]
enum State {
    Closed {
        failures_in_a_row: u32,
        outcomes: VecDeque<bool>,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// One probe is under way.
    HalfOpen {
        pause: Duration,
    },
}

#[derive(Debug)]
struct Machine {
    state: State,
    /// Raised at every change of state.
    period: Period,
}

impl Machine {
    const fn position(&self) -> Position {
        match self.state {
            State::Closed { .. } => Position::Closed,
            State::Open { .. } => Position::Open,
            State::HalfOpen { .. } => Position::HalfOpen,
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.period.0 += 1;
    }

    /// Leave for a call, or how long to wait. After the pause one call is let through to find out.
    fn admit(&mut self, now: Instant) -> Result<Period, Duration> {
        match self.state {
            State::Closed { .. } => {}
            State::Open { until, .. } if now < until => return Err(until - now),
            State::HalfOpen { .. } => return Err(PROBE_WAIT),
            State::Open { pause, .. } => self.enter(State::HalfOpen { pause }),
        }
        Ok(self.period)
    }

    /// A call ended without an outcome, because its caller went away. Says nothing, but leaves the door to another probe.
    fn abandon(&mut self, period: Period, now: Instant) {
        if let State::HalfOpen { pause } = self.state
            && period == self.period
        {
            self.enter(State::Open { until: now, pause });
        }
    }

    fn record(&mut self, period: Period, answered: bool, now: Instant) {
        if period != self.period {
            return;
        }
        match &mut self.state {
            State::Closed { failures_in_a_row, outcomes } => {
                *failures_in_a_row = if answered { 0 } else { *failures_in_a_row + 1 };
                if outcomes.len() == WINDOW {
                    outcomes.pop_front();
                }
                outcomes.push_back(answered);
                let failed = outcomes.iter().filter(|answered| !**answered).count();
                if *failures_in_a_row >= IN_A_ROW || failed >= IN_WINDOW {
                    self.enter(State::Open { until: now + FIRST_PAUSE, pause: FIRST_PAUSE });
                }
            }
            State::HalfOpen { .. } if answered => {
                self.enter(State::Closed { failures_in_a_row: 0, outcomes: VecDeque::new() });
            }
            State::HalfOpen { pause } => {
                let pause = (*pause * 2).min(LONGEST_PAUSE);
                self.enter(State::Open { until: now + pause, pause });
            }
            // A call of this period cannot exist: none is let through while open.
            State::Open { .. } => {}
        }
    }
}

/// Shared between the tasks that call one system.
#[derive(Debug)]
pub(crate) struct Breaker {
    machine: Mutex<Machine>,
    /// Told every change, in order.
    announce: fn(&'static str, Position),
    system: &'static str,
}

/// Leave to make one call, to be given back with its outcome. Dropped without one, it only makes room for another.
#[derive(Debug)]
pub(crate) struct Pass<'b> {
    breaker: &'b Breaker,
    period: Option<Period>,
}

impl Breaker {
    pub const fn new(system: &'static str, announce: fn(&'static str, Position)) -> Self {
        let state = State::Closed { failures_in_a_row: 0, outcomes: VecDeque::new() };
        Self { machine: Mutex::new(Machine { state, period: Period(0) }), announce, system }
    }

    /// How it stands.
    pub fn position(&self) -> Position {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner).position()
    }

    /// # Errors
    /// How long to wait before asking again, while the breaker is not closed.
    pub fn admit(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        self.change(|machine| machine.admit(now)).map(|period| Pass { breaker: self, period: Some(period) })
    }

    fn change<T>(&self, change: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let before = machine.period;
        let result = change(&mut machine);
        if machine.period != before {
            (self.announce)(self.system, machine.position());
        }
        result
    }
}

impl Pass<'_> {
    /// The call ended; `answered` says whether the system is there.
    pub fn record(mut self, answered: bool, now: Instant) {
        if let Some(period) = self.period.take() {
            self.breaker.change(|machine| machine.record(period, answered, now));
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(period) = self.period.take() {
            self.breaker.change(|machine| machine.abandon(period, Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Machine {
        fn new() -> Self {
            Self { state: State::Closed { failures_in_a_row: 0, outcomes: VecDeque::new() }, period: Period(0) }
        }
    }

    #[test]
    fn every_change_is_announced_also_when_a_caller_goes_away() {
        static SEEN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
        let breaker = Breaker::new("test", |_, position| SEEN.lock().unwrap().push(position.name()));
        let start = Instant::now();
        for _ in 0..IN_A_ROW {
            breaker.admit(start).unwrap().record(false, start);
        }
        drop(breaker.admit(start + FIRST_PAUSE).unwrap());
        breaker.admit(start + FIRST_PAUSE).unwrap().record(true, start + FIRST_PAUSE);
        assert_eq!(*SEEN.lock().unwrap(), ["open", "half_open", "open", "half_open", "closed"]);
    }

    fn opened(at: Instant) -> Machine {
        let mut machine = Machine::new();
        for _ in 0..IN_A_ROW {
            let pass = machine.admit(at).unwrap();
            machine.record(pass, false, at);
        }
        machine
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_probe_closes_it() {
        let start = Instant::now();
        let mut machine = opened(start);
        assert_eq!(machine.admit(start), Err(FIRST_PAUSE));
        let later = start + FIRST_PAUSE;
        let probe = machine.admit(later).unwrap();
        assert!(machine.admit(later).is_err(), "one probe at a time");
        machine.record(probe, true, later);
        assert_eq!(machine.position(), Position::Closed);
        assert!(machine.admit(later).is_ok());
    }

    #[test]
    fn pauses_grow_to_their_limit() {
        let mut now = Instant::now();
        let mut machine = opened(now);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let Err(pause) = machine.admit(now) else { panic!("is not open") };
            pauses.push(pause.as_secs());
            now += pause;
            let probe = machine.admit(now).unwrap();
            machine.record(probe, false, now);
        }
        assert_eq!(pauses, [2, 4, 8, 8, 8, 8]);
    }

    #[test]
    fn failures_spread_among_answers_open_it_too() {
        let now = Instant::now();
        let mut machine = Machine::new();
        for turn in 0.. {
            let Ok(pass) = machine.admit(now) else { break };
            // Two of three fail: never five in a row.
            machine.record(pass, turn % 3 == 0, now);
            assert!(turn < 40, "stays closed");
        }
        assert_eq!(machine.position(), Position::Open);
    }

    #[test]
    fn a_probe_that_never_reports_does_not_close_the_door_for_ever() {
        let start = Instant::now();
        let mut machine = opened(start);
        let later = start + FIRST_PAUSE;
        let probe = machine.admit(later).unwrap();
        assert_eq!(machine.admit(later), Err(PROBE_WAIT));
        machine.abandon(probe, later);
        assert!(machine.admit(later).is_ok(), "the next call is the probe");
    }

    #[test]
    fn a_late_answer_says_nothing_about_another_period() {
        let start = Instant::now();
        let mut machine = Machine::new();
        let slow = machine.admit(start).unwrap();
        let mut machine = {
            for _ in 0..IN_A_ROW {
                let pass = machine.admit(start).unwrap();
                machine.record(pass, false, start);
            }
            machine
        };
        machine.record(slow, true, start);
        assert_eq!(machine.position(), Position::Open);
    }

    proptest! {
        /// Whatever happens in whatever order: no call while open, at most one probe, and it always opens again for a probe.
        #[test]
        fn the_rules_hold_for_every_history(events in prop::collection::vec((0_u64..5_000, any::<bool>(), any::<Option<bool>>()), 1..200)) {
            let mut now = Instant::now();
            let mut machine = Machine::new();
            let mut under_way: Vec<Period> = Vec::new();
            for (elapsed_ms, ask, answered) in events {
                now += Duration::from_millis(elapsed_ms);
                let before = machine.position();
                if ask || under_way.is_empty() {
                    match machine.admit(now) {
                        Ok(pass) => {
                            prop_assert_ne!(machine.position(), Position::Open);
                            if machine.position() == Position::HalfOpen {
                                prop_assert!(!under_way.contains(&pass), "two probes in one period");
                            }
                            under_way.push(pass);
                        }
                        Err(wait) => {
                            prop_assert_ne!(before, Position::Closed);
                            prop_assert!(wait <= LONGEST_PAUSE);
                        }
                    }
                } else {
                    let pass = under_way.remove(0);
                    match answered {
                        Some(answered) => machine.record(pass, answered, now),
                        None => machine.abandon(pass, now),
                    }
                }
            }
            for pass in under_way {
                machine.abandon(pass, now);
            }
            now += LONGEST_PAUSE;
            prop_assert!(machine.admit(now).is_ok());
        }
    }
}
