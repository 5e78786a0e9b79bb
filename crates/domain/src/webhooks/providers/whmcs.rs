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

/// A member of the variables that says whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Client,
    Invoice,
    /// The misspelling of `AddTransaction`, which is WHMCS' own.
    MisspeltInvoice,
    /// The invoice that another one was split from: both are of one client.
    SplitInvoice,
    Order,
    Service,
    /// The service that a request is about.
    RelatedService,
}

impl Named {
    /// Every spelling in which a hook writes it.
    const fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Client => &["userid", "userId"],
            Self::Invoice => &["invoiceid", "invoiceId", "InvoiceID"],
            Self::MisspeltInvoice => &["invocieid", "invoiceid"],
            Self::SplitInvoice => &["originalinvoiceid"],
            Self::Order => &["orderid", "orderId", "OrderID"],
            Self::Service => &["serviceid"],
            Self::RelatedService => &["relid"],
        }
    }

    fn subject(self, data: &Map<String, Value>) -> Option<BillingSubject> {
        let id =
            self.spellings().iter().find_map(|name| data.get(*name).and_then(wire::number)).filter(|id| *id > 0)?;
        Some(match self {
            Self::Client => BillingSubject::Client(id),
            Self::Invoice | Self::MisspeltInvoice | Self::SplitInvoice => BillingSubject::Invoice(id),
            Self::Order => BillingSubject::Order(id),
            Self::Service | Self::RelatedService => BillingSubject::Service(id),
        })
    }
}

/// What a hook means here.
struct Hook {
    name: &'static str,
    change: BillingChange,
    /// Whose it is, the nearest to the client first.
    whose: &'static [Named],
}

const fn hook(name: &'static str, change: BillingChange, whose: &'static [Named]) -> Hook {
    Hook { name, change, whose }
}

const INVOICE: &[Named] = &[Named::Invoice];
const ORDER: &[Named] = &[Named::Order];
const SERVICE: &[Named] = &[Named::Client, Named::Service];

/// The hooks that change something that a customer sees, the same as in the hook file.
const USED: &[Hook] = &[
    hook("InvoiceCreated", BillingChange::Invoice, INVOICE),
    hook("InvoiceCancelled", BillingChange::Invoice, INVOICE),
    hook("InvoiceUnpaid", BillingChange::Invoice, INVOICE),
    hook("UpdateInvoiceTotal", BillingChange::Invoice, INVOICE),
    hook("AddInvoiceLateFee", BillingChange::Invoice, INVOICE),
    hook("InvoicePaymentReminder", BillingChange::Invoice, INVOICE),
    hook("InvoiceChangeGateway", BillingChange::Invoice, INVOICE),
    hook("InvoiceSplit", BillingChange::Invoice, &[Named::SplitInvoice]),
    hook("InvoicePaid", BillingChange::Payment, INVOICE),
    hook("InvoiceRefunded", BillingChange::Payment, INVOICE),
    hook("AddInvoicePayment", BillingChange::Payment, INVOICE),
    hook("AddTransaction", BillingChange::Payment, &[Named::Client, Named::MisspeltInvoice]),
    hook("AcceptOrder", BillingChange::Order, ORDER),
    hook("CancelOrder", BillingChange::Order, ORDER),
    hook("PendingOrder", BillingChange::Order, ORDER),
    hook("FraudOrder", BillingChange::Order, ORDER),
    hook("DeleteOrder", BillingChange::Order, ORDER),
    hook("CancelAndRefundOrder", BillingChange::Order, ORDER),
    hook("OrderPaid", BillingChange::Order, &[Named::Client, Named::Order, Named::Invoice]),
    hook("AfterShoppingCartCheckout", BillingChange::Order, &[Named::Order, Named::Invoice]),
    hook("AfterModuleCreate", BillingChange::Service, SERVICE),
    hook("AfterModuleSuspend", BillingChange::Service, SERVICE),
    hook("AfterModuleUnsuspend", BillingChange::Service, SERVICE),
    hook("AfterModuleTerminate", BillingChange::Service, SERVICE),
    hook("AfterModuleChangePackage", BillingChange::Service, SERVICE),
    hook("AfterModuleCustom", BillingChange::Service, SERVICE),
    // A page that showed the change coming is to show that it did not.
    hook("AfterModuleCreateFailed", BillingChange::Service, SERVICE),
    hook("AfterModuleSuspendFailed", BillingChange::Service, SERVICE),
    hook("AfterModuleUnsuspendFailed", BillingChange::Service, SERVICE),
    hook("AfterModuleTerminateFailed", BillingChange::Service, SERVICE),
    hook("AfterModuleChangePackageFailed", BillingChange::Service, SERVICE),
    hook("AfterModuleCustomFailed", BillingChange::Service, SERVICE),
    hook("ServiceEdit", BillingChange::Service, SERVICE),
    hook("ServiceDelete", BillingChange::Service, SERVICE),
    hook("ServiceRecurringCompleted", BillingChange::Service, SERVICE),
    // Their only variable is `upgradeid`, which no action of the API takes or gives back. The hook file looks the row up inside
    // WHMCS and adds client and service; where it cannot, the notice is about nobody (see `nobody`).
    hook("AfterProductUpgrade", BillingChange::Service, SERVICE),
    hook("AfterConfigOptionsUpgrade", BillingChange::Service, SERVICE),
    hook("CancellationRequest", BillingChange::CancellationRequested, &[Named::Client, Named::RelatedService]),
    hook("ClientEdit", BillingChange::Client, &[Named::Client]),
    hook("ClientClose", BillingChange::Client, &[Named::Client]),
    hook("ClientDelete", BillingChange::Client, &[Named::Client]),
];

