//! What follows from a change: automation, hooks and mails. Nothing here answers a call.

use serde_json::{Value, json};

use super::types::{self, Client, Invoice, Order, Service, Upgrade};
use super::{credit, invoices};
use crate::clock::{Date, japan_datetime};
use crate::world::store::{Store, Txn};

/// Tells the hook files of the installation.
pub(crate) fn hook(txn: &mut Txn<'_>, name: &str, vars: Value) {
    txn.hooks.push((name.to_owned(), vars));
}

pub(crate) use super::emails::send as mail;

/// `¥1,200 JPY` of an amount for mails.
fn amount(yen: i64) -> String {
    types::display(yen)
}

/// Hooks and mail of a new invoice; a draft is silent.
pub(crate) fn invoice_created(txn: &mut Txn<'_>, invoice: &Invoice, source: &str, send: bool, at: i64) {
    let user = if source == "autogen" { json!("system") } else { json!(1) };
    let vars = json!({ "source": source, "user": user, "invoiceid": invoice.id, "status": invoice.status });
    hook(txn, "InvoiceCreation", vars.clone());
    if invoice.status == "Draft" {
        return;
    }
    hook(txn, "InvoiceCreationPreEmail", vars.clone());
    if send {
        let body = format!(
            "Invoice #{} of {} over {} is due on {}.",
            invoice.id,
            invoice.date,
            amount(invoice.total),
            invoice.duedate
        );
        mail(txn, invoice.userid, "Invoice Created", "Customer Invoice", body, at);
    }
    hook(txn, "InvoiceCreated", vars);
}

/// Pays an invoice whose balance has reached nothing: date, what it paid for, mail, hooks. Automation comes before
/// the hook `InvoicePaid`, as in the real system. Money that is over becomes credit.
pub(crate) fn settle(txn: &mut Txn<'_>, invoice: Invoice, at: i64, send: bool) -> Invoice {
    let over = -invoices::balance(txn, &invoice);
    if over < 0 {
        return invoice;
    }
    let invoice = match invoice.status.as_str() {
        "Unpaid" | "Payment Pending" | "Collections" => mark_paid_with(txn, invoice, at, send),
        _ => invoice,
    };
    if over > 0 {
        credit::book(txn, invoice.userid, over, format!("Invoice #{} Overpayment", invoice.id), invoice.id, at);
    }
    invoice
}

pub(crate) fn mark_paid(txn: &mut Txn<'_>, invoice: Invoice, at: i64) -> Invoice {
    mark_paid_with(txn, invoice, at, true)
}

fn mark_paid_with(txn: &mut Txn<'_>, mut invoice: Invoice, at: i64, send: bool) -> Invoice {
    invoice.status = "Paid".to_owned();
    invoice.datepaid = japan_datetime(at);
    invoice.updated_at = japan_datetime(at);
    types::save(txn, &invoice);
    let id = json!({ "invoiceid": invoice.id });
    hook(txn, "InvoicePaidPreEmail", id.clone());
    if send {
        let body = format!("Thank you. We have received your payment for invoice #{}.", invoice.id);
        mail(txn, invoice.userid, "Invoice Payment Confirmation", "Invoice Payment Confirmation", body, at);
    }
    for item in invoice.items.clone() {
        match item.kind.as_str() {
            "Hosting" => renew(txn, item.relid, &item.due),
            "Upgrade" => {
                if let Some(upgrade) = types::find::<Upgrade>(txn, item.relid) {
                    carry_out(txn, upgrade);
                }
            }
            "AddFunds" => {
                let text = format!("Add Funds Invoice #{}", invoice.id);
                credit::book(txn, invoice.userid, item.amount, text, invoice.id, at);
            }
            _ => {}
        }
    }
    lift_suspensions(txn, &invoice);
    let order = types::all::<Order>(txn).into_iter().find(|order| order.invoiceid == invoice.id);
    if let Some(order) = order {
        hook(txn, "OrderPaid", json!({ "orderId": order.id, "userId": invoice.userid, "invoiceId": invoice.id }));
    }
    hook(txn, "InvoicePaid", id);
    invoice
}

