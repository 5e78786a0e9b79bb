//! Messages of the live connection `/api/live`. They say that something changed, never what: the page asks the API,
//! which checks ownership again.

use crate::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};

/// Browser to server. The ticket is the first message, never part of an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    Auth { ticket: String },
    Ping,
}

/// Server to browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The ticket was accepted.
    Ready,
    /// An order or its timeline changed.
    OrderChanged {
        order_id: OrderId,
    },
    /// A service appeared or changed.
    SubscriptionsChanged,
    /// Invoices, payments or credit changed.
    InvoicesChanged,
    /// Prices or offers changed.
    CatalogChanged,
    /// The session has ended; the server closes the connection after this.
    SignedOut,
    Pong,
}

/// Reply of `POST /api/live/ticket`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveTicket {
    /// Good for one connection.
    pub ticket: String,
    pub expires_at: Timestamp,
}
