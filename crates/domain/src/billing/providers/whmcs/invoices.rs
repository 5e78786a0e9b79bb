//! `GetInvoices` and `GetInvoice`.

use super::{date, id, money, money_or_zero};
use crate::billing::{Invoice, InvoiceDetail, InvoiceLine, InvoiceStatus, Transaction};
use crate::common::loose::{Inner, Rows, Text};
use crate::common::map_error::MapError;
use crate::{Currency, ServiceId};
use serde::Deserialize;

const WHAT: &str = "WHMCS invoice";

/// A page of `GetInvoices` as it comes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawInvoicePage {
    totalresults: Text,
    numreturned: Text,
    invoices: Rows<RawInvoice, InvoiceKey>,
}

#[derive(Debug)]
struct InvoiceKey;
impl Inner for InvoiceKey {
    const KEY: &'static str = "invoice";
}

/// Members of both actions. `GetInvoice` calls the id `invoiceid` and knows no currency.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawInvoice {
    id: Text,
    invoiceid: Text,
    userid: Text,
    invoicenum: Text,
    date: Text,
    duedate: Text,
    datepaid: Text,
    subtotal: Text,
    credit: Text,
    tax: Text,
    tax2: Text,
    total: Text,
    status: Text,
    paymentmethod: Text,
    currencycode: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawDetail {
    #[serde(flatten)]
    invoice: RawInvoice,
    balance: Text,
    items: Rows<RawItem, ItemKey>,
    transactions: Rows<RawTransaction, TransactionKey>,
}

