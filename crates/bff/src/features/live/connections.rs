//! Counts open connections, so that one customer cannot take them all.

use domain::CustomerId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most connections of one customer to this process.
pub(crate) const PER_CUSTOMER: u32 = 10;

/// Cheap to clone; all clones count together.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Mutex<HashMap<CustomerId, u32>>>);

/// One open connection; gives its place back when dropped.
pub(crate) struct Place {
    connections: Connections,
    customer: CustomerId,
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<CustomerId, u32>> {
        // Numbers stay whole whatever panicked meanwhile.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when the customer has as many as allowed.
    pub(crate) fn enter(&self, customer: CustomerId) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(customer).or_default();
        if *count >= PER_CUSTOMER {
            return None;
        }
        *count += 1;
        metrics::gauge!("live_connections").increment(1.0);
        Some(Place { connections: self.clone(), customer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.connections.counts();
        if let Some(count) = counts.get_mut(&self.customer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.customer);
            }
        }
        metrics::gauge!("live_connections").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back() {
        let connections = Connections::new();
        let customer = |n| CustomerId(uuid::Uuid::from_u128(n));
        let mut open: Vec<_> = (0..PER_CUSTOMER).filter_map(|_| connections.enter(customer(1))).collect();
        assert_eq!(open.len(), 10);
        assert!(connections.enter(customer(1)).is_none());
        assert!(connections.enter(customer(2)).is_some());
        open.pop();
        assert!(connections.enter(customer(1)).is_some());
        drop(open);
        assert!(connections.counts().is_empty());
    }
}
