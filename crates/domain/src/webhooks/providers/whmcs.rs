//! The envelope that our hook file for WHMCS sends (`contrib/whmcs`; the envelope is ours, the variables are WHMCS' own),
//! and what its events mean. The hooks of WHMCS name the same id differently and `userid` is the client in all that we use.

use crate::common::map_error::MapError;
use crate::subscriptions::providers::whmcs::wire;
use crate::webhooks::{BillingChange, BillingNotice, BillingSubject};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

const WHAT: &str = "WHMCS webhook";
/// Longest hook name that is kept; the longest of WHMCS has 40 characters.
const LONGEST_NAME: usize = 80;

/// One delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Name of the hook, such as `InvoicePaid`.
    pub event: String,
    /// Unique for each delivery; a repeat has the same.
    pub event_id: Uuid,
    /// `None` for an event that changes nothing here.
    pub notice: Option<BillingNotice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    event: String,
    event_id: Uuid,
    #[serde(default)]
    data: Map<String, Value>,
}

/// Reads a body whose signature was accepted.
///
/// # Errors
/// When it is not an envelope, or an event that we use lacks every id that it should have.
pub fn delivery(body: &[u8]) -> Result<Delivery, MapError> {
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|_| MapError::new(WHAT, "body", "is not an envelope"))?;
    if envelope.event.is_empty() || envelope.event.len() > LONGEST_NAME {
        return Err(MapError::new(WHAT, "event", "is not the name of a hook"));
    }
    let notice = notice(&envelope.event, &envelope.data)?;
    Ok(Delivery { event: envelope.event, event_id: envelope.event_id, notice })
}

