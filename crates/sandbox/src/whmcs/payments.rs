//! Money that comes in: transactions, payments of invoices, captures.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::types::{self, Client, Invoice, PayMethod, Transaction, money, parse_money};
use super::{Answer, Failure, credit, effects, invoices, object, paymethods, settings};
use crate::clock::{Date, japan_datetime};
use crate::keys::random_text;
use crate::world::store::{Store, Txn};

pub(crate) fn show_transaction(row: &Transaction) -> Value {
    json!({
        "id": row.id.to_string(), "userid": row.userid.to_string(), "currency": "0", "gateway": row.gateway, "date": row.date,
        "description": row.description, "amountin": money(row.amountin), "fees": money(row.fees), "amountout": money(row.amountout),
        "rate": "1.00000", "transid": row.transid, "invoiceid": row.invoiceid.to_string(), "refundid": row.refundid.to_string(),
    })
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
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

/// Writes the row and tells the hook, whose name for the invoice is misspelt.
pub(super) fn book(txn: &mut Txn<'_>, mut row: Transaction) {
    row.id = types::next_id::<Transaction>(txn);
    types::save(txn, &row);
    let vars = json!({
        "id": row.id, "userid": row.userid, "currency": 0, "gateway": row.gateway, "date": row.date, "description": row.description,
        "amountin": money(row.amountin), "fees": money(row.fees), "amountout": money(row.amountout), "rate": "1.00000",
        "transid": row.transid, "invocieid": row.invoiceid, "refundid": row.refundid,
    });
    effects::hook(txn, "AddTransaction", vars);
}

/// `2026-01-31` or `2026-01-31 10:00:00`, else `at`.
fn when(form: &Form, at: i64) -> String {
    let text = form.text("date").unwrap_or_default();
    match text.get(..10).and_then(Date::parse_iso) {
        Some(_) if text.len() == 19 => text,
        Some(day) => format!("{} 00:00:00", day.iso()),
        None => japan_datetime(at),
    }
}

pub(crate) fn add_payment(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let invoice = invoices::given(txn, form)?;
    if invoice.status == "Cancelled" {
        return Err(Failure::new("It is not possible to add a payment to an invoice that is Cancelled"));
    }
    let now = txn.now_ms();
    let amount = form.get("amount").and_then(parse_money).unwrap_or_else(|| invoices::balance(txn, &invoice));
    let row = Transaction {
        id: 0,
        userid: invoice.userid,
        gateway: form.text("gateway").unwrap_or_default(),
        date: when(form, now),
        description: "Invoice Payment".to_owned(),
        amountin: amount,
        fees: form.get("fees").and_then(parse_money).unwrap_or(0),
        amountout: 0,
        transid: form.text("transid").unwrap_or_default(),
        invoiceid: invoice.id,
        refundid: 0,
    };
    receive(txn, invoice, row, now, !form.flag("noemail"));
    Ok(Map::new())
}

/// Books a payment and pays the invoice when it covers the balance. What comes in for an invoice that was paid
/// already becomes credit as a whole.
pub(super) fn receive(txn: &mut Txn<'_>, invoice: Invoice, row: Transaction, now: i64, send: bool) -> Invoice {
    let open = invoices::balance(txn, &invoice).max(0);
    let (amount, id) = (row.amountin, invoice.id);
    book(txn, row);
    effects::hook(txn, "AddInvoicePayment", json!({ "invoiceid": id }));
    if open == 0 && invoice.status == "Paid" {
        credit::book(txn, invoice.userid, amount, format!("Invoice #{id} Overpayment"), id, now);
        return invoice;
    }
    effects::settle(txn, invoice, now, send)
}

/// Asks the gateway for the balance of an invoice. A refusal is kept as an attempt, so the outer result is always
/// `Ok`: the change must be written although the call is refused.
pub(crate) fn capture(txn: &mut Txn<'_>, form: &Form) -> Result<Answer, Failure> {
    let invoice = invoices::given(txn, form).ok().filter(|invoice| invoice.status == "Unpaid");
    let Some(invoice) = invoice else { return Ok(Err(Failure::new("Invoice Not Found or Not Unpaid"))) };
    Ok(match charge(txn, invoice, txn.now_ms()) {
        Some(_) => Ok(Map::new()),
        // Whatever the reason was: it is not told.
        None => Err(Failure::new("Payment Attempt Failed")),
    })
}

/// Charges the stored card of an unpaid invoice; `None` when there is none or the gateway refuses.
pub(crate) fn charge(txn: &mut Txn<'_>, mut invoice: Invoice, at: i64) -> Option<Invoice> {
    invoice.last_capture_attempt = japan_datetime(at);
    types::save(txn, &invoice);
    let card = chosen_card(txn, &invoice)?;
    if card.declines || paymethods::expired(&card.expiry_date, Date::japan(at)) {
        return None;
    }
    let amount = invoices::balance(txn, &invoice);
    let row = Transaction {
        id: 0,
        userid: invoice.userid,
        gateway: card.gateway_name,
        date: japan_datetime(at),
        description: "Invoice Payment".to_owned(),
        amountin: amount,
        // 3.6 % as card companies take.
        fees: amount * 36 / 1_000,
        amountout: 0,
        transid: format!("ch_{}", random_text(24)),
        invoiceid: invoice.id,
        refundid: 0,
    };
    Some(receive(txn, invoice, row, at, true))
}

/// The card chosen for the invoice, else the client's first card of a gateway that is active.
fn chosen_card(store: &Store, invoice: &Invoice) -> Option<PayMethod> {
    let cards = paymethods::of_client(store, invoice.userid)
        .into_iter()
        .filter(|row| row.kind.ends_with("CreditCard") && settings::gateway(store, &row.gateway_name).is_some());
    let cards: Vec<PayMethod> = cards.collect();
    match invoice.paymethodid {
        Some(id) => cards.into_iter().find(|card| card.id == id),
        None => cards.into_iter().next(),
    }
}

pub(crate) fn add_transaction(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let given = |name: &str| form.number(name).filter(|id| *id != 0);
    let user = match given("userid") {
        Some(id) => Some(types::find::<Client>(txn, id).ok_or_else(|| Failure::new("Client ID Not Found"))?),
        None => None,
    };
    let invoice = match given("invoiceid") {
        Some(id) => Some(types::find::<Invoice>(txn, id).ok_or_else(|| Failure::new("Invoice ID Not Found"))?),
        None => None,
    };
    if let (Some(user), Some(invoice)) = (&user, &invoice)
        && user.id != invoice.userid
    {
        return Err(Failure::new("User ID does not own the given Invoice ID"));
    }
    match (form.get("currencyid").filter(|id| !id.is_empty()), &user) {
        (Some(_), user) => {
            if form.number("currencyid") != Some(settings::YEN) {
                return Err(Failure::new("Currency ID Not Found"));
            }
            // There is one currency, so "Currency ID does not match Client currency" cannot come up.
            let _ = user;
        }
        (None, None) if invoice.is_none() => {
            return Err(Failure::new("A Currency ID is required for non-customer related transactions"));
        }
        (None, _) => {}
    }
    let gateway = form.text("paymentmethod").filter(|method| !method.is_empty());
    let gateway = gateway.ok_or_else(|| Failure::new("Payment Method is required"))?;
    let transid = form.text("transid").unwrap_or_default();
    let known = types::all::<Transaction>(txn).iter().any(|row| row.transid == transid);
    if !transid.is_empty() && known && !form.flag("allowduplicatetransid") {
        return Err(Failure::new("Transaction ID must be Unique"));
    }
    let now = txn.now_ms();
    let amount = |name: &str| form.get(name).and_then(parse_money).unwrap_or(0);
    let owner = user.map(|user| user.id).or_else(|| invoice.as_ref().map(|invoice| invoice.userid)).unwrap_or(0);
    let row = Transaction {
        id: 0,
        userid: owner,
        gateway,
        date: when(form, now),
        description: form.text("description").unwrap_or_default(),
        amountin: amount("amountin"),
        fees: amount("fees"),
        amountout: amount("amountout"),
        transid,
        invoiceid: invoice.as_ref().map_or(0, |invoice| invoice.id),
        refundid: 0,
    };
    let came_in = row.amountin;
    book(txn, row);
    match invoice {
        Some(invoice) if invoices::balance(txn, &invoice) <= 0 && invoice.status == "Unpaid" => {
            effects::mark_paid(txn, invoice, now);
        }
        Some(_) => {}
        None if form.flag("credit") && owner != 0 => {
            credit::book(txn, owner, came_in, form.text("description").unwrap_or_default(), 0, now);
        }
        None => {}
    }
    Ok(Map::new())
}
