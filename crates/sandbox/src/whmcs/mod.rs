//! WHMCS: one address, the action in the body.

pub(crate) mod access;
mod awkward;
mod clients;
mod control;
mod credit;
pub(crate) mod daily;
mod effects;
mod emails;
mod form;
mod hooks;
mod invoice_edit;
pub(crate) mod invoices;
mod modules;
mod orders;
mod payments;
pub(crate) mod paymethods;
mod php;
mod products;
pub(crate) mod settings;
mod sso;
pub(crate) mod staff;
mod ticket_view;
mod tickets;
pub(crate) mod types;
mod upgrades;
pub(crate) mod users;
mod varied;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::World;
use crate::faults::System;
use crate::http::{Incoming, Reply, gated};
use crate::world::store::{Store, StoreError, Txn};
use form::Form;

pub(crate) use hooks::{Hooks, deliver as deliver_hooks};

pub(crate) use invoices::{NEVER, new_invoice, tax};
use modules::Command;

pub(crate) const ORDERS: &str = "whmcs.orders";
pub(crate) const SERVICES: &str = "whmcs.services";
/// Client custom field "Portal Customer Number".
pub(crate) const CUSTOMER_NUMBER_FIELD: u64 = 1;

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
    config
        .route("/whmcs/includes/api.php", web::route().to(api))
        .route("/whmcs/oauth/singlesignon.php", web::get().to(sso::page));
}

async fn api(world: web::Data<World>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let form = Form::parse(&body);
    let action = form.text("action").unwrap_or_default();
    let name = ACTIONS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&action))
        .map_or(action.clone(), |known| (*known).to_owned());
    let peer = request.peer_addr().map(|addr| addr.ip().to_string()).unwrap_or_default();
    let incoming = Incoming::named(name.clone(), form.parameters());
    let post = request.method() == "POST";
    let base = {
        let connection = request.connection_info();
        format!("{}://{}/whmcs", connection.scheme(), connection.host())
    };
    let work = move |world: &World| answer(world, &form, &name, post, &peer, &base);
    gated(&world, &request, System::Whmcs, incoming, work).await
}

/// The spelling of the documentation, for the log.
const ACTIONS: &[&str] = &[
    "AcceptOrder",
    "AddCancelRequest",
    "AddClient",
    "AddCredit",
    "AddInvoicePayment",
    "AddOrder",
    "AddPayMethod",
    "AddTicketReply",
    "AddTransaction",
    "ApplyCredit",
    "CancelOrder",
    "CapturePayment",
    "CreateInvoice",
    "CreateSsoToken",
    "DeletePayMethod",
    "GetClients",
    "GetClientsDetails",
    "GetClientsProducts",
    "GetCredits",
    "GetCurrencies",
    "GetEmails",
    "GetInvoice",
    "GetInvoices",
    "GetOrderStatuses",
    "GetOrders",
    "GetPayMethods",
    "GetPaymentMethods",
    "GetProducts",
    "GetSupportDepartments",
    "GetTicket",
    "GetTickets",
    "GetTransactions",
    "GetUsers",
    "ModuleChangePackage",
    "ModuleCreate",
    "ModuleSuspend",
    "ModuleTerminate",
    "ModuleUnsuspend",
    "OpenTicket",
    "PendingOrder",
    "ResetPassword",
    "UpdateClient",
    "UpdateClientProduct",
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
    if form.get("responsetype").is_some_and(|kind| kind.eq_ignore_ascii_case("xml")) {
        let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"8.13.1\">\n".to_owned();
        text += &format!(
            "<action>{}</action>\n",
            html_escape::encode_text(&form.text("action").unwrap_or_default().to_lowercase())
        );
        xml(&mut text, "", &body);
        return Reply::text(status, "application/xml; charset=utf-8", text + "</whmcsapi>\n");
    }
    let mut text = String::new();
    flatten(&mut text, "", &body);
    Reply::text(status, "text/html; charset=utf-8", text)
}

