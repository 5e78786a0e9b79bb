//! The daily run: invoices ahead of their due date, captures, late fees, suspensions, cancellations that fall due.
//!
//! It runs once for each day that the sandbox's clock passes. A second run of a day does nothing, and so does a day
//! that lies before the last one.

use serde_json::json;
use std::collections::BTreeMap;

use super::types::{self, CancelRequest, Client, Invoice, InvoiceItem, Product, Service};
use super::{effects, invoice_edit, invoices, modules, payments, settings};
use crate::World;
use crate::clock::Date;
use crate::world::store::{Store, StoreError, Txn};

const TABLE: &str = "whmcs.cron";
/// Hours after midnight at which it runs.
const HOUR: i64 = 4;
/// The most days that one call makes up for: two years.
const MOST_DAYS: i64 = 732;
/// An overdue invoice is charged again every so many days.
const RETRY_DAYS: i64 = 7;

fn last_day(store: &Store) -> Option<i64> {
    store.read(TABLE, "last")
}

/// Marks a day as run, without running it: a world begins with its past behind it.
pub(crate) fn begin(txn: &mut Txn<'_>, today: Date) {
    txn.put(TABLE, "last", &today.days());
}

impl World {
    /// Runs WHMCS's daily work for every day since the last run up to today, by the sandbox's clock. Each day is kept
    /// for itself. Answers how many days were run.
    pub fn run_whmcs_days(&self) -> usize {
        let today = Date::japan(self.now_ms()).days();
        let from = self.read(last_day).map_or(today, |last| last + 1).max(today - MOST_DAYS);
        let mut done = 0;
        for day in from..=today {
            match self.write(|txn| -> Result<(), StoreError> {
                run_daily(txn, Date::from_days(day));
                Ok(())
            }) {
                Ok(()) => done += 1,
                Err(error) => tracing::error!(%error, day, "daily run not kept"),
            }
        }
        done
    }

    /// As [`World::run_whmcs_days`], up to a day written `2026-01-31` which the clock has not reached yet.
    ///
    /// # Errors
    /// A text for people when that is no day or a day too far off.
    pub fn run_whmcs_days_until(&self, day: &str) -> Result<usize, String> {
        let until = Date::parse_iso(day).ok_or_else(|| format!("{day} is not a day"))?.days();
        let from = self.read(last_day).map_or(until, |last| last + 1);
        if until - from > MOST_DAYS {
            return Err(format!("{day} is more than {MOST_DAYS} days ahead"));
        }
        for day in from..=until {
            self.write(|txn| -> Result<(), StoreError> {
                run_daily(txn, Date::from_days(day));
                Ok(())
            })
            .map_err(|error| error.to_string())?;
        }
        Ok(usize::try_from((until - from + 1).max(0)).unwrap_or(0))
    }
}

/// The work of one day.
pub(crate) fn run_daily(txn: &mut Txn<'_>, day: Date) {
    if last_day(txn).is_some_and(|last| day.days() <= last) {
        return;
    }
    let at = day.japan_start_ms() + HOUR * 3_600_000;
    cancel_due(txn, day);
    make_invoices(txn, day, at);
    for invoice in types::all::<Invoice>(txn).into_iter().filter(|invoice| invoice.status == "Unpaid") {
        let Some(due) = Date::parse_iso(&invoice.duedate) else { continue };
        let late = day.days() - due.days();
        if late < 0 {
            continue;
        }
        let client: Client = types::find(txn, invoice.userid).unwrap_or_default();
        let mut open = true;
        if late % RETRY_DAYS == 0 && !client.disableautocc && pays_by_card(txn, &invoice) {
            open = payments::charge(txn, invoice.clone(), at).is_none();
        }
        if open {
            remind(txn, &client, &invoice, late, at);
            charge_late_fee(txn, &client, invoice.id, late);
            suspend(txn, invoice.id, late);
        }
    }
    txn.put(TABLE, "last", &day.days());
}

fn pays_by_card(store: &Store, invoice: &Invoice) -> bool {
    settings::gateway(store, &invoice.paymentmethod).is_some_and(|gateway| gateway.keeps != settings::Keeps::Accounts)
}

