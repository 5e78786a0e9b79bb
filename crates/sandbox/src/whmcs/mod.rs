//! WHMCS: one address, the action in the body.

mod awkward;
mod clients;
mod form;
mod invoices;
mod orders;
mod php;
mod products;
pub(crate) mod types;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::World;
use crate::faults::System;
use crate::http::{Reply, gated};
use crate::world::store::{Store, StoreError, Txn};
use form::Form;

pub(crate) use invoices::{NEVER, tax};

pub(crate) const ORDERS: &str = "whmcs.orders";
pub(crate) const SERVICES: &str = "whmcs.services";
/// Client custom field "Portal Customer Number".
pub(crate) const CUSTOMER_NUMBER_FIELD: u64 = 1;
/// Active gateways: module and display name.
pub(crate) const GATEWAYS: &[(&str, &str)] = &[("stripe", "Credit Card"), ("banktransfer", "Bank Transfer")];

/// A refused action: HTTP 200 with a text, there is no code.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    fn message(text: String) -> Self {
        Self(text)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// Members of the answer beside `result`.
type Answer = Result<Map<String, Value>, Failure>;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// One page of a list under its plural envelope.
fn page(form: &Form, plural: &str, singular: &str, rows: Vec<Value>) -> Map<String, Value> {
    let start = form.number("limitstart").and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let size = form.number("limitnum").and_then(|n| usize::try_from(n).ok()).unwrap_or(25);
    let total = rows.len();
    let rows: Vec<Value> = rows.into_iter().skip(start).take(size).collect();
    object(
        json!({ "totalresults": total, "startnumber": start, "numreturned": rows.len(), plural: { singular: rows } }),
    )
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/whmcs/includes/api.php", web::route().to(api));
}

async fn api(world: web::Data<World>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let form = Form::parse(&body);
    let action = form.text("action").unwrap_or_default();
    let name = ACTIONS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&action))
        .map_or(action.clone(), |known| (*known).to_owned());
    let peer = request.peer_addr().map(|addr| addr.ip().to_string()).unwrap_or_default();
    let post = request.method() == "POST";
    gated(&world, &request, System::Whmcs, vec![name.clone()], move |world| answer(world, &form, &name, post, &peer))
        .await
}

/// The spelling of the documentation, for the log.
const ACTIONS: &[&str] = &[
    "AcceptOrder",
    "AddClient",
    "AddOrder",
    "CancelOrder",
    "GetClients",
    "GetClientsDetails",
    "GetClientsProducts",
    "GetCredits",
    "GetCurrencies",
    "GetInvoice",
    "GetInvoices",
    "GetOrderStatuses",
    "GetOrders",
    "GetPayMethods",
    "GetPaymentMethods",
    "GetProducts",
    "GetTransactions",
    "PendingOrder",
    "UpdateClient",
    "UpdateClientProduct",
];

/// Documented actions that the credential's role does not hold.
const OUTSIDE_ROLE: &[&str] = &[
    "AddCancelRequest",
    "AddCredit",
    "AddInvoicePayment",
    "AddPayMethod",
    "AddTicketReply",
    "AddTransaction",
    "ApplyCredit",
    "CapturePayment",
    "CreateInvoice",
    "CreateSsoToken",
    "DeletePayMethod",
    "GetSupportDepartments",
    "GetTicket",
    "GetTickets",
    "GetUsers",
    "ModuleChangePackage",
    "ModuleCreate",
    "ModuleSuspend",
    "ModuleTerminate",
    "ModuleUnsuspend",
    "OpenTicket",
    "ResetPassword",
    "UpdateInvoice",
    "UpdatePayMethod",
    "UpdateTicket",
    "UpgradeProduct",
    "ValidateLogin",
];

fn refuse(form: &Form, status: u16, message: &str) -> Reply {
    let body = json!({ "result": "error", "message": message });
    written(form, status, body).with_outcome(format!("{status} {message}"))
}

