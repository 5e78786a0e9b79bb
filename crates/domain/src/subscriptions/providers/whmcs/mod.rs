//! Services as WHMCS `GetClientsProducts` shows them. The category of a product is not WHMCS's business: the caller looks
//! the product id up in the catalogue.

mod mapper;
pub mod wire;

pub use mapper::{WhmcsService, billing_cycle, service, service_status};
