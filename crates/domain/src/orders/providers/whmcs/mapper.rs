use crate::ServiceId;
use crate::catalog::Cycle;
use crate::common::map_error::MapError;
use crate::subscriptions::contract::ServiceStatus;
use crate::subscriptions::providers::whmcs::{service_status, wire};
use serde_json::Value;

/// What to bill: one WHMCS order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBillingOrder {
    /// WHMCS `clientid`.
    pub client_id: u64,
    /// At least one.
    pub lines: Vec<BillingLine>,
}

/// One line, which becomes one service.
#[derive(Clone, PartialEq, Eq)]
pub struct BillingLine {
    /// WHMCS `pid`.
    pub product_id: u64,
    /// Our name for the order item; goes into `domain`, the only caller-given field that services can be searched by.
    pub marker: String,
    pub cycle: Cycle,
    /// The phone number, digits only, for a line that is a SIM plan.
    pub line_number: Option<String>,
}

impl std::fmt::Debug for BillingLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BillingLine")
            .field("product_id", &self.product_id)
            .field("marker", &self.marker)
            .field("cycle", &self.cycle)
            .field("line_number", &self.line_number.as_ref().map(|_| "•••"))
            .finish()
    }
}

/// The order that `AddOrder` made, in status Pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingOrder {
    pub order_id: u64,
    /// As many as lines, in their order as far as WHMCS keeps it; the marker of each service is the proof.
    pub service_ids: Vec<ServiceId>,
    /// `None` when nothing is to be paid.
    pub invoice_id: Option<u64>,
}

/// A service that carries our marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingHit {
    pub service_id: ServiceId,
    pub order_id: u64,
    /// WHMCS `pid`, which tells the lines of one item apart.
    pub product_id: u64,
    pub status: ServiceStatus,
}

/// Status of a WHMCS order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillingOrderStatus {
    Pending,
    /// Accepted.
    Active,
    Fraud,
    Cancelled,
    /// A status that this installation configured, or that this release does not know.
    Other,
}

/// An order as `GetOrders` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingOrderState {
    pub order_id: u64,
    /// WHMCS `userid`, which is the client.
    pub client_id: u64,
    pub status: BillingOrderStatus,
    pub invoice_id: Option<u64>,
    pub service_ids: Vec<ServiceId>,
}

/// WHMCS `billingcycle` of an order line (input form).
pub const fn cycle_name(cycle: Cycle) -> &'static str {
    match cycle {
        Cycle::Monthly => "monthly",
        Cycle::OneTime => "onetime",
    }
}

