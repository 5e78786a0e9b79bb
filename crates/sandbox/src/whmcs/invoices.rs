//! Invoices, transactions, credit, pay methods, currencies.

use serde_json::{Value, json};

use super::form::Form;
use super::types::{self, Client, Credit, Invoice, InvoiceItem, PayMethod, Transaction, money};
use super::{Answer, Failure, GATEWAYS, object, page};
use crate::clock::{Date, japan_datetime, now_ms};
use crate::world::store::{Store, Txn};

/// Days that a client has to pay.
const DUE_DAYS: i64 = 14;
/// `datepaid` while nothing was paid.
pub(crate) const NEVER: &str = "0000-00-00 00:00:00";

/// Consumption tax, 10 %, fractions of a yen cut off.
pub(crate) fn tax(subtotal: i64) -> i64 {
    subtotal / 10
}

/// Makes an unpaid invoice of today.
pub(crate) fn raise(txn: &mut Txn<'_>, client: &Client, items: Vec<InvoiceItem>, method: &str) -> Invoice {
    let now = now_ms();
    let today = Date::japan(now);
    let subtotal: i64 = items.iter().map(|item| item.amount).sum();
    let invoice = Invoice {
        id: types::next_id::<Invoice>(txn),
        userid: client.id,
        date: today.iso(),
        duedate: today.plus_days(DUE_DAYS).iso(),
        datepaid: NEVER.to_owned(),
        subtotal,
        tax: tax(subtotal),
        credit: 0,
        total: subtotal + tax(subtotal),
        status: "Unpaid".to_owned(),
        paymentmethod: method.to_owned(),
        notes: String::new(),
        created_at: japan_datetime(now),
        updated_at: japan_datetime(now),
        items,
    };
    types::save(txn, &invoice);
    invoice
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let (user, status) = (form.number("userid"), form.text("status"));
    let today = Date::japan(now_ms()).iso();
    let mut invoices: Vec<Invoice> = types::all(store);
    invoices.retain(|invoice| {
        user.is_none_or(|user| user == invoice.userid)
            && status.as_deref().is_none_or(|status| match status {
                "Overdue" => invoice.status == "Unpaid" && invoice.duedate < today,
                status => invoice.status.eq_ignore_ascii_case(status),
            })
    });
    match form.get("orderby") {
        Some("date") => invoices.sort_by(|a, b| a.date.cmp(&b.date)),
        Some("duedate") => invoices.sort_by(|a, b| a.duedate.cmp(&b.duedate)),
        Some("total") => invoices.sort_by_key(|invoice| invoice.total),
        Some("status") => invoices.sort_by(|a, b| a.status.cmp(&b.status)),
        _ => {}
    }
    // Newest first unless asked for otherwise.
    if !form.get("order").is_some_and(|order| order.eq_ignore_ascii_case("asc")) {
        invoices.reverse();
    }
    let rows = invoices.iter().map(|invoice| {
        let client: Client = types::find(store, invoice.userid).unwrap_or_default();
        json!({
            "id": invoice.id, "userid": invoice.userid, "firstname": client.firstname, "lastname": client.lastname, "companyname": client.companyname,
            "invoicenum": "", "date": invoice.date, "duedate": invoice.duedate, "datepaid": invoice.datepaid, "last_capture_attempt": NEVER,
            "date_refunded": NEVER, "date_cancelled": NEVER, "subtotal": money(invoice.subtotal), "credit": money(invoice.credit),
            "tax": money(invoice.tax), "tax2": "0.00", "total": money(invoice.total), "taxrate": "10.000", "taxrate2": "0.000",
            "status": invoice.status, "paymentmethod": invoice.paymentmethod, "paymethodid": Value::Null, "notes": invoice.notes,
            "created_at": invoice.created_at, "updated_at": invoice.updated_at, "currencycode": "JPY", "currencyprefix": "¥", "currencysuffix": " JPY",
        })
    });
    Ok(page(form, "invoices", "invoice", rows.collect()))
}

fn show_transaction(row: &Transaction) -> Value {
    json!({
        "id": row.id, "userid": row.userid, "currency": 0, "gateway": row.gateway, "date": row.date, "description": row.description,
        "amountin": money(row.amountin), "fees": money(row.fees), "amountout": money(row.amountout), "rate": "1.00000", "transid": row.transid,
        "invoiceid": row.invoiceid, "refundid": row.refundid,
    })
}