/// Moves the due date on by a month when the invoice paid for the period that begins on it.
fn renew(txn: &mut Txn<'_>, service: u64, due: &str) {
    if let Some(mut service) = types::find::<Service>(txn, service)
        && service.recurringamount > 0
        && service.nextduedate == due
        && let Some(day) = Date::parse_iso(due)
    {
        service.nextduedate = next_month(day, &service.regdate).iso();
        types::save(txn, &service);
    }
}

/// The same day of the next month: the day on which the service began, or the month's last.
pub(crate) fn next_month(day: Date, began: &str) -> Date {
    let wanted = Date::parse_iso(began).map_or(day.day, |began| began.day.max(day.day));
    let first = day.first_of_month(1);
    let last = first.first_of_month(1).plus_days(-1);
    if day.day == 1 { first } else { Date { day: wanted.min(last.day), ..first } }
}

/// Services suspended for this debt go on when nothing else of them is overdue.
fn lift_suspensions(txn: &mut Txn<'_>, invoice: &Invoice) {
    for item in invoice.items.iter().filter(|item| item.kind == "Hosting") {
        let owed = types::all::<Invoice>(txn).iter().any(|other| {
            other.status == "Unpaid"
                && other.items.iter().any(|line| line.kind == "Hosting" && line.relid == item.relid)
        });
        if let Some(mut service) = types::find::<Service>(txn, item.relid)
            && !owed
            && service.status == "Suspended"
            && service.suspensionreason == OVERDUE
        {
            service.status = "Active".to_owned();
            service.suspensionreason.clear();
            types::save(txn, &service);
            let params = module_params(txn, &service);
            hook(txn, "AfterModuleUnsuspend", json!({ "params": params }));
        }
    }
}

/// The reason of a suspension by the daily run.
pub(crate) const OVERDUE: &str = "Overdue on Payment";

/// Changes the service to what was paid for, once.
pub(crate) fn carry_out(txn: &mut Txn<'_>, mut upgrade: Upgrade) {
    if upgrade.done {
        return;
    }
    let (Some(mut service), Some(product)) =
        (types::find::<Service>(txn, upgrade.serviceid), types::find::<types::Product>(txn, upgrade.newpid))
    else {
        return;
    };
    service.pid = product.pid;
    service.name = product.name;
    service.groupname = product.group;
    service.billingcycle.clone_from(&upgrade.billingcycle);
    service.recurringamount = upgrade.recurringamount;
    types::save(txn, &service);
    upgrade.done = true;
    types::save(txn, &upgrade);
    if let Some(mut order) = types::find::<Order>(txn, upgrade.orderid) {
        order.status = "Active".to_owned();
        types::save(txn, &order);
    }
    if !product.module.is_empty() {
        let params = module_params(txn, &service);
        hook(txn, "AfterModuleChangePackage", json!({ "params": params }));
    }
    hook(txn, "AfterProductUpgrade", json!({ "upgradeid": upgrade.id }));
}

/// What a module function is given. It holds a password: a hook file must pick from it.
pub(crate) fn module_params(store: &Store, service: &Service) -> Value {
    let product = types::find::<types::Product>(store, service.pid);
    let client: Client = types::find(store, service.clientid).unwrap_or_default();
    let named: serde_json::Map<String, Value> = product
        .iter()
        .flat_map(|product| &product.customfields)
        .map(|field| (field.name.clone(), json!(service.customfields.get(&field.id).cloned().unwrap_or_default())))
        .collect();
    let module = product.map(|product| product.module).unwrap_or_default();
    json!({
        "serviceid": service.id, "userid": service.clientid, "pid": service.pid, "serverid": 0, "domain": service.domain,
        "username": service.username, "password": service.password, "producttype": "other", "moduletype": module,
        "clientsdetails": { "userid": client.id, "firstname": client.firstname, "lastname": client.lastname, "email": client.email },
        "customfields": named, "configoptions": {}, "server": false, "serverip": "", "serverhostname": "", "serverusername": "",
        "serverpassword": "", "serveraccesshash": "", "serversecure": false, "serverport": "",
    })
}
