//! Billing orders as WHMCS makes and shows them.

mod mapper;

pub use mapper::{
    BillingHit, BillingLine, BillingOrder, BillingOrderState, BillingOrderStatus, NewBillingOrder, added_order,
    cycle_name, hits, line_field_id, order_state,
};