#[derive(Debug)]
struct ItemKey;
impl Inner for ItemKey {
    const KEY: &'static str = "item";
}
#[derive(Debug)]
pub(super) struct TransactionKey;
impl Inner for TransactionKey {
    const KEY: &'static str = "transaction";
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawItem {
    #[serde(rename = "type")]
    kind: Text,
    relid: Text,
    description: Text,
    amount: Text,
    taxed: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawTransaction {
    id: Text,
    date: Text,
    gateway: Text,
    transid: Text,
    amountin: Text,
    amountout: Text,
    invoiceid: Text,
}

/// A page of invoices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicePage {
    pub invoices: Vec<Invoice>,
    /// Rows that do not fit, to be logged; the others are shown.
    pub unreadable: Vec<MapError>,
    /// Matches in all.
    pub total: u64,
    /// Rows of this page as WHMCS counts them, 0 at the end.
    pub returned: u64,
}

/// Reads a reply of `GetInvoices`.
///
/// # Errors
/// When it is not JSON, or there is no list where the list should be. A row that does not fit is no error.
pub fn invoice_page(reply: &[u8], currency: Currency) -> Result<InvoicePage, MapError> {
    let raw = serde_json::from_slice(reply).map_err(|_| MapError::new(WHAT, "reply", "is not JSON"))?;
    map_invoices(raw, currency)
}

/// The same from what was parsed already.
///
/// # Errors
/// As [`invoice_page`].
pub fn map_invoices(raw: RawInvoicePage, currency: Currency) -> Result<InvoicePage, MapError> {
    if raw.invoices.misfit {
        return Err(MapError::new(WHAT, "invoices", "is not a list"));
    }
    let rows = raw.invoices.rows.len() as u64;
    let mut page = InvoicePage {
        invoices: Vec::with_capacity(raw.invoices.rows.len()),
        unreadable: Vec::new(),
        total: raw.totalresults.number().unwrap_or(rows),
        returned: raw.numreturned.number().unwrap_or(rows).max(rows),
    };
    for row in raw.invoices.rows {
        match summary(row, currency) {
            Ok(invoice) => page.invoices.push(invoice),
            Err(error) => page.unreadable.push(error),
        }
    }
    Ok(page)
}

/// Reads a reply of `GetInvoice`.
///
/// # Errors
/// When a member does not fit: an invoice that is shown in part would show a wrong sum.
pub fn invoice(reply: &[u8], currency: Currency) -> Result<InvoiceDetail, MapError> {
    let raw: RawDetail =
        serde_json::from_slice(reply).map_err(|_| MapError::new(WHAT, "reply", "is not an invoice"))?;
    if raw.items.misfit || raw.transactions.misfit {
        return Err(MapError::new(WHAT, "items", "is not a list"));
    }
    let lines = raw.items.rows.into_iter().map(|item| {
        // Only these two name a service by its id.
        let service = matches!(item.kind.as_str(), "Hosting" | "PromoHosting").then(|| item.relid.number()).flatten();
        Ok(InvoiceLine {
            amount: money(&item.amount, WHAT, "amount", currency)?,
            taxed: item.taxed.truth(),
            service_id: service.filter(|id| *id > 0).map(ServiceId),
            description: item.description.0,
        })
    });
    Ok(InvoiceDetail {
        lines: lines.collect::<Result<_, MapError>>()?,
        transactions: transactions(raw.transactions.rows, currency)?,
        balance: money(&raw.balance, WHAT, "balance", currency)?,
        invoice: summary(raw.invoice, currency)?,
    })
}

pub(super) fn transactions(rows: Vec<RawTransaction>, currency: Currency) -> Result<Vec<Transaction>, MapError> {
    const WHAT: &str = "WHMCS transaction";
    let read = |row: RawTransaction| {
        Ok(Transaction {
            id: id(&row.id, WHAT, "id")?,
            on: date(&row.date, WHAT, "date")?,
            amount_in: money_or_zero(&row.amountin, WHAT, "amountin", currency)?,
            amount_out: money_or_zero(&row.amountout, WHAT, "amountout", currency)?,
            invoice_id: row.invoiceid.number().filter(|id| *id > 0),
            gateway: row.gateway.0,
            reference: row.transid.0,
        })
    };
    rows.into_iter().map(read).collect()
}

fn summary(raw: RawInvoice, currency: Currency) -> Result<Invoice, MapError> {
    // Only lists say it; a row in another currency must not be shown as ours.
    if !raw.currencycode.as_str().is_empty() && raw.currencycode.as_str() != currency.code() {
        return Err(MapError::new(WHAT, "currencycode", "is another currency"));
    }
    let named = if raw.invoiceid.as_str().is_empty() { raw.id } else { raw.invoiceid };
    let id = id(&named, WHAT, "id")?;
    let tax = money_or_zero(&raw.tax, WHAT, "tax", currency)?;
    let tax2 = money_or_zero(&raw.tax2, WHAT, "tax2", currency)?;
    Ok(Invoice {
        id,
        client_id: self::id(&raw.userid, WHAT, "userid")?,
        issued_on: date(&raw.date, WHAT, "date")?,
        due_on: date(&raw.duedate, WHAT, "duedate")?,
        paid_on: date(&raw.datepaid, WHAT, "datepaid")?,
        subtotal: money(&raw.subtotal, WHAT, "subtotal", currency)?,
        credit: money_or_zero(&raw.credit, WHAT, "credit", currency)?,
        tax: tax.checked_add(tax2).ok_or_else(|| MapError::new(WHAT, "tax", "is out of range"))?,
        total: money(&raw.total, WHAT, "total", currency)?,
        status: status(raw.status)?,
        payment_gateway: raw.paymentmethod.0,
        number: if raw.invoicenum.as_str().is_empty() { named.0 } else { raw.invoicenum.0 },
    })
}

fn status(text: Text) -> Result<InvoiceStatus, MapError> {
    Ok(match text.as_str() {
        "" => return Err(MapError::missing(WHAT, "status")),
        "Draft" => InvoiceStatus::Draft,
        "Unpaid" => InvoiceStatus::Unpaid,
        "Paid" => InvoiceStatus::Paid,
        "Cancelled" => InvoiceStatus::Cancelled,
        "Refunded" => InvoiceStatus::Refunded,
        "Collections" => InvoiceStatus::Collections,
        "Payment Pending" => InvoiceStatus::PaymentPending,
        _ => InvoiceStatus::Other(text.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Date, Money};
    use serde_json::{Value, json};

    const JPY: Currency = Currency::Jpy;

    fn row() -> Value {
        json!({
            "id": 12, "userid": 7, "firstname": "Mika", "lastname": "Sato", "companyname": "", "invoicenum": "2026-12",
            "date": "2026-04-01", "duedate": "2026-04-15", "datepaid": "0000-00-00 00:00:00", "subtotal": "1200.00", "credit": "0.00",
            "tax": "120.00", "tax2": "0.00", "total": "1320.00", "taxrate": "10.00", "status": "Unpaid", "paymentmethod": "stripe",
            "paymethodid": null, "notes": "", "currencycode": "JPY", "currencyprefix": "¥", "currencysuffix": " JPY",
        })
    }
    fn with(change: Value) -> Value {
        let mut row = row();
        for (key, value) in change.as_object().unwrap() {
            row[key] = value.clone();
        }
        row
    }
    fn page(invoices: Value) -> Result<InvoicePage, MapError> {
        let reply =
            json!({"result": "success", "totalresults": "1", "startnumber": 0, "numreturned": 1, "invoices": invoices});
        invoice_page(reply.to_string().as_bytes(), JPY)
    }
    fn one(row: Value) -> Result<Invoice, MapError> {
        let page = page(json!({"invoice": [row]}))?;
        page.unreadable.first().cloned().map_or_else(|| Ok(page.invoices[0].clone()), Err)
    }

    #[test]
    fn the_documented_row_and_its_odd_twins_are_the_same_invoice() {
        let plain = one(row()).unwrap();
        assert_eq!((plain.id, plain.client_id, plain.number.as_str()), (12, 7, "2026-12"));
        assert_eq!(
            (plain.issued_on, plain.due_on, plain.paid_on),
            (Date::new(2026, 4, 1), Date::new(2026, 4, 15), None)
        );
        assert_eq!((plain.subtotal, plain.tax, plain.total), (Money::yen(1200), Money::yen(120), Money::yen(1320)));
        assert_eq!(plain.status, InvoiceStatus::Unpaid);
        for (odd, change) in [
            ("ids as text", json!({"id": "12", "userid": "7"})),
            ("empty date", json!({"datepaid": ""})),
            ("null date", json!({"datepaid": null})),
            ("short zero date", json!({"datepaid": "0000-00-00"})),
            ("amounts as numbers", json!({"subtotal": 1200, "total": 1320.0, "credit": 0, "tax": 120})),
            ("no decimals", json!({"subtotal": "1200", "total": "1320"})),
            ("missing second tax", json!({"tax2": ""})),
            ("unknown members", json!({"addon_extra": {"deep": [1]}, "model": null})),
            ("no currency, as in one version", json!({"currencycode": null})),
        ] {
            assert_eq!(one(with(change)).as_ref(), Ok(&plain), "{odd}");
        }
        for form in [json!({"invoice": row()}), json!({"invoice": {"0": row()}}), json!([row()]), json!({"128": row()})]
        {
            assert_eq!(page(form.clone()).unwrap().invoices, std::slice::from_ref(&plain), "{form}");
        }
    }

    #[test]
    fn an_empty_list_in_any_form_is_empty_and_a_word_is_none() {
        for empty in [json!(""), json!([]), json!({}), json!(null), json!({"invoice": []}), json!({"invoice": ""})] {
            assert_eq!(page(empty).unwrap().invoices, []);
        }
        assert!(page(json!("maintenance")).is_err());
        assert!(invoice_page(b"<html></html>", JPY).is_err());
    }

    #[test]
    fn a_row_that_does_not_fit_leaves_the_others() {
        for (change, field) in [
            (json!({"total": "1320.50"}), "total"),
            (json!({"total": "¥1,320 JPY"}), "total"),
            (json!({"total": ""}), "total"),
            (json!({"id": "x"}), "id"),
            (json!({"userid": 0}), "userid"),
            (json!({"duedate": "15/04/2026"}), "duedate"),
            (json!({"status": ""}), "status"),
            (json!({"currencycode": "USD"}), "currencycode"),
        ] {
            let both = page(json!({"invoice": [with(change.clone()), row()]})).unwrap();
            assert_eq!(both.invoices.len(), 1, "{change}");
            assert_eq!(both.unreadable[0].field, field, "{change}");
        }
    }

    #[test]
    fn an_unknown_status_is_never_paid() {
        for word in ["Overpaid", "paid", "PAID", "Paid ", "1"] {
            let invoice = one(with(json!({"status": word}))).unwrap();
            assert_eq!(invoice.status, InvoiceStatus::Other(word.to_owned()));
            assert!(!invoice.status.is_settled() && !invoice.status.is_payable());
        }
        let known = ["Draft", "Unpaid", "Paid", "Cancelled", "Refunded", "Collections", "Payment Pending"];
        for word in known {
            assert!(!matches!(one(with(json!({"status": word}))).unwrap().status, InvoiceStatus::Other(_)), "{word}");
        }
    }

    #[test]
    fn late_is_unpaid_after_the_due_day() {
        let invoice = one(row()).unwrap();
        assert!(!invoice.is_overdue(Date::new(2026, 4, 15).unwrap()));
        assert!(invoice.is_overdue(Date::new(2026, 4, 16).unwrap()));
        assert!(!one(with(json!({"status": "Paid"}))).unwrap().is_overdue(Date::new(2026, 5, 1).unwrap()));
    }

    fn detail(change: Value) -> Result<InvoiceDetail, MapError> {
        let mut reply = json!({
            "result": "success", "invoiceid": 12, "invoicenum": "", "userid": "7", "date": "2026-04-01", "duedate": "2026-04-15",
            "datepaid": "2026-04-02 10:00:00", "lastcaptureattempt": "0000-00-00 00:00:00", "subtotal": "1200.00", "credit": "20.00",
            "tax": "120.00", "tax2": "0.00", "total": "1300.00", "balance": "0.00", "taxrate": "10.00", "status": "Paid",
            "paymentmethod": "stripe", "notes": "", "ccgateway": true,
            "items": {"item": [
                {"id": 1, "type": "Hosting", "relid": 9, "description": "Asagao 20 GB &amp; voice\n(2026-04-01)", "amount": "1200.00", "taxed": 1},
                {"id": "2", "type": "", "relid": "0", "description": "Campaign", "amount": "-100.00", "taxed": "0"},
            ]},
            "transactions": "",
        });
        for (key, value) in change.as_object().unwrap() {
            reply[key] = value.clone();
        }
        invoice(reply.to_string().as_bytes(), JPY)
    }

    #[test]
    fn an_invoice_with_its_lines() {
        let invoice = detail(json!({})).unwrap();
        assert_eq!((invoice.invoice.id, invoice.invoice.number.as_str()), (12, "12"), "without a number it is its id");
        assert_eq!(invoice.invoice.paid_on, Date::new(2026, 4, 2));
        assert_eq!(invoice.balance, Money::yen(0));
        assert_eq!(invoice.lines[0].description, "Asagao 20 GB & voice\n(2026-04-01)");
        assert_eq!((invoice.lines[0].service_id, invoice.lines[0].taxed), (Some(ServiceId(9)), true));
        assert_eq!((invoice.lines[1].service_id, invoice.lines[1].taxed), (None, false));
        assert_eq!(invoice.lines[1].amount, Money::yen(-100));
        assert_eq!(invoice.transactions, []);
    }

    #[test]
    fn transactions_come_as_nothing_one_or_many() {
        let paid = json!({"id": "3", "userid": "7", "currency": "0", "gateway": "stripe", "date": "2026-04-02 10:00:00",
            "description": "Invoice Payment", "amountin": "1300.00", "fees": "0.00", "amountout": "0.00", "rate": "1.00000",
            "transid": "ch_1", "invoiceid": "12", "refundid": "0"});
        for form in [json!({"transaction": [paid]}), json!({"transaction": paid}), json!([paid]), json!({"0": paid})] {
            let found = detail(json!({"transactions": form})).unwrap().transactions;
            assert_eq!(found.len(), 1, "{form}");
            assert_eq!((found[0].id, found[0].amount_in, found[0].reference.as_str()), (3, Money::yen(1300), "ch_1"));
            assert_eq!(found[0].invoice_id, Some(12));
        }
        assert!(detail(json!({"transactions": "none"})).is_err());
        assert!(
            detail(json!({"items": {"item": [{"description": "x", "amount": "1.5"}]}})).is_err(),
            "no half invoices"
        );
        assert!(detail(json!({"balance": null})).is_err());
    }
}
