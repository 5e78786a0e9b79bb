//! Invoices made and changed over the API.

use serde_json::{Map, json};

use super::form::Form;
use super::types::{self, Client, Invoice, InvoiceItem, parse_money};
use super::{Answer, Failure, credit, effects, invoices, object, settings};
use crate::clock::{Date, japan_datetime};
use crate::world::store::Txn;

const STATUSES: &[&str] = &["Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending"];

/// A rate in per cent, kept in thousandths of a per cent; below 0 and above 100 it is none.
fn rate(form: &Form, name: &str) -> Option<i64> {
    let percent: f64 = form.text(name)?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then(|| (percent * 1_000.0).round() as i64)
}

fn date(form: &Form, name: &str) -> Option<Date> {
    // A time behind the day is cut off; old clients write 20260131.
    let text = form.text(name)?;
    text.get(..10).and_then(Date::parse_iso).or_else(|| Date::parse_compact(&text))
}

pub(crate) fn create(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let client = form.number("userid").and_then(|id| types::find::<Client>(txn, id));
    let client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
    let wanted = form.text("status").unwrap_or_default();
    let draft = form.flag("draft") || wanted == "Draft";
    if draft && form.flag("sendinvoice") {
        return Err(Failure::new(
            "Cannot create and send a draft invoice in a single API request. Please create and send separately.",
        ));
    }
    let now = txn.now_ms();
    let mut items = Vec::new();
    for (suffix, description) in form.numbered("itemdescription") {
        let amount = form.get(&format!("itemamount{suffix}")).and_then(parse_money).unwrap_or(0);
        items.push(invoices::line(txn, description.to_owned(), amount, form.flag(&format!("itemtaxed{suffix}"))));
    }
    let method = form.text("paymentmethod").filter(|module| settings::gateway(txn, module).is_some());
    let method = method.unwrap_or_else(|| client.paymentmethod.clone());
    let made = date(form, "date").unwrap_or(Date::japan(now));
    let due = date(form, "duedate").unwrap_or(made);
    let mut invoice = invoices::raise_due(txn, &client, items, &method, now, due);
    invoice.date = made.iso();
    invoice.notes = form.text("notes").unwrap_or_default();
    invoice.status = if draft {
        "Draft".to_owned()
    } else {
        STATUSES.iter().find(|status| **status == wanted).map_or("Unpaid", |status| status).to_owned()
    };
    invoice.taxrate = rate(form, "taxrate").unwrap_or(invoice.taxrate);
    invoice.taxrate2 = rate(form, "taxrate2").unwrap_or(invoice.taxrate2);
    invoices::add_up(&mut invoice);
    types::save(txn, &invoice);
    effects::invoice_created(txn, &invoice, "api", form.flag("sendinvoice"), now);
    if form.flag("autoapplycredit") && invoice.status == "Unpaid" {
        let amount = client.credit.min(invoices::balance(txn, &invoice));
        if amount > 0 {
            invoice = credit::put_towards(txn, invoice, amount, now);
        }
    }
    // A number here, though the documentation shows a text: so it is on live installations.
    Ok(object(json!({ "invoiceid": invoice.id, "status": invoice.status })))
}

pub(crate) fn update(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let mut invoice = invoices::given(txn, form)?;
    let now = txn.now_ms();
    let publish = form.flag("publish") || form.flag("publishandsendemail");
    if publish && invoice.status != "Draft" {
        return Err(Failure::new("Invoice must be in Draft status to be published"));
    }
    let status = form.text("status").filter(|status| !status.is_empty());
    if let Some(wrong) = status.as_deref().filter(|status| !STATUSES.contains(status)) {
        return Err(Failure::message(format!("Invalid status {wrong}")));
    }
    change_items(txn, &mut invoice, form)?;
    for (name, target) in [("date", &mut invoice.date), ("duedate", &mut invoice.duedate)] {
        if let Some(day) = date(form, name) {
            *target = day.iso();
        }
    }
    if let Some(text) = form.text("datepaid").filter(|text| !text.is_empty()) {
        invoice.datepaid = text;
    }
    if let Some(notes) = form.text("notes") {
        invoice.notes = notes;
    }
    let before = invoice.paymentmethod.clone();
    if let Some(method) = form.text("paymentmethod").filter(|module| settings::gateway(txn, module).is_some()) {
        invoice.paymentmethod = method;
    }
    invoice.taxrate = rate(form, "taxrate").unwrap_or(invoice.taxrate);
    invoice.taxrate2 = rate(form, "taxrate2").unwrap_or(invoice.taxrate2);
    if let Some(credit) = form.get("credit").and_then(parse_money) {
        invoice.credit = credit;
    }
    invoices::add_up(&mut invoice);
    invoice.updated_at = japan_datetime(now);
    if publish {
        invoice.status = "Unpaid".to_owned();
    }
    types::save(txn, &invoice);
    if invoice.paymentmethod != before {
        effects::hook(
            txn,
            "InvoiceChangeGateway",
            json!({ "invoiceid": invoice.id, "paymentmethod": invoice.paymentmethod }),
        );
    }
    effects::hook(txn, "UpdateInvoiceTotal", json!({ "invoiceid": invoice.id }));
    if publish {
        effects::invoice_created(txn, &invoice, "api", form.flag("publishandsendemail"), now);
    }
    if let Some(status) = status {
        set_status(txn, invoice.clone(), &status, now);
    }
    let mut body = Map::new();
    body.insert("invoiceid".to_owned(), json!(invoice.id.to_string()));
    Ok(body)
}

