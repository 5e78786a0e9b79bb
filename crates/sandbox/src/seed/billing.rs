//! The billing history of the customers: stored cards and accounts, credit, invoices, what was paid.

use super::customers::since;
use super::people::Person;
use crate::clock::{DAY_MS, Date, japan_datetime};
use crate::freebit::types as sim;
use crate::whmcs::types::{self, Client, Credit, Invoice, InvoiceItem, PayMethod, Service, Transaction};
use crate::whmcs::{NEVER, new_invoice, tax};
use crate::world::store::Txn;

/// Yen of credit that a customer has.
pub(super) fn credit(person: &Person) -> i64 {
    match person.number {
        "C-100001" => 500,
        "C-100003" => 1_100,
        _ => 0,
    }
}

/// What a customer pays with.
pub(super) fn means(txn: &mut Txn<'_>, person: &Person, client: &Client, now: i64) {
    let method = PayMethod {
        id: types::next_id::<PayMethod>(txn),
        clientid: client.id,
        kind: if person.bank { "BankAccount" } else { "RemoteCreditCard" }.to_owned(),
        description: if person.bank { "Main account" } else { "Everyday card" }.to_owned(),
        gateway_name: client.paymentmethod.clone(),
        card_last_four: format!("{:04}", 4_240 + client.id),
        expiry_date: format!("12/{:02}", (Date::japan(now).year + 2) % 100),
        card_type: "Visa".to_owned(),
        bank_name: if person.bank { "Example Bank" } else { "" }.to_owned(),
        last_updated: since(person, now).iso().split('-').rev().collect::<Vec<_>>().join("/") + " 10:00",
        ..PayMethod::default()
    };
    types::save(txn, &method);
    if person.number == "C-100001" {
        // An old card that nobody has deleted: it is no longer good.
        let old = PayMethod {
            id: types::next_id::<PayMethod>(txn),
            description: "Old card".to_owned(),
            card_last_four: "4444".to_owned(),
            card_type: "MasterCard".to_owned(),
            expiry_date: format!("03/{:02}", (Date::japan(now).year - 1) % 100),
            position: 1,
            ..method
        };
        types::save(txn, &old);
    }
    if client.credit > 0 {
        let date = Date::japan(now).first_of_month(-1).plus_days(9).iso();
        let credit = Credit {
            id: types::next_id::<Credit>(txn),
            clientid: client.id,
            date,
            description: "Goodwill after an outage".to_owned(),
            amount: client.credit,
            relid: 0,
        };
        types::save(txn, &credit);
    }
}

/// One invoice on the first of each month, paid five days later but for the last ones of those who owe.
pub(super) fn invoices(txn: &mut Txn<'_>, person: &Person, client: &Client, services: &[Service], now: i64) {
    let today = Date::japan(now);
    let months = person.holdings.iter().map(|holding| holding.months).max().unwrap_or(0);
    for back in (0..=months).rev() {
        let date = today.first_of_month(-back);
        let items: Vec<InvoiceItem> = services
            .iter()
            .zip(person.holdings)
            .filter(|(service, holding)| {
                // A cancelled service was billed for half a year.
                let ended = holding.status == "Cancelled" && back < holding.months - 6;
                service.recurringamount > 0 && holding.months >= back && holding.months > 0 && !ended
            })
            .map(|(service, _)| InvoiceItem {
                id: txn.next("whmcs.invoiceitems", 0),
                kind: "Hosting".to_owned(),
                relid: service.id,
                description: format!(
                    "{} ({} - {})",
                    service.name,
                    date.iso(),
                    date.first_of_month(1).plus_days(-1).iso()
                ),
                amount: service.recurringamount,
                taxed: true,
                due: date.iso(),
            })
            .collect();
        if items.is_empty() {
            continue;
        }
        let subtotal: i64 = items.iter().map(|item| item.amount).sum();
        let unpaid = usize::try_from(back).is_ok_and(|back| back < person.unpaid);
        let paid_ms = (date.japan_start_ms() + 5 * DAY_MS + DAY_MS / 3).min(now);
        let created = japan_datetime(date.japan_start_ms() + 3_600_000);
        let invoice = Invoice {
            id: types::next_id::<Invoice>(txn),
            userid: client.id,
            date: date.iso(),
            duedate: date.plus_days(14).iso(),
            datepaid: if unpaid { NEVER.to_owned() } else { japan_datetime(paid_ms) },
            subtotal,
            tax: tax(subtotal),
            credit: 0,
            total: subtotal + tax(subtotal),
            status: if unpaid { "Unpaid" } else { "Paid" }.to_owned(),
            paymentmethod: client.paymentmethod.clone(),
            notes: String::new(),
            created_at: created.clone(),
            updated_at: if unpaid { created } else { japan_datetime(paid_ms) },
            items,
            ..new_invoice()
        };
        types::save(txn, &invoice);
        if !unpaid {
            let id = types::next_id::<Transaction>(txn);
            let transaction = Transaction {
                id,
                userid: client.id,
                gateway: client.paymentmethod.clone(),
                date: japan_datetime(paid_ms),
                description: "Invoice Payment".to_owned(),
                amountin: invoice.total,
                fees: 0,
                amountout: 0,
                transid: format!("ch_{:012x}", sim::mix(person.phone, back) & 0xffff_ffff_ffff),
                invoiceid: invoice.id,
                refundid: 0,
            };
            types::save(txn, &transaction);
        }
    }
}

/// What the first customer bought beside her services: one thing that is paid for soon, one that she has forgotten.
pub(super) fn extras(txn: &mut Txn<'_>, client: &Client, now: i64) {
    if client.id != 1 {
        return;
    }
    let today = Date::japan(now);
    // Not on the first of a month, when services fall due.
    let soon = today.plus_days(if today.plus_days(10).day == 1 { 11 } else { 10 });
    for (text, amount, made, due) in [
        ("SIM card replacement", 3_000, today.plus_days(-40), today.plus_days(-26)),
        ("Home router, shipped", 8_800, today.plus_days(-4), soon),
    ] {
        let created = japan_datetime(made.japan_start_ms() + 9 * 3_600_000);
        let item = InvoiceItem {
            id: txn.next("whmcs.invoiceitems", 0),
            description: text.to_owned(),
            amount,
            taxed: true,
            ..InvoiceItem::default()
        };
        let invoice = Invoice {
            id: types::next_id::<Invoice>(txn),
            userid: client.id,
            date: made.iso(),
            duedate: due.iso(),
            subtotal: amount,
            tax: tax(amount),
            total: amount + tax(amount),
            status: "Unpaid".to_owned(),
            paymentmethod: client.paymentmethod.clone(),
            created_at: created.clone(),
            updated_at: created,
            items: vec![item],
            ..new_invoice()
        };
        types::save(txn, &invoice);
    }
}