/// Members as elements, the elements of a list one after the other under the list's name.
fn xml(text: &mut String, name: &str, value: &Value) {
    let (open, close) =
        if name.is_empty() { Default::default() } else { (format!("<{name}>"), format!("</{name}>\n")) };
    match value {
        Value::Array(items) => {
            items.iter().for_each(|item| xml(text, if name.is_empty() { "item" } else { name }, item))
        }
        Value::Object(members) => {
            *text += &open;
            // A name that begins with a digit is no name in XML.
            members.iter().for_each(|(key, value)| match key.starts_with(|c: char| c.is_ascii_digit()) {
                true => xml(text, &format!("item{key}"), value),
                false => xml(text, key, value),
            });
            *text += &close;
        }
        Value::Null => *text += &format!("{open}{close}"),
        Value::String(content) => *text += &format!("{open}{}{close}", html_escape::encode_text(content)),
        other => *text += &format!("{open}{other}{close}"),
    }
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

fn answer(world: &World, form: &Form, action: &str, post: bool, peer: &str, base: &str) -> Reply {
    let access = world.read(access::get);
    let caller = match access::caller(&access, world.keys(), form) {
        Ok(caller) => caller,
        Err(message) => return refuse(form, 403, message),
    };
    // Parameters come in the body of a POST: anything else carries no action.
    if !post || action.is_empty() {
        return refuse(form, 400, "Empty action request");
    }
    if !caller.may(action) {
        let message = format!("Invalid Permissions: API action \"{}\" is not allowed", action.to_lowercase());
        return refuse(form, 403, &message);
    }
    if let Err(message) = access::address(&access, form, peer) {
        return refuse(form, 403, &message);
    }
    if action == "GetEmails" {
        return match world.read(|store| emails::list(store, form)) {
            Ok(members) => succeed(world, form, action, members),
            Err(members) => written(form, 200, Value::Object(members)).with_outcome("error"),
        };
    }
    match run(world, form, action, base) {
        Some(Ok(members)) => succeed(world, form, action, members),
        Some(Err(Failure(message))) => written(form, 200, json!({ "result": "error", "message": message }))
            .with_outcome(format!("error: {message}")),
        None => refuse(form, 200, "The requested API Action could not be found."),
    }
}

/// The answer of an action that was done, in the forms that are switched on.
fn succeed(world: &World, form: &Form, action: &str, members: Map<String, Value>) -> Reply {
    let mut body = json!({ "result": "success" });
    if let Value::Object(body) = &mut body {
        body.extend(members);
    }
    let body = match world.read(varied::seed) {
        _ if world.awkward() => awkward::twist(body),
        Some(seed) => varied::vary(seed, &form.fingerprint(), action, body),
        None => body,
    };
    written(form, 200, body).with_outcome("success")
}

fn run(world: &World, form: &Form, action: &str, base: &str) -> Option<Answer> {
    let read = |look: &dyn Fn(&Store, &Form) -> Answer| Some(world.read(|store| look(store, form)));
    let write = |change: &dyn Fn(&mut Txn<'_>, &Form) -> Answer| Some(world.write(|txn| change(txn, form)));
    // What a refusal leaves behind is kept: an attempt, a hook.
    let attempt = |change: &dyn Fn(&mut Txn<'_>, &Form) -> Result<Answer, Failure>| {
        Some(world.write(|txn| change(txn, form)).and_then(|answer| answer))
    };
    match action {
        "GetClients" => read(&clients::list),
        "GetClientsDetails" => read(&clients::details),
        "AddClient" => write(&clients::add),
        "UpdateClient" => write(&clients::update),
        "GetProducts" => read(&products::list),
        "GetClientsProducts" => read(&products::services),
        "UpdateClientProduct" => write(&products::update_service),
        "AddOrder" => write(&orders::add),
        "AcceptOrder" => attempt(&orders::accept),
        "CancelOrder" => write(&orders::cancel),
        "PendingOrder" => write(&orders::set_pending),
        "GetOrders" => read(&orders::list),
        "GetOrderStatuses" => read(&|store, _| orders::statuses(store)),
        "GetInvoices" => read(&invoices::list),
        "GetInvoice" => read(&invoices::one),
        "CreateInvoice" => write(&invoice_edit::create),
        "UpdateInvoice" => write(&invoice_edit::update),
        "GetTransactions" => read(&payments::list),
        "AddInvoicePayment" => write(&payments::add_payment),
        "AddTransaction" => write(&payments::add_transaction),
        "CapturePayment" => attempt(&payments::capture),
        "GetCredits" => read(&credit::list),
        "AddCredit" => write(&credit::add),
        "ApplyCredit" => write(&credit::apply),
        "GetPayMethods" => read(&paymethods::list),
        "AddPayMethod" => write(&paymethods::add),
        "UpdatePayMethod" => write(&paymethods::update),
        "DeletePayMethod" => write(&paymethods::delete),
        "GetPaymentMethods" => read(&|store, _| settings::payment_methods(store)),
        "GetCurrencies" => Some(settings::currencies()),
        "CreateSsoToken" => write(&|txn, form| sso::create(txn, form, base)),
        "UpgradeProduct" => write(&upgrades::upgrade),
        "AddCancelRequest" => write(&modules::add_cancel_request),
        "ModuleCreate" => attempt(&|txn, form| modules::run(txn, form, Command::Create)),
        "ModuleSuspend" => attempt(&|txn, form| modules::run(txn, form, Command::Suspend)),
        "ModuleUnsuspend" => attempt(&|txn, form| modules::run(txn, form, Command::Unsuspend)),
        "ModuleTerminate" => attempt(&|txn, form| modules::run(txn, form, Command::Terminate)),
        "ModuleChangePackage" => attempt(&|txn, form| modules::run(txn, form, Command::ChangePackage)),
        "ValidateLogin" => read(&users::validate_login),
        "GetUsers" => read(&users::list),
        "ResetPassword" => write(&users::reset_password),
        "OpenTicket" => write(&tickets::open),
        "AddTicketReply" => write(&tickets::reply),
        "UpdateTicket" => write(&tickets::update),
        "GetTickets" => read(&ticket_view::list),
        "GetTicket" => read(&ticket_view::one),
        "GetSupportDepartments" => read(&|store, _| ticket_view::departments(store)),
        _ => None,
    }
}
