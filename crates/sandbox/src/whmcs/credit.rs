//! Credit of clients: what it is, adding to it, putting it towards an invoice.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::types::{self, Client, Credit, Invoice, money, parse_money};
use super::{Answer, Failure, effects, invoices, object};
use crate::clock::{Date, japan_datetime};
use crate::world::store::{Store, Txn};

/// Changes the balance and writes the entry; answers the new balance.
pub(crate) fn book(txn: &mut Txn<'_>, client: u64, amount: i64, description: String, relid: u64, at: i64) -> i64 {
    let Some(mut client) = types::find::<Client>(txn, client) else { return 0 };
    client.credit += amount;
    types::save(txn, &client);
    let id = types::next_id::<Credit>(txn);
    let date = Date::japan(at).iso();
    types::save(txn, &Credit { id, clientid: client.id, date, description, amount, relid });
    client.credit
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let client = form.number("clientid").and_then(|id| types::find::<Client>(store, id));
    let client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
    let rows: Vec<Value> = types::all::<Credit>(store)
        .iter()
        .filter(|row| row.clientid == client.id)
        .map(|row| {
            json!({
                "id": row.id.to_string(), "date": row.date, "description": row.description, "amount": money(row.amount),
                "relid": row.relid.to_string(),
            })
        })
        .collect();
    Ok(object(
        json!({ "totalresults": rows.len().to_string(), "clientid": client.id.to_string(), "credits": { "credit": rows } }),
    ))
}

/// `###` or `###.##`
fn decimal(text: &str) -> Option<i64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(places) && places.len() <= 2).then(|| parse_money(text)).flatten()
}

/// Ids of the administrators that exist.
const ADMINS: &[u64] = &[1, 2];

pub(crate) fn add(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let kind = form.text("type").filter(|kind| !kind.is_empty()).unwrap_or_else(|| "add".to_owned());
    if !["add", "remove"].contains(&kind.as_str()) {
        return Err(Failure::new("Type can only be add or remove"));
    }
    let client = form.number("clientid").and_then(|id| types::find::<Client>(txn, id));
    let client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
    if form.get("adminid").is_some() && !form.number("adminid").is_some_and(|id| ADMINS.contains(&id)) {
        return Err(Failure::new("Admin ID Not Found"));
    }
    let amount = form.text("amount").filter(|amount| !amount.is_empty());
    let amount = amount.ok_or_else(|| Failure::new("No Amount Provided"))?;
    let amount = decimal(&amount).ok_or_else(|| Failure::new("Amount must be in decimal format: ### or ###.##"))?;
    let mut at = txn.now_ms();
    if let Some(date) = form.text("date").filter(|date| !date.is_empty()) {
        let day = Date::parse_iso(&date).ok_or_else(|| Failure::new("Date Format is not Valid"))?;
        at = day.japan_start_ms();
    }
    // More than there is cannot be taken away (A).
    let amount = if kind == "remove" { -amount.min(client.credit.max(0)) } else { amount };
    let balance = book(txn, client.id, amount, form.text("description").unwrap_or_default(), 0, at);
    Ok(object(json!({ "newbalance": money(balance) })))
}

/// Takes credit off the client and off what the invoice asks for; pays it when nothing is left.
pub(crate) fn put_towards(txn: &mut Txn<'_>, mut invoice: Invoice, amount: i64, at: i64) -> Invoice {
    let text = format!("Credit Applied to Invoice #{}", invoice.id);
    book(txn, invoice.userid, -amount, text, invoice.id, at);
    invoice.credit += amount;
    invoices::add_up(&mut invoice);
    invoice.updated_at = japan_datetime(at);
    types::save(txn, &invoice);
    effects::hook(txn, "UpdateInvoiceTotal", json!({ "invoiceid": invoice.id }));
    effects::settle(txn, invoice, at, true)
}

pub(crate) fn apply(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let invoice = invoices::given(txn, form)?;
    if invoice.status != "Unpaid" {
        return Err(Failure::new("Invoice Not in Unpaid Status"));
    }
    let available = types::find::<Client>(txn, invoice.userid).map_or(0, |client| client.credit);
    let balance = invoices::balance(txn, &invoice);
    let wanted = form.text("amount").unwrap_or_default();
    let amount =
        if wanted.eq_ignore_ascii_case("full") { available.min(balance) } else { parse_money(&wanted).unwrap_or(0) };
    if amount > available {
        return Err(Failure::new("Amount exceeds customer credit balance"));
    }
    if amount > balance {
        return Err(Failure::new("Amount Exceeds Invoice Balance"));
    }
    if amount <= 0 {
        return Err(Failure::new("Credit Amount to apply must be greater than zero"));
    }
    let id = invoice.id.to_string();
    let invoice = put_towards(txn, invoice, amount, txn.now_ms());
    let mut body = Map::new();
    body.insert("invoiceid".to_owned(), json!(id));
    body.insert("amount".to_owned(), json!(money(amount)));
    // The words, not the values.
    body.insert("invoicepaid".to_owned(), json!((invoice.status == "Paid").to_string()));
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_digits_with_at_most_two_places() {
        assert_eq!([decimal("120"), decimal("120.50"), decimal("0.4")], [Some(120), Some(121), Some(0)]);
        for wrong in ["", "-5", "1,200", "1e3", "12.345", ".5", "5."] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
    }
}