fn notice(event: &str, data: &Map<String, Value>) -> Result<Option<BillingNotice>, MapError> {
    use BillingChange as Change;
    const INVOICE: &[&str] = &["invoiceid", "invoiceId", "InvoiceID"];
    const ORDER: &[&str] = &["orderid", "orderId", "OrderID"];
    const CLIENT: &[&str] = &["userid", "userId", "clientId", "client_id"];
    const SERVICE: &[&str] = &["serviceid", "relid"];
    let id = |names: &[&str]| names.iter().find_map(|name| data.get(*name).and_then(wire::number)).filter(|id| *id > 0);
    let client = || id(CLIENT).map(BillingSubject::Client);
    let (change, subject) = match event {
        "InvoiceCreation"
        | "InvoiceCreated"
        | "InvoiceCreationPreEmail"
        | "InvoiceCancelled"
        | "InvoiceUnpaid"
        | "UpdateInvoiceTotal"
        | "AddInvoiceLateFee"
        | "InvoiceChangeGateway"
        | "InvoicePaymentReminder" => (Change::Invoice, id(INVOICE).map(BillingSubject::Invoice)),
        "InvoiceSplit" => (Change::Invoice, id(&["originalinvoiceid"]).map(BillingSubject::Invoice)),
        "InvoicePaid" | "InvoicePaidPreEmail" | "InvoiceRefunded" | "AddInvoicePayment" => {
            (Change::Payment, client().or(id(INVOICE).map(BillingSubject::Invoice)))
        }
        // The misspelling is WHMCS' own.
        "AddTransaction" => {
            (Change::Payment, client().or(id(&["invocieid", "invoiceid"]).map(BillingSubject::Invoice)))
        }
        "AcceptOrder" | "CancelOrder" | "PendingOrder" | "FraudOrder" | "DeleteOrder" | "CancelAndRefundOrder" => {
            (Change::Order, id(ORDER).map(BillingSubject::Order))
        }
        "OrderPaid" | "AfterShoppingCartCheckout" => (
            Change::Order,
            client().or(id(ORDER).map(BillingSubject::Order)).or(id(INVOICE).map(BillingSubject::Invoice)),
        ),
        "AfterModuleCreate"
        | "AfterModuleSuspend"
        | "AfterModuleUnsuspend"
        | "AfterModuleTerminate"
        | "AfterModuleChangePackage"
        | "AfterModuleCustom"
        | "ServiceEdit"
        | "ServiceDelete"
        | "ServiceRecurringCompleted" => (Change::Service, client().or(id(SERVICE).map(BillingSubject::Service))),
        "CancellationRequest" => (Change::CancellationRequested, client().or(id(SERVICE).map(BillingSubject::Service))),
        "ClientEdit" | "ClientClose" => (Change::Client, client()),
        _ => return Ok(None),
    };
    let subject = subject.ok_or_else(|| MapError::missing(WHAT, "data"))?;
    Ok(Some(BillingNotice { subject, change }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::BillingChange as Change;
    use serde_json::json;

    fn read(event: &str, data: Value) -> Result<Option<(BillingSubject, Change)>, MapError> {
        let body = json!({
            "event": event, "eventId": "0190a1b2-0000-4000-8000-000000000001", "occurredAt": "2026-04-01T00:00:00Z", "data": data,
        });
        delivery(body.to_string().as_bytes()).map(|d| d.notice.map(|n| (n.subject, n.change)))
    }

    #[test]
    fn every_spelling_of_an_id_is_understood() {
        use BillingSubject::{Client, Invoice, Order, Service};
        for (event, data, subject, change) in [
            ("InvoiceCreated", json!({"invoiceid": 12, "status": "Unpaid"}), Invoice(12), Change::Invoice),
            ("InvoicePaid", json!({"invoiceid": "12"}), Invoice(12), Change::Payment),
            ("AddTransaction", json!({"id": 1, "userid": 7, "invocieid": 12}), Client(7), Change::Payment),
            ("AddTransaction", json!({"id": 1, "userid": 0, "invocieid": "12"}), Invoice(12), Change::Payment),
            ("AcceptOrder", json!({"orderid": 3}), Order(3), Change::Order),
            ("OrderPaid", json!({"orderId": 3, "userId": 7, "invoiceId": 12}), Client(7), Change::Order),
            ("AfterShoppingCartCheckout", json!({"OrderID": 3, "InvoiceID": 12}), Order(3), Change::Order),
            ("AfterModuleSuspend", json!({"serviceid": 9, "userid": 7}), Client(7), Change::Service),
            ("ServiceRecurringCompleted", json!({"serviceid": 9, "recurringinvoices": 2}), Service(9), Change::Service),
            (
                "CancellationRequest",
                json!({"relid": 9, "type": "Immediate"}),
                Service(9),
                Change::CancellationRequested,
            ),
            ("ClientEdit", json!({"userid": 7}), Client(7), Change::Client),
        ] {
            assert_eq!(read(event, data.clone()), Ok(Some((subject, change))), "{event} {data}");
        }
    }

    #[test]
    fn what_changes_nothing_here_is_no_notice_and_what_names_nothing_is_refused() {
        assert_eq!(read("TicketOpen", json!({"ticketid": 1})), Ok(None));
        assert!(read("SomethingOfNextYear", json!([])).is_err(), "data is an object");
        assert_eq!(read("SomethingOfNextYear", json!({"x": 1})), Ok(None));
        for data in [json!({}), json!({"invoiceid": 0}), json!({"invoiceid": "x"}), json!({"invoiceid": null})] {
            assert!(read("InvoicePaid", data).is_err());
        }
        for body in [
            "",
            "[]",
            "{}",
            r#"{"event":"","eventId":"0190a1b2-0000-4000-8000-000000000001"}"#,
            r#"{"event":"InvoicePaid","eventId":"1"}"#,
        ] {
            assert!(delivery(body.as_bytes()).is_err(), "{body}");
        }
        let long = json!({"event": "x".repeat(81), "eventId": Uuid::nil()}).to_string();
        assert!(delivery(long.as_bytes()).is_err());
    }

    #[test]
    fn the_stored_form_does_not_change() {
        let notice = BillingNotice { subject: BillingSubject::Invoice(12), change: Change::CancellationRequested };
        let stored = json!({"subject": {"invoice": 12}, "change": "cancellation_requested"});
        assert_eq!(serde_json::to_value(notice).unwrap(), stored);
    }
}