/// A status set by hand. `Paid` runs what a payment runs, without a transaction.
pub(super) fn set_status(txn: &mut Txn<'_>, mut invoice: Invoice, status: &str, now: i64) {
    if invoice.status == status {
        return;
    }
    let id = json!({ "invoiceid": invoice.id });
    if status == "Paid" {
        effects::mark_paid(txn, invoice, now);
        return;
    }
    status.clone_into(&mut invoice.status);
    let hook = match status {
        "Cancelled" => {
            invoice.date_cancelled = japan_datetime(now);
            Some("InvoiceCancelled")
        }
        "Refunded" => {
            invoice.date_refunded = japan_datetime(now);
            Some("InvoiceRefunded")
        }
        "Unpaid" => {
            invoices::NEVER.clone_into(&mut invoice.datepaid);
            Some("InvoiceUnpaid")
        }
        _ => None,
    };
    types::save(txn, &invoice);
    if let Some(hook) = hook {
        effects::hook(txn, hook, id);
    }
}

/// Lines by their id (`itemdescription[37]`), new lines and lines to delete.
fn change_items(txn: &mut Txn<'_>, invoice: &mut Invoice, form: &Form) -> Result<(), Failure> {
    let (texts, amounts, taxed) = (form.array("itemdescription")?, form.array("itemamount")?, form.array("itemtaxed")?);
    let ids: std::collections::BTreeSet<usize> =
        texts.keys().chain(amounts.keys()).chain(taxed.keys()).copied().collect();
    for id in ids {
        let (Some(text), Some(amount), Some(tax)) = (texts.get(&id), amounts.get(&id), taxed.get(&id)) else {
            return Err(Failure::new(
                "Missing Variables: itemdescription, itemamount and itemtaxed are required for each item being changed",
            ));
        };
        // A line of another invoice is passed over without a word (A).
        if let Some(item) = invoice.items.iter_mut().find(|item| item.id == id as u64) {
            (*text).clone_into(&mut item.description);
            item.amount = parse_money(amount).unwrap_or(item.amount);
            item.taxed = Form::truth(tax);
        }
    }
    let (amounts, taxed) = (form.array("newitemamount")?, form.array("newitemtaxed")?);
    for (at, text) in form.array("newitemdescription")? {
        let amount = amounts.get(&at).and_then(|amount| parse_money(amount)).unwrap_or(0);
        let item: InvoiceItem =
            invoices::line(txn, text.to_owned(), amount, taxed.get(&at).is_some_and(|tax| Form::truth(tax)));
        invoice.items.push(item);
    }
    let gone: Vec<u64> = form.array("deletelineids")?.into_values().filter_map(|id| id.trim().parse().ok()).collect();
    invoice.items.retain(|item| !gone.contains(&item.id));
    Ok(())
}

/// Sets an unpaid invoice to cancelled, as the cancelling of its order does.
pub(crate) fn cancel_unpaid(txn: &mut Txn<'_>, id: u64, now: i64) {
    if let Some(mut invoice) = types::find::<Invoice>(txn, id)
        && invoice.status == "Unpaid"
    {
        invoice.updated_at = japan_datetime(now);
        set_status(txn, invoice, "Cancelled", now);
    }
}

/// The lines of the daily run and of upgrades carry what they pay for.
pub(crate) fn line_for(txn: &mut Txn<'_>, kind: &str, relid: u64, description: String, amount: i64) -> InvoiceItem {
    InvoiceItem { kind: kind.to_owned(), relid, ..invoices::line(txn, description, amount, true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_per_cents_between_nothing_and_everything() {
        let form = Form::parse(b"a=8&b=10.5&c=-1&d=abc&e=101");
        assert_eq!(rate(&form, "a"), Some(8_000));
        assert_eq!(rate(&form, "b"), Some(10_500));
        assert_eq!([rate(&form, "c"), rate(&form, "d"), rate(&form, "e")], [None, None, None]);
    }
}
