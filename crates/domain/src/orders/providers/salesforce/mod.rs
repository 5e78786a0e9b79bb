//! Orders as Salesforce keeps them, and the event that asks for provisioning.

mod event;
mod mapper;
mod raw;

pub use event::{ProvisionRequested, provision_requested};
pub use mapper::{
    CrmOrder, CrmOrderItem, CrmOrderState, CrmPortIn, FulfilledItem, FulfilmentReport, NewCrmOrder, NewCrmOrderLine,
    OrderStatuses, fulfilled_item_fields, fulfilled_order_fields, new_order_fields, new_order_item_fields,
    normalise_id, order,
};
pub use raw::{RawOrder, RawOrderItem, RawPage};
