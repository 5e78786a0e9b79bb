//! What other systems tell us unasked, as far as it changes something that a customer sees. It says *that* something
//! changed, never what: the truth is asked for afterwards. Knows no signatures and no addresses.

pub mod providers;

use serde::{Deserialize, Serialize};

/// Something in billing changed. A stored format: it travels in jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BillingNotice {
    pub subject: BillingSubject,
    pub change: BillingChange,
}

/// Whose it is, as far as the notice says. The nearest to the client that it named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingSubject {
    Client(u64),
    Invoice(u64),
    Order(u64),
    Service(u64),
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingChange {
    Invoice,
    /// Money came or went.
    Payment,
    Order,
    Service,
    CancellationRequested,
    Client,
}

impl BillingChange {
    /// Whether lists of invoices, balances and payments may be out of date.
    pub const fn touches_invoices(self) -> bool {
        match self {
            Self::Invoice | Self::Payment | Self::Order | Self::Client => true,
            Self::Service | Self::CancellationRequested => false,
        }
    }

    /// Whether services may be out of date. A payment lifts suspensions and moves due dates.
    pub const fn touches_services(self) -> bool {
        match self {
            Self::Payment | Self::Order | Self::Service | Self::CancellationRequested => true,
            Self::Invoice | Self::Client => false,
        }
    }
}