/// JSON when asked for; else the old name-value text.
fn written(form: &Form, status: u16, body: Value) -> Reply {
    if form.get("responsetype").is_some_and(|kind| kind.eq_ignore_ascii_case("json")) {
        return Reply { content_type: "application/json", ..Reply::json(status, &body) };
    }
    let mut text = String::new();
    flatten(&mut text, "", &body);
    Reply::text(status, "text/html; charset=utf-8", text)
}

fn flatten(text: &mut String, name: &str, value: &Value) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| flatten(text, &inner(key), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| flatten(text, &inner(&at.to_string()), item))
        }
        Value::String(content) => *text += &format!("{name}={content};"),
        other => *text += &format!("{name}={other};"),
    }
}

fn answer(world: &World, form: &Form, action: &str, post: bool, peer: &str) -> Reply {
    let keys = world.keys();
    let identifier = form.get("identifier").or_else(|| form.get("username")).unwrap_or_default();
    let secret = form.get("secret").or_else(|| form.get("password")).unwrap_or_default();
    if identifier.is_empty() || secret.is_empty() {
        return refuse(form, 403, "Authentication Failed");
    }
    if identifier != keys.whmcs_identifier {
        return refuse(form, 403, "Invalid or missing credentials");
    }
    if secret != keys.whmcs_secret {
        return refuse(form, 403, "Authentication Failed");
    }
    if !post {
        // Parameters come in the body of a POST: anything else carries no action.
        tracing::debug!(peer, "WHMCS call that is not a POST");
        return refuse(form, 400, "Empty action request");
    }
    if action.is_empty() {
        return refuse(form, 400, "Empty action request");
    }
    if OUTSIDE_ROLE.iter().any(|known| known.eq_ignore_ascii_case(action)) {
        return refuse(
            form,
            403,
            &format!("Invalid Permissions: API action \"{}\" is not allowed", action.to_lowercase()),
        );
    }
    match run(world, form, action) {
        Some(Ok(members)) => {
            let mut body = json!({ "result": "success" });
            if let Value::Object(body) = &mut body {
                body.extend(members);
            }
            let body = if world.awkward() { awkward::twist(body) } else { body };
            written(form, 200, body).with_outcome("success")
        }
        Some(Err(Failure(message))) => written(form, 200, json!({ "result": "error", "message": message }))
            .with_outcome(format!("error: {message}")),
        None => refuse(form, 200, "The requested API Action could not be found."),
    }
}

fn run(world: &World, form: &Form, action: &str) -> Option<Answer> {
    let read = |look: &dyn Fn(&Store, &Form) -> Answer| Some(world.read(|store| look(store, form)));
    let write = |change: &dyn Fn(&mut Txn<'_>, &Form) -> Answer| Some(world.write(|txn| change(txn, form)));
    match action {
        "GetClients" => read(&clients::list),
        "GetClientsDetails" => read(&clients::details),
        "AddClient" => write(&clients::add),
        "UpdateClient" => write(&clients::update),
        "GetProducts" => read(&products::list),
        "GetClientsProducts" => read(&products::services),
        "UpdateClientProduct" => write(&products::update_service),
        "AddOrder" => write(&orders::add),
        "AcceptOrder" => write(&orders::accept),
        "CancelOrder" => write(&orders::cancel),
        "PendingOrder" => write(&orders::set_pending),
        "GetOrders" => read(&orders::list),
        "GetOrderStatuses" => read(&|store, _| orders::statuses(store)),
        "GetInvoices" => read(&invoices::list),
        "GetInvoice" => read(&invoices::one),
        "GetTransactions" => read(&invoices::transactions),
        "GetCredits" => read(&invoices::credits),
        "GetPayMethods" => read(&invoices::pay_methods),
        "GetPaymentMethods" => Some(invoices::payment_methods()),
        "GetCurrencies" => Some(invoices::currencies()),
        _ => None,
    }
}
