//! Counts open connections, so that one customer cannot take them all.

use domain::{CustomerId, SessionId};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most connections of one customer to this process.
pub(crate) const PER_CUSTOMER: u32 = 10;

/// Cheap to clone; all clones count together.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    customers: HashMap<CustomerId, u32>,
    sessions: HashMap<SessionId, u32>,
}

/// One open connection; gives its place back when dropped.
pub(crate) struct Place {
    connections: Connections,
    customer: CustomerId,
    session: SessionId,
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Numbers stay whole whatever panicked meanwhile.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when the customer has as many as allowed.
    pub(crate) fn enter(&self, customer: CustomerId, session: SessionId) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.customers.entry(customer).or_default();
        if *count >= PER_CUSTOMER {
            return None;
        }
        *count += 1;
        *counts.sessions.entry(session).or_default() += 1;
        metrics::gauge!("live_connections").increment(1.0);
        Some(Place { connections: self.clone(), customer, session })
    }

    /// Sessions with an open connection.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        self.counts().sessions.keys().copied().collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.connections.counts();
        leave(&mut counts.customers, &self.customer);
        leave(&mut counts.sessions, &self.session);
        metrics::gauge!("live_connections").decrement(1.0);
    }
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back() {
        let connections = Connections::new();
        let customer = |n| CustomerId(uuid::Uuid::from_u128(n));
        let session = |n| SessionId(uuid::Uuid::from_u128(n));
        let mut open: Vec<_> = (0..PER_CUSTOMER).filter_map(|_| connections.enter(customer(1), session(1))).collect();
        assert_eq!(open.len(), 10);
        assert!(connections.enter(customer(1), session(1)).is_none());
        assert!(connections.enter(customer(2), session(2)).is_some());
        open.pop();
        assert!(connections.enter(customer(1), session(1)).is_some());
        drop(open);
        assert!(connections.counts().customers.is_empty() && connections.sessions().is_empty());
    }
}