pub(crate) fn one(store: &Store, form: &Form) -> Answer {
    let invoice = form.number("invoiceid").and_then(|id| types::find::<Invoice>(store, id));
    let invoice = invoice.ok_or_else(|| Failure::new("Invoice ID Not Found"))?;
    let transactions: Vec<Transaction> =
        types::all::<Transaction>(store).into_iter().filter(|t| t.invoiceid == invoice.id).collect();
    let paid: i64 = transactions.iter().map(|t| t.amountin - t.amountout).sum();
    let items: Vec<Value> = invoice
        .items
        .iter()
        .map(|item| {
            json!({
                "id": item.id, "type": item.kind, "relid": item.relid, "description": item.description, "amount": money(item.amount),
                "taxed": i32::from(item.taxed),
            })
        })
        .collect();
    let shown = if transactions.is_empty() {
        // GetInvoice: "" when there are none, in every version.
        json!("")
    } else {
        json!({ "transaction": transactions.iter().map(show_transaction).collect::<Vec<_>>() })
    };
    Ok(object(json!({
        "invoiceid": invoice.id, "invoicenum": "", "userid": invoice.userid, "date": invoice.date, "duedate": invoice.duedate,
        "datepaid": invoice.datepaid, "lastcaptureattempt": NEVER, "subtotal": money(invoice.subtotal), "credit": money(invoice.credit),
        "tax": money(invoice.tax), "tax2": "0.00", "total": money(invoice.total), "balance": money(invoice.total - paid), "taxrate": "10.000",
        "taxrate2": "0.000", "status": invoice.status, "paymentmethod": invoice.paymentmethod, "notes": invoice.notes,
        "ccgateway": invoice.paymentmethod == "stripe", "items": { "item": items }, "transactions": shown,
    })))
}

pub(crate) fn transactions(store: &Store, form: &Form) -> Answer {
    let (invoice, client, transid) = (form.number("invoiceid"), form.number("clientid"), form.text("transid"));
    let rows: Vec<Value> = types::all::<Transaction>(store)
        .iter()
        .filter(|row| invoice.is_none_or(|id| id == row.invoiceid) && client.is_none_or(|id| id == row.userid))
        .filter(|row| transid.as_ref().is_none_or(|id| *id == row.transid))
        .map(show_transaction)
        .collect();
    Ok(object(
        json!({ "totalresults": rows.len(), "startnumber": 0, "numreturned": rows.len(), "transactions": { "transaction": rows } }),
    ))
}

pub(crate) fn credits(store: &Store, form: &Form) -> Answer {
    let client = form.number("clientid").and_then(|id| types::find::<Client>(store, id));
    let client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
    let rows: Vec<Value> = types::all::<Credit>(store)
        .iter()
        .filter(|row| row.clientid == client.id)
        .map(|row| json!({ "id": row.id, "date": row.date, "description": row.description, "amount": money(row.amount), "relid": row.relid }))
        .collect();
    Ok(object(json!({ "totalresults": rows.len(), "clientid": client.id, "credits": { "credit": rows } })))
}

pub(crate) fn pay_methods(store: &Store, form: &Form) -> Answer {
    let id = form.number("clientid").ok_or_else(|| Failure::new("Client ID Is Required"))?;
    let client: Client = types::find(store, id).ok_or_else(|| Failure::new("Client Not Found"))?;
    let kind = form.text("type");
    if kind.as_ref().is_some_and(|kind| !["BankAccount", "CreditCard"].contains(&kind.as_str())) {
        return Err(Failure::new("Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'"));
    }
    let wanted = form.number("paymethodid");
    let rows: Vec<Value> = types::all::<PayMethod>(store)
        .iter()
        .filter(|row| row.clientid == client.id && wanted.is_none_or(|id| id == row.id))
        .filter(|row| kind.as_ref().is_none_or(|kind| row.kind.ends_with(kind.as_str())))
        .map(|row| {
            let mut shown = json!({
                "id": row.id, "type": row.kind, "description": row.description, "gateway_name": row.gateway_name, "contact_type": "Client",
                "contact_id": client.id, "last_updated": row.last_updated,
            });
            if row.kind.ends_with("CreditCard") {
                for (name, value) in [("card_last_four", &row.card_last_four), ("expiry_date", &row.expiry_date), ("card_type", &row.card_type)] {
                    shown[name] = json!(value);
                }
                shown["start_date"] = json!("");
                shown["issue_number"] = json!("");
            } else {
                shown["bank_name"] = json!(row.bank_name);
            }
            if row.kind.starts_with("Remote") {
                // A JSON document inside a text, as gateways leave it.
                shown["remote_token"] = json!(json!({ "customer": format!("cus_{}", row.clientid), "method": format!("pm_{}", row.id) }).to_string());
            }
            shown
        })
        .collect();
    Ok(object(json!({ "clientid": client.id, "paymethods": rows })))
}

pub(crate) fn payment_methods() -> Answer {
    let rows: Vec<Value> =
        GATEWAYS.iter().map(|(module, name)| json!({ "module": module, "displayname": name })).collect();
    Ok(object(json!({ "totalresults": rows.len(), "paymentmethods": { "paymentmethod": rows } })))
}

pub(crate) fn currencies() -> Answer {
    let yen = json!({ "id": 1, "code": "JPY", "prefix": "¥", "suffix": " JPY", "format": 4, "rate": "1.00000" });
    Ok(object(json!({ "totalresults": 1, "currencies": { "currency": [yen] } })))
}