/// Reads the reply of `AddOrder`.
///
/// `serviceids` is comma-joined text (`productids` before 7.8); `invoiceid` is absent or 0 without an invoice.
///
/// # Errors
/// When the order id is missing (also the soft failure with only a `warning`), or the service ids do not number `lines`.
pub fn added_order(reply: &Value, lines: usize) -> Result<BillingOrder, MapError> {
    const WHAT: &str = "WHMCS AddOrder";
    let order_id = wire::optional_id(reply, "orderid").ok_or_else(|| MapError::missing(WHAT, "orderid"))?;
    let joined = ["serviceids", "productids"].into_iter().map(|f| wire::text(reply, f)).find(|t| !t.is_empty());
    let service_ids = joined
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse().map(ServiceId).map_err(|_| MapError::new(WHAT, "serviceids", "is not a list of numbers"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if service_ids.len() != lines {
        return Err(MapError::new(WHAT, "serviceids", "does not name one service for each line"));
    }
    Ok(BillingOrder { order_id, service_ids, invoice_id: wire::optional_id(reply, "invoiceid") })
}

/// The services of a `GetClientsProducts` page that carry the marker and belong to the client. The filter of WHMCS is not
/// trusted: both are compared again.
///
/// # Errors
/// When any row does not fit. A row that is skipped could be the one that proves the order exists.
pub fn hits(reply: &Value, client_id: u64, marker: &str) -> Result<Vec<BillingHit>, MapError> {
    const WHAT: &str = "WHMCS service";
    let mut found = Vec::new();
    for row in wire::rows(reply, WHAT, "products", "product")? {
        let owner = wire::id(row, WHAT, "clientid")?;
        if owner != client_id || !wire::text(row, "domain").trim().eq_ignore_ascii_case(marker) {
            continue;
        }
        found.push(BillingHit {
            service_id: ServiceId(wire::id(row, WHAT, "id")?),
            order_id: wire::id(row, WHAT, "orderid")?,
            product_id: wire::id(row, WHAT, "pid")?,
            status: service_status(&wire::text(row, "status")),
        });
    }
    Ok(found)
}

/// Reads the order out of a `GetOrders` reply; `None` when it is not there.
///
/// # Errors
/// When the list or the order does not fit.
pub fn order_state(reply: &Value, order_id: u64) -> Result<Option<BillingOrderState>, MapError> {
    const WHAT: &str = "WHMCS order";
    for row in wire::rows(reply, WHAT, "orders", "order")? {
        if wire::id(row, WHAT, "id")? != order_id {
            continue;
        }
        let status = match wire::text(row, "status").trim().to_ascii_lowercase().as_str() {
            "pending" => BillingOrderStatus::Pending,
            "active" => BillingOrderStatus::Active,
            "fraud" => BillingOrderStatus::Fraud,
            "cancelled" => BillingOrderStatus::Cancelled,
            _ => BillingOrderStatus::Other,
        };
        let service_ids = wire::rows(row, WHAT, "lineitems", "lineitem")?
            .into_iter()
            .filter(|item| matches!(wire::text(item, "type").to_ascii_lowercase().as_str(), "product" | "hosting" | ""))
            .map(|item| wire::id(item, WHAT, "relid").map(ServiceId))
            .collect::<Result<Vec<_>, _>>()?;
        return Ok(Some(BillingOrderState {
            order_id,
            client_id: wire::id(row, WHAT, "userid")?,
            status,
            invoice_id: wire::optional_id(row, "invoiceid"),
            service_ids,
        }));
    }
    Ok(None)
}

/// The id of the custom field `name` of product `product_id` in a `GetProducts` reply.
///
/// # Errors
/// When the list does not fit.
pub fn line_field_id(reply: &Value, product_id: u64, name: &str) -> Result<Option<u64>, MapError> {
    const WHAT: &str = "WHMCS product";
    for row in wire::rows(reply, WHAT, "products", "product")? {
        if wire::id(row, WHAT, "pid")? != product_id {
            continue;
        }
        let fields = wire::rows(row, WHAT, "customfields", "customfield")?;
        let field = fields.into_iter().find(|f| wire::field_name(&wire::text(f, "name")).eq_ignore_ascii_case(name));
        return field.map(|f| wire::id(f, WHAT, "id")).transpose();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_added_order_is_read_in_every_spelling() {
        let new = json!({"result": "success", "orderid": "12", "serviceids": "41,42", "addonids": "", "domainids": "", "invoiceid": "77"});
        let order = added_order(&new, 2).unwrap();
        assert_eq!((order.order_id, order.invoice_id), (12, Some(77)));
        assert_eq!(order.service_ids, [ServiceId(41), ServiceId(42)]);
        let old = json!({"result": "success", "orderid": 12, "productids": "41", "invoiceid": 0});
        assert_eq!(
            added_order(&old, 1).unwrap(),
            BillingOrder { order_id: 12, service_ids: vec![ServiceId(41)], invoice_id: None }
        );
        assert_eq!(added_order(&json!({"orderid": 12, "serviceids": 41}), 1).unwrap().service_ids, [ServiceId(41)]);
    }

    #[test]
    fn a_warning_without_an_order_is_no_order() {
        assert_eq!(
            added_order(&json!({"result": "success", "warning": "Card declined"}), 1).unwrap_err().field,
            "orderid"
        );
        assert_eq!(added_order(&json!({"orderid": "12", "serviceids": "41"}), 2).unwrap_err().field, "serviceids");
        assert_eq!(added_order(&json!({"orderid": "12", "serviceids": "41;42"}), 1).unwrap_err().field, "serviceids");
    }

    #[test]
    fn a_hit_carries_the_marker_and_belongs_to_the_client() {
        let row = |id: u64, client: u64, domain: &str| json!({"id": id.to_string(), "clientid": client, "orderid": "12", "pid": 3, "domain": domain, "status": "Pending"});
        let reply = json!({"products": {"product": [
            row(1, 7, "sfo-00001234-1"), row(2, 7, "sfo-00001234-10"), row(3, 8, "sfo-00001234-1"), row(4, 7, "SFO-00001234-1"),
        ]}});
        let ids: Vec<u64> = hits(&reply, 7, "sfo-00001234-1").unwrap().iter().map(|h| h.service_id.0).collect();
        assert_eq!(ids, [1, 4]);
        let broken = json!({"products": {"product": [{"id": 1, "domain": "sfo-00001234-1"}]}});
        assert!(hits(&broken, 7, "sfo-00001234-1").is_err());
    }

    #[test]
    fn an_order_is_found_with_its_services() {
        let reply = json!({"totalresults": 1, "orders": {"order": {"id": "12", "ordernum": 9876543210_u64, "userid": "7", "status": "Pending", "invoiceid": "0",
            "nameservers": "", "lineitems": {"lineitem": [{"type": "product", "relid": "41"}, {"type": "addon", "relid": 5}]}}}});
        let order = order_state(&reply, 12).unwrap().unwrap();
        assert_eq!((order.client_id, order.status, order.invoice_id), (7, BillingOrderStatus::Pending, None));
        assert_eq!(order.service_ids, [ServiceId(41)]);
        assert_eq!(order_state(&reply, 13).unwrap(), None);
        assert_eq!(order_state(&json!({"orders": ""}), 12).unwrap(), None);
    }

    #[test]
    fn the_number_field_differs_by_product() {
        let reply = json!({"products": {"product": [
            {"pid": 3, "customfields": {"customfield": [{"id": "21", "name": "SIM Type"}, {"id": "22", "name": "MSISDN|Phone number"}]}},
            {"pid": 4, "customfields": ""},
        ]}});
        assert_eq!(line_field_id(&reply, 3, "MSISDN"), Ok(Some(22)));
        assert_eq!(line_field_id(&reply, 4, "MSISDN"), Ok(None));
        assert_eq!(line_field_id(&reply, 5, "MSISDN"), Ok(None));
    }
}
