//! Whose something is, for notices that name only the thing.

use super::client::{Client, field};
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::subscriptions::providers::whmcs::wire;
use serde_json::Value;

impl Client {
    /// # Errors
    /// `NotFound`, `Unavailable`, `Denied`, `Garbled`.
    pub async fn client_of_invoice(&self, invoice_id: u64) -> Result<u64, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetInvoice");
        let reply = self.act(call, &[field("invoiceid", invoice_id)]).await.map_err(|kind| call.error(kind))?;
        owner(&reply, "userid").map_err(|kind| call.error(kind))
    }

    /// # Errors
    /// As [`Client::client_of_invoice`].
    pub async fn client_of_order(&self, order_id: u64) -> Result<u64, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetOrders");
        let reply = self.act(call, &[field("id", order_id)]).await.map_err(|kind| call.error(kind))?;
        row(&reply, ("orders", "order"), order_id)
            .and_then(|order| owner(order, "userid"))
            .map_err(|kind| call.error(kind))
    }

    /// # Errors
    /// As [`Client::client_of_invoice`].
    pub async fn client_of_service(&self, service_id: u64) -> Result<u64, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetClientsProducts");
        let reply = self.act(call, &[field("serviceid", service_id)]).await.map_err(|kind| call.error(kind))?;
        row(&reply, ("products", "product"), service_id)
            .and_then(|service| owner(service, "clientid"))
            .map_err(|kind| call.error(kind))
    }
}

/// The row of this id; others that came along are not looked at.
fn row<'v>(reply: &'v Value, (outer, inner): (&str, &str), id: u64) -> Result<&'v Value, UpstreamErrorKind> {
    let rows = wire::rows(reply, "WHMCS list", outer, inner)?;
    rows.into_iter().find(|row| row.get("id").and_then(wire::number) == Some(id)).ok_or(UpstreamErrorKind::NotFound)
}

fn owner(record: &Value, member: &str) -> Result<u64, UpstreamErrorKind> {
    Ok(wire::id(record, "WHMCS record", member)?)
}
