//! Whose rows. Store functions that touch what belongs to a customer take one of these types, never a bare id: an id can
//! come from an address or a body, these cannot. A test lists every place that makes one.

use domain::{CustomerId, UserId};

/// The customer whose rows are read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(CustomerId);

/// A signed-in person who acts for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    person: UserId,
    owner: Owner,
}

impl Owner {
    /// For work of the system about this customer: a run, a sign-up. Never for a request of somebody who is signed in.
    pub const fn for_system(customer: CustomerId) -> Self {
        Self(customer)
    }

    pub const fn customer_id(self) -> CustomerId {
        self.0
    }
}

impl Member {
    /// The person and customer that a valid access token names. Only the extractor of the API has checked one.
    pub const fn authenticated(person: UserId, customer: CustomerId) -> Self {
        Self { person, owner: Owner(customer) }
    }

    pub const fn person_id(self) -> UserId {
        self.person
    }

    pub const fn owner(self) -> Owner {
        self.owner
    }
}
