//! When calls were sent, by a clock that nobody can set. On SQLite the database's time is the machine's: set forward in the
//! middle of a call without an answer, it would end the settle time early, and the look-up would miss what is still being
//! carried out. Knows only this process: after a restart, the record with the database's time is all there is.

use domain::OrderId;
use domain::orders::fulfilment::PlannedStep;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Sent(Arc<Mutex<HashMap<(OrderId, PlannedStep), Instant>>>);

impl Sent {
    /// A call is about to be sent. Forgets those whose settle time is over.
    pub fn note(&self, order: OrderId, step: PlannedStep, at: Instant, settle: Duration) {
        // Nothing panics while it holds the lock.
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, at| at.elapsed() < settle);
        sent.insert((order, step), at);
    }

    /// What is left of the settle time; `None` when it is over, or another process sent the call.
    pub fn left(&self, order: OrderId, step: PlannedStep, settle: Duration) -> Option<Duration> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = settle.checked_sub(sent.get(&(order, step))?.elapsed())?;
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::orders::fulfilment::Step;

    #[test]
    fn a_call_is_remembered_for_its_settle_time() {
        let (sent, settle) = (Sent::default(), Duration::from_secs(120));
        let order = OrderId(uuid::Uuid::from_u128(1));
        let step = |item| PlannedStep { step: Step::OpenLine, item };
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        assert_eq!(sent.left(order, step(1), settle), None, "another process sent it");
        sent.note(order, step(1), ago(100), settle);
        let left = sent.left(order, step(1), settle).unwrap();
        assert!(left <= Duration::from_secs(20) && left > Duration::from_secs(15), "{left:?}");
        assert_eq!(sent.left(order, step(2), settle), None);
        sent.note(order, step(2), ago(121), settle);
        assert_eq!(sent.left(order, step(2), settle), None, "over");
        sent.note(order, step(3), ago(0), settle);
        assert_eq!(sent.0.lock().unwrap().len(), 2, "what is over is forgotten");
        sent.note(order, step(1), ago(0), settle);
        assert!(sent.left(order, step(1), settle).unwrap() > Duration::from_secs(100), "sent again");
    }
}
