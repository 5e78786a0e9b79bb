//! Invoices as they are read, and what every part needs to make one. Changes by the API are in `invoice_edit`, money
//! that comes in is in `payments`.

use serde_json::{Value, json};

use super::form::Form;
use super::types::{self, Client, Invoice, InvoiceItem, Transaction, money, rate};
use super::{Answer, Failure, object, page, settings};
use crate::clock::{Date, japan_datetime};
use crate::world::store::{Store, Txn};

/// Days that a client has to pay.
pub(crate) const DUE_DAYS: i64 = 14;
/// `datepaid` while nothing was paid.
pub(crate) const NEVER: &str = "0000-00-00 00:00:00";
/// Consumption tax of 10 % in thousandths of a per cent.
pub(crate) const TAX_RATE: i64 = 10_000;

/// Consumption tax, 10 %, fractions of a yen cut off.
pub(crate) fn tax(subtotal: i64) -> i64 {
    share(subtotal, TAX_RATE)
}

/// A part of an amount by a rate in thousandths of a per cent, cut to whole yen.
fn share(amount: i64, rate: i64) -> i64 {
    amount * rate / 100_000
}

/// An invoice that nothing was done with yet.
pub(crate) fn new_invoice() -> Invoice {
    Invoice {
        datepaid: NEVER.to_owned(),
        last_capture_attempt: NEVER.to_owned(),
        date_refunded: NEVER.to_owned(),
        date_cancelled: NEVER.to_owned(),
        taxrate: TAX_RATE,
        ..Invoice::default()
    }
}

/// Sums up anew from the lines, the rates and the credit.
pub(crate) fn add_up(invoice: &mut Invoice) {
    invoice.subtotal = invoice.items.iter().map(|item| item.amount).sum();
    let taxed: i64 = invoice.items.iter().filter(|item| item.taxed).map(|item| item.amount).sum();
    invoice.tax = share(taxed, invoice.taxrate);
    invoice.tax2 = share(taxed, invoice.taxrate2);
    invoice.total = invoice.subtotal + invoice.tax + invoice.tax2 - invoice.credit;
}

/// Makes an unpaid invoice of the day of `at` (milliseconds since the epoch), due after [`DUE_DAYS`].
pub(crate) fn raise(txn: &mut Txn<'_>, client: &Client, items: Vec<InvoiceItem>, method: &str, at: i64) -> Invoice {
    let due = Date::japan(at).plus_days(DUE_DAYS);
    raise_due(txn, client, items, method, at, due)
}

/// As [`raise`], due on a given day.
pub(crate) fn raise_due(
    txn: &mut Txn<'_>,
    client: &Client,
    items: Vec<InvoiceItem>,
    method: &str,
    at: i64,
    due: Date,
) -> Invoice {
    let mut invoice = Invoice {
        id: types::next_id::<Invoice>(txn),
        userid: client.id,
        date: Date::japan(at).iso(),
        duedate: due.iso(),
        status: "Unpaid".to_owned(),
        paymentmethod: method.to_owned(),
        created_at: japan_datetime(at),
        updated_at: japan_datetime(at),
        taxrate: if client.taxexempt { 0 } else { TAX_RATE },
        items,
        ..new_invoice()
    };
    add_up(&mut invoice);
    types::save(txn, &invoice);
    invoice
}

/// A line with the next id.
pub(crate) fn line(txn: &mut Txn<'_>, description: String, amount: i64, taxed: bool) -> InvoiceItem {
    InvoiceItem { id: txn.next("whmcs.invoiceitems", 0), description, amount, taxed, ..InvoiceItem::default() }
}

/// What came in for an invoice, less what went back.
pub(crate) fn paid(store: &Store, invoice: u64) -> i64 {
    let rows = types::all::<Transaction>(store).into_iter().filter(|row| row.invoiceid == invoice);
    rows.map(|row| row.amountin - row.amountout).sum()
}

/// What is still to be paid; negative after an overpayment.
pub(crate) fn balance(store: &Store, invoice: &Invoice) -> i64 {
    invoice.total - paid(store, invoice.id)
}

/// # Errors
/// The documented text.
pub(crate) fn given(store: &Store, form: &Form) -> Result<Invoice, Failure> {
    form.number("invoiceid")
        .and_then(|id| types::find::<Invoice>(store, id))
        .ok_or_else(|| Failure::new("Invoice ID Not Found"))
}

fn or_never(text: &str) -> &str {
    if text.is_empty() { NEVER } else { text }
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let (user, status) = (form.number("userid"), form.text("status").filter(|status| !status.is_empty()));
    let today = Date::japan(store.now_ms()).iso();
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
            "invoicenum": "", "date": invoice.date, "duedate": invoice.duedate, "datepaid": invoice.datepaid,
            "last_capture_attempt": or_never(&invoice.last_capture_attempt), "date_refunded": or_never(&invoice.date_refunded),
            "date_cancelled": or_never(&invoice.date_cancelled), "subtotal": money(invoice.subtotal), "credit": money(invoice.credit),
            "tax": money(invoice.tax), "tax2": money(invoice.tax2), "total": money(invoice.total), "taxrate": rate(invoice.taxrate),
            "taxrate2": rate(invoice.taxrate2), "status": invoice.status, "paymentmethod": invoice.paymentmethod, "paymethodid": invoice.paymethodid,
            "notes": invoice.notes, "created_at": invoice.created_at, "updated_at": invoice.updated_at, "currencycode": "JPY",
            "currencyprefix": "¥", "currencysuffix": " JPY",
        })
    });
    Ok(page(form, "invoices", "invoice", rows.collect()))
}

pub(crate) fn one(store: &Store, form: &Form) -> Answer {
    let invoice = given(store, form)?;
    let items: Vec<Value> = invoice
        .items
        .iter()
        .map(|item| {
            json!({
                "id": item.id, "type": item.kind, "relid": item.relid, "description": item.description, "amount": money(item.amount),
                "taxed": u8::from(item.taxed),
            })
        })
        .collect();
    let rows: Vec<Value> = types::all::<Transaction>(store)
        .iter()
        .filter(|row| row.invoiceid == invoice.id)
        .map(super::payments::show_transaction)
        .collect();
    // None is an empty text here, not an empty list.
    let shown = if rows.is_empty() { json!("") } else { json!({ "transaction": rows }) };
    let cards = settings::gateway(store, &invoice.paymentmethod)
        .is_some_and(|gateway| gateway.keeps != settings::Keeps::Accounts);
    Ok(object(json!({
        "invoiceid": invoice.id, "invoicenum": "", "userid": invoice.userid, "date": invoice.date, "duedate": invoice.duedate,
        "datepaid": invoice.datepaid, "lastcaptureattempt": or_never(&invoice.last_capture_attempt), "subtotal": money(invoice.subtotal),
        "credit": money(invoice.credit), "tax": money(invoice.tax), "tax2": money(invoice.tax2), "total": money(invoice.total),
        "balance": money(balance(store, &invoice)), "taxrate": rate(invoice.taxrate), "taxrate2": rate(invoice.taxrate2),
        "status": invoice.status, "paymentmethod": invoice.paymentmethod, "notes": invoice.notes, "ccgateway": cards,
        "items": { "item": items }, "transactions": shown,
    })))
}