/// The other hooks that WHMCS documents, each with the reason why nothing changes here. They are taken and forgotten, as are
/// hooks that nobody has heard of.
pub const UNUSED: &[(&str, &str)] = &[
    ("InvoiceCreation", "the totals may still change; InvoiceCreated follows when the customer may see it"),
    ("InvoiceCreationPreEmail", "InvoiceCreated follows after the mail"),
    ("InvoicePaidPreEmail", "InvoicePaid follows after the mail"),
    ("PreModuleCreate", "AfterModuleCreate or AfterModuleCreateFailed follows"),
    ("AfterModuleChangePassword", "the portal shows no passwords, and the hook holds two of them"),
    ("AfterModuleChangePasswordFailed", "the portal shows no passwords"),
    ("PreServiceEdit", "ServiceEdit follows"),
    ("ClientAdd", "nobody can have a page open for a client who did not exist"),
    ("PreDeleteClient", "ClientDelete follows"),
    ("UserAdd", "customers sign in to the portal, not to WHMCS"),
    ("UserEdit", "customers sign in to the portal, not to WHMCS"),
    ("UserChangePassword", "customers sign in to the portal, not to WHMCS, and the hook holds a password"),
    ("TicketOpen", "support is Salesforce's cases; the portal shows no tickets"),
    ("TicketOpenAdmin", "support is Salesforce's cases; the portal shows no tickets"),
    ("TicketUserReply", "support is Salesforce's cases; the portal shows no tickets"),
    ("TicketAdminReply", "support is Salesforce's cases; the portal shows no tickets"),
    ("TicketStatusChange", "support is Salesforce's cases; the portal shows no tickets"),
    ("TicketClose", "support is Salesforce's cases; the portal shows no tickets"),
];

/// The names of the hooks that mean something here.
pub fn used() -> impl Iterator<Item = &'static str> {
    USED.iter().map(|hook| hook.name)
}

/// Whether an event may come without an id that leads to a client.
fn nobody(event: &str, data: &Map<String, Value>) -> bool {
    matches!(event, "AfterProductUpgrade" | "AfterConfigOptionsUpgrade")
        && data.get("upgradeid").and_then(wire::number).is_some_and(|id| id > 0)
}

fn notice(event: &str, data: &Map<String, Value>) -> Result<Option<BillingNotice>, MapError> {
    let Some(hook) = USED.iter().find(|hook| hook.name == event) else { return Ok(None) };
    match hook.whose.iter().find_map(|named| named.subject(data)) {
        Some(subject) => Ok(Some(BillingNotice { subject, change: hook.change })),
        None if nobody(event, data) => Ok(None),
        None => Err(MapError::missing(WHAT, "data")),
    }
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
            ("InvoiceSplit", json!({"originalinvoiceid": 12, "newinvoiceid": 13}), Invoice(12), Change::Invoice),
            (
                "InvoicePaymentReminder",
                json!({"invoiceid": "12", "type": "firstoverdue"}),
                Invoice(12),
                Change::Invoice,
            ),
            ("AfterModuleSuspendFailed", json!({"serviceid": "9", "userid": "7"}), Client(7), Change::Service),
            ("AfterProductUpgrade", json!({"upgradeid": 4, "userid": 7, "serviceid": 9}), Client(7), Change::Service),
            ("AfterConfigOptionsUpgrade", json!({"upgradeid": 4, "serviceid": 9}), Service(9), Change::Service),
            ("ClientEdit", json!({"userid": 7}), Client(7), Change::Client),
            ("ClientDelete", json!({"userid": "7"}), Client(7), Change::Client),
        ] {
            assert_eq!(read(event, data.clone()), Ok(Some((subject, change))), "{event} {data}");
        }
    }

    #[test]
    fn what_changes_nothing_here_is_no_notice_and_what_names_nothing_is_refused() {
        for (event, why) in UNUSED {
            assert_eq!(read(event, json!({"userid": 7, "ticketid": 1, "invoiceid": 2})), Ok(None), "{event}");
            assert!(why.len() > 10 && !used().any(|name| name == *event), "{event}");
        }
        assert_eq!(read("AfterProductUpgrade", json!({"upgradeid": "4"})), Ok(None), "an upgrade of nobody we know");
        assert!(read("AfterProductUpgrade", json!({})).is_err());
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
