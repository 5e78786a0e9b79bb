//! What billing staff do in the admin screens of WHMCS; the console acts through this.
//!
//! Who may call the API does not matter here: staff do not go through it.

use super::types::{self, Invoice, Transaction, money};
use super::{credit, effects, invoice_edit, invoices, payments};
use crate::World;
use crate::clock::japan_datetime;
use crate::keys::random_text;
use crate::world::store::{Store, StoreError, Txn};

struct Refused(String);

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

fn refused<T>(text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(text.into()))
}

/// What was paid for an invoice and did not go back yet, in yen: payments and credit.
pub(crate) fn refundable(store: &Store, invoice: &Invoice) -> i64 {
    (invoices::paid(store, invoice.id) + invoice.credit).max(0)
}

fn owed(txn: &Txn<'_>, id: u64) -> Result<Invoice, Refused> {
    let Some(invoice) = types::find::<Invoice>(txn, id) else { return refused("There is no such invoice.") };
    match invoice.status.as_str() {
        "Unpaid" | "Payment Pending" | "Collections" => Ok(invoice),
        other => refused(format!("The invoice is {other}: nothing is to be paid.")),
    }
}

fn row(invoice: &Invoice, gateway: &str, description: String, now: i64) -> Transaction {
    Transaction {
        id: 0,
        userid: invoice.userid,
        gateway: gateway.to_owned(),
        date: japan_datetime(now),
        description,
        amountin: 0,
        fees: 0,
        amountout: 0,
        transid: String::new(),
        invoiceid: invoice.id,
        refundid: 0,
    }
}

impl World {
    fn as_staff<T>(&self, work: impl FnOnce(&mut Txn<'_>, i64) -> Result<T, Refused>) -> Result<T, String> {
        self.write(|txn| work(txn, self.now_ms())).map_err(|Refused(text)| text)
    }

    /// Books a bank transfer over the balance of an unpaid invoice; answers the amount in yen.
    ///
    /// # Errors
    /// A text for people when there is no such invoice or nothing is to be paid.
    pub fn pay_invoice(&self, id: u64) -> Result<i64, String> {
        self.as_staff(|txn, now| {
            let invoice = owed(txn, id)?;
            let amount = invoices::balance(txn, &invoice);
            let mut payment = row(&invoice, "banktransfer", "Invoice Payment".to_owned(), now);
            payment.amountin = amount;
            payment.transid = format!("TR-{}", random_text(10));
            payments::receive(txn, invoice, payment, now, true);
            Ok(amount)
        })
    }

    /// Charges the stored card with the balance of an unpaid invoice; answers the amount in yen. A refusal is kept as an
    /// attempt.
    ///
    /// # Errors
    /// As [`World::pay_invoice`]; also when there is no card or the gateway refuses it.
    pub fn charge_invoice(&self, id: u64) -> Result<i64, String> {
        let charged = self.as_staff(|txn, now| {
            let invoice = owed(txn, id)?;
            let amount = invoices::balance(txn, &invoice);
            Ok(payments::charge(txn, invoice, now).map(|_| amount))
        })?;
        charged.ok_or_else(|| {
            "The charge failed: the customer has no valid card, or its bank refuses. Mark it paid, or try after a new card is stored.".to_owned()
        })
    }

    /// Cancels an invoice that nobody paid.
    ///
    /// # Errors
    /// A text for people when there is no such invoice, or it is neither a draft nor unpaid.
    pub fn cancel_invoice(&self, id: u64) -> Result<(), String> {
        self.as_staff(|txn, now| {
            let Some(invoice) = types::find::<Invoice>(txn, id) else { return refused("There is no such invoice.") };
            if !matches!(invoice.status.as_str(), "Draft" | "Unpaid" | "Payment Pending" | "Collections") {
                return refused(format!("The invoice is {}: it cannot be cancelled any more.", invoice.status));
            }
            invoice_edit::set_status(txn, invoice, "Cancelled", now);
            Ok(())
        })
    }

    /// Gives back what was paid for an invoice, all of it: over the way it came in, or as credit. What had been paid from
    /// credit becomes credit again. Answers the amount in yen. Services stay as they are, as in the real system.
    ///
    /// # Errors
    /// A text for people when there is no such invoice, or nothing was paid for it.
    pub fn refund_invoice(&self, id: u64, as_credit: bool) -> Result<i64, String> {
        self.as_staff(|txn, now| {
            let Some(invoice) = types::find::<Invoice>(txn, id) else { return refused("There is no such invoice.") };
            let amount = refundable(txn, &invoice);
            if invoice.status != "Paid" || amount == 0 {
                return refused(format!("The invoice is {} and nothing is there to give back.", invoice.status));
            }
            let mut to_credit = invoice.credit;
            let paid: Vec<Transaction> = types::all::<Transaction>(txn);
            let mut left = amount - invoice.credit;
            // The youngest payment first, until all that is left has gone back.
            for payment in paid.iter().rev().filter(|row| row.invoiceid == id && row.amountin > 0) {
                let part = payment.amountin.min(left);
                if part == 0 {
                    continue;
                }
                left -= part;
                if as_credit {
                    to_credit += part;
                }
                let text = format!("Refund of Transaction ID {}", payment.transid);
                let mut back = row(&invoice, &payment.gateway, text, now);
                back.amountout = part;
                back.refundid = payment.id;
                back.transid = if as_credit { String::new() } else { format!("re_{}", random_text(24)) };
                payments::book(txn, back);
            }
            if to_credit > 0 {
                credit::book(txn, invoice.userid, to_credit, format!("Credit from Refund of Invoice ID {id}"), id, now);
            }
            let text = format!("A refund of {} for invoice #{id} has been processed.", money(amount));
            effects::mail(txn, invoice.userid, "Invoice Refund Confirmation", "Invoice Refund Confirmation", text, now);
            invoice_edit::set_status(txn, invoice, "Refunded", now);
            Ok(amount)
        })
    }
}
