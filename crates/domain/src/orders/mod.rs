//! Orders: what is asked for, what it costs, where it stands, and how it is fulfilled. No tables, no calls.

pub mod contract;
pub mod fulfilment;
pub mod port_in;
pub mod pricing;
pub mod providers;
pub mod schema;
pub mod state;
pub mod timeline;

pub use contract::{Milestone, OrderDetail, OrderSummary, TimelineEntry};
pub use port_in::PortIn;
pub use pricing::{Quote, QuoteLine, Totals};
pub use schema::{NewOrder, NewOrderItem, SimChoice};
pub use state::Stage;