/// One invoice for all services of a client which are due on the same day and paid the same way.
fn make_invoices(txn: &mut Txn<'_>, day: Date, at: i64) {
    let horizon = day.plus_days(settings::get(txn).invoice_days_before.clamp(0, 28)).iso();
    let billed: std::collections::BTreeSet<(u64, String)> = types::all::<Invoice>(txn)
        .into_iter()
        .filter(|invoice| invoice.status != "Cancelled")
        .flat_map(|invoice| invoice.items)
        .filter(|item| item.kind == "Hosting")
        .map(|item| (item.relid, item.due))
        .collect();
    let leaving: Vec<u64> = types::all::<CancelRequest>(txn)
        .into_iter()
        .filter(|request| !request.done)
        .map(|request| request.serviceid)
        .collect();
    let mut batches: BTreeMap<(u64, String, String, u64), Vec<Service>> = BTreeMap::new();
    for service in types::all::<Service>(txn) {
        let owed = matches!(service.status.as_str(), "Active" | "Suspended") && service.recurringamount > 0;
        let due = Date::parse_iso(&service.nextduedate).is_some() && service.nextduedate <= horizon;
        if !owed || !due || leaving.contains(&service.id) || billed.contains(&(service.id, service.nextduedate.clone()))
        {
            continue;
        }
        let alone = types::find::<Client>(txn, service.clientid).is_some_and(|client| client.separateinvoices);
        let key = (
            service.clientid,
            service.nextduedate.clone(),
            service.paymentmethod.clone(),
            if alone { service.id } else { 0 },
        );
        batches.entry(key).or_default().push(service);
    }
    for ((client, due, method, _), services) in batches {
        let (Some(client), Some(begins)) = (types::find::<Client>(txn, client), Date::parse_iso(&due)) else {
            continue;
        };
        let mut items = Vec::new();
        for service in &services {
            let ends = effects::next_month(begins, &service.regdate).plus_days(-1);
            let text = format!("{} ({} - {})", service.name, begins.iso(), ends.iso());
            let line = invoice_edit::line_for(txn, "Hosting", service.id, text, service.recurringamount);
            items.push(InvoiceItem { due: due.clone(), ..line });
        }
        let invoice = invoices::raise_due(txn, &client, items, &method, at, begins);
        effects::invoice_created(txn, &invoice, "autogen", true, at);
        for service in services {
            let made = billed.iter().filter(|(id, _)| *id == service.id).count() + 1;
            let vars = json!({ "serviceid": service.id, "recurringinvoices": made });
            effects::hook(txn, "ServiceRecurringCompleted", vars);
        }
    }
}

/// Ends services whose cancelling was asked for: at once, or when the period that was paid for is over.
fn cancel_due(txn: &mut Txn<'_>, day: Date) {
    for mut request in types::all::<CancelRequest>(txn).into_iter().filter(|request| !request.done) {
        let Some(mut service) = types::find::<Service>(txn, request.serviceid) else { continue };
        let over = Date::parse_iso(&service.nextduedate).is_none_or(|due| due <= day);
        if request.kind != "Immediate" && !over {
            continue;
        }
        let module = types::find::<Product>(txn, service.pid).is_some_and(|product| !product.module.is_empty());
        modules::end(&mut service, if module { "Terminated" } else { "Cancelled" }, day);
        types::save(txn, &service);
        request.done = true;
        types::save(txn, &request);
        if module {
            let params = effects::module_params(txn, &service);
            effects::hook(txn, "AfterModuleTerminate", json!({ "params": params }));
        }
    }
}

/// Days after the due date on which the client is reminded, and what the hook calls it.
const REMINDERS: [(i64, &str); 3] = [(1, "firstoverdue"), (7, "secondoverdue"), (14, "thirdoverdue")];

fn remind(txn: &mut Txn<'_>, client: &Client, invoice: &Invoice, late: i64, at: i64) {
    if let Some((_, kind)) = REMINDERS.iter().find(|(days, _)| *days == late)
        && !client.overideduenotices
    {
        let body = format!("Invoice #{} was due on {} and is not paid yet.", invoice.id, invoice.duedate);
        effects::mail(txn, client.id, "Invoice Payment Reminder", "Invoice Overdue Notice", body, at);
        effects::hook(txn, "InvoicePaymentReminder", json!({ "invoiceid": invoice.id, "type": kind }));
    }
}

/// Puts the fee on the invoice, once.
fn charge_late_fee(txn: &mut Txn<'_>, client: &Client, id: u64, late: i64) {
    let rules = settings::get(txn);
    let Some(mut invoice) = types::find::<Invoice>(txn, id) else { return };
    let charged = invoice.items.iter().any(|item| item.kind == "LateFee");
    if rules.late_fee <= 0 || late < rules.late_fee_after_days || charged || client.latefeeoveride {
        return;
    }
    let text = format!("Late Fee (Added {})", invoice.duedate);
    let line = invoices::line(txn, text, rules.late_fee, false);
    invoice.items.push(InvoiceItem { kind: "LateFee".to_owned(), ..line });
    invoices::add_up(&mut invoice);
    types::save(txn, &invoice);
    effects::hook(txn, "AddInvoiceLateFee", json!({ "invoiceid": id }));
}

fn suspend(txn: &mut Txn<'_>, id: u64, late: i64) {
    if settings::get(txn).suspend_after_days.is_none_or(|days| late < days) {
        return;
    }
    let items = types::find::<Invoice>(txn, id).map(|invoice| invoice.items).unwrap_or_default();
    for item in items.iter().filter(|item| item.kind == "Hosting") {
        if let Some(mut service) = types::find::<Service>(txn, item.relid)
            && service.status == "Active"
        {
            service.status = "Suspended".to_owned();
            service.suspensionreason = effects::OVERDUE.to_owned();
            types::save(txn, &service);
            let params = effects::module_params(txn, &service);
            effects::hook(txn, "AfterModuleSuspend", json!({ "params": params }));
        }
    }
}
