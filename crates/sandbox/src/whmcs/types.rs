//! Rows of the billing system. Money is whole yen.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::world::store::{Store, Txn, numeric_key};

/// A row with a number as its key.
pub(crate) trait Row: Serialize + DeserializeOwned {
    const TABLE: &'static str;
    fn id(&self) -> u64;
}

macro_rules! row {
    ($type:ty, $table:literal, $id:ident) => {
        impl Row for $type {
            const TABLE: &'static str = $table;
            fn id(&self) -> u64 {
                self.$id
            }
        }
    };
}

pub(crate) fn find<T: Row>(store: &Store, id: u64) -> Option<T> {
    store.read(T::TABLE, &numeric_key(id))
}

pub(crate) fn save<T: Row>(txn: &mut Txn<'_>, row: &T) {
    txn.put(T::TABLE, &numeric_key(row.id()), row);
}

/// Rows by rising id.
pub(crate) fn all<T: Row>(store: &Store) -> Vec<T> {
    store.all(T::TABLE)
}

pub(crate) fn next_id<T: Row>(txn: &mut Txn<'_>) -> u64 {
    txn.next(T::TABLE, 0)
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Client {
    pub id: u64,
    pub uuid: String,
    pub owner_user_id: u64,
    pub firstname: String,
    pub lastname: String,
    pub companyname: String,
    pub email: String,
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    pub country: String,
    pub phonenumber: String,
    pub tax_id: String,
    pub notes: String,
    pub language: String,
    /// Active, Inactive, Closed.
    pub status: String,
    pub credit: i64,
    pub paymentmethod: String,
    pub datecreated: String,
    pub marketing: bool,
    pub taxexempt: bool,
    pub latefeeoveride: bool,
    pub overideduenotices: bool,
    pub separateinvoices: bool,
    /// No capture by the daily run.
    pub disableautocc: bool,
    /// The client may not be signed in by a token.
    pub sso_blocked: bool,
    /// Kinds of mail that the client does not want: general, invoice, support, product, domain, affiliate.
    pub mails_refused: Vec<String>,
    /// Custom field id to value.
    pub customfields: BTreeMap<u64, String>,
}
row!(Client, "whmcs.clients", id);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CustomField {
    pub id: u64,
    pub name: String,
    pub description: String,
    pub required: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Product {
    pub pid: u64,
    pub gid: u64,
    pub group: String,
    pub name: String,
    pub description: String,
    pub module: String,
    /// recurring or onetime.
    pub paytype: String,
    /// A month's price or the one-time price, without tax.
    pub price: i64,
    pub customfields: Vec<CustomField>,
}
row!(Product, "whmcs.products", pid);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Service {
    pub id: u64,
    pub clientid: u64,
    pub orderid: u64,
    pub ordernumber: u64,
    pub pid: u64,
    pub name: String,
    pub groupname: String,
    pub regdate: String,
    pub domain: String,
    pub firstpaymentamount: i64,
    pub recurringamount: i64,
    pub paymentmethod: String,
    pub billingcycle: String,
    pub nextduedate: String,
    /// Pending, Active, Suspended, Terminated, Cancelled, Fraud, Completed.
    pub status: String,
    pub suspensionreason: String,
    pub username: String,
    pub password: String,
    pub notes: String,
    pub terminationdate: String,
    pub customfields: BTreeMap<u64, String>,
}
row!(Service, "whmcs.services", id);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub id: u64,
    pub ordernum: u64,
    pub userid: u64,
    pub date: String,
    pub amount: i64,
    pub paymentmethod: String,
    /// 0 = none.
    pub invoiceid: u64,
    /// Pending, Active, Fraud, Cancelled.
    pub status: String,
    pub notes: String,
    pub promocode: String,
    pub ipaddress: String,
    pub serviceids: Vec<u64>,
}
row!(Order, "whmcs.orders", id);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InvoiceItem {
    pub id: u64,
    pub kind: String,
    pub relid: u64,
    pub description: String,
    pub amount: i64,
    pub taxed: bool,
    /// The due date of the service that this line pays for, or nothing.
    pub due: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Invoice {
    pub id: u64,
    pub userid: u64,
    pub date: String,
    pub duedate: String,
    /// `0000-00-00 00:00:00` while unpaid.
    pub datepaid: String,
    /// As `datepaid`.
    pub last_capture_attempt: String,
    pub date_refunded: String,
    pub date_cancelled: String,
    pub subtotal: i64,
    pub tax: i64,
    pub tax2: i64,
    /// Credit of the client that was put towards it.
    pub credit: i64,
    /// What is to be paid: subtotal and taxes without the credit.
    pub total: i64,
    /// Thousandths of a per cent: 10000 is 10 %.
    pub taxrate: i64,
    pub taxrate2: i64,
    /// The stored card or account to charge; `None` = the client's first.
    pub paymethodid: Option<u64>,
    /// Draft, Unpaid, Paid, Cancelled, Refunded, Collections, Payment Pending.
    pub status: String,
    pub paymentmethod: String,
    pub notes: String,
    pub created_at: String,
    pub updated_at: String,
    pub items: Vec<InvoiceItem>,
}
row!(Invoice, "whmcs.invoices", id);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub id: u64,
    pub userid: u64,
    pub gateway: String,
    pub date: String,
    pub description: String,
    pub amountin: i64,
    pub fees: i64,
    pub amountout: i64,
    pub transid: String,
    pub invoiceid: u64,
    pub refundid: u64,
}
row!(Transaction, "whmcs.transactions", id);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Credit {
    pub id: u64,
    pub clientid: u64,
    pub date: String,
    pub description: String,
    pub amount: i64,
    pub relid: u64,
}
row!(Credit, "whmcs.credits", id);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PayMethod {
    pub id: u64,
    pub clientid: u64,
    /// CreditCard, RemoteCreditCard, BankAccount, RemoteBankAccount.
    pub kind: String,
    pub description: String,
    pub gateway_name: String,
    pub card_last_four: String,
    /// MM/YY
    pub expiry_date: String,
    pub card_type: String,
    pub bank_name: String,
    /// Display format of the installation: DD/MM/YYYY HH:MM.
    pub last_updated: String,
    /// Lower comes first; the first is the default.
    pub position: i64,
    /// MM/YY or nothing.
    pub start_date: String,
    pub issue_number: String,
    /// The gateway refuses every charge (see `paymethods`).
    pub declines: bool,
    /// The gateway refuses to change or delete it.
    pub stuck: bool,
}
row!(PayMethod, "whmcs.paymethods", id);

/// A change of a service to another product, done when its invoice is paid.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Upgrade {
    pub id: u64,
    pub serviceid: u64,
    pub orderid: u64,
    /// 0 = nothing was due.
    pub invoiceid: u64,
    pub newpid: u64,
    pub billingcycle: String,
    pub recurringamount: i64,
    pub done: bool,
}
row!(Upgrade, "whmcs.upgrades", id);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CancelRequest {
    pub id: u64,
    pub serviceid: u64,
    pub date: String,
    pub reason: String,
    /// Immediate or End of Billing Period.
    pub kind: String,
    pub done: bool,
}
row!(CancelRequest, "whmcs.cancelrequests", id);

/// `"1200.00"`: yen with the two places that the API always writes.
pub(crate) fn money(yen: i64) -> String {
    format!("{yen}.00")
}

/// `"¥1,200 JPY"`: the display form of statistics.
pub(crate) fn display(yen: i64) -> String {
    let digits = yen.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    format!("{}¥{grouped} JPY", if yen < 0 { "-" } else { "" })
}

/// `10000` becomes `"10.000"`.
pub(crate) fn rate(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1_000, thousandths.rem_euclid(1_000))
}

/// Reads a decimal into yen; halves are rounded away from zero.
pub(crate) fn parse_money(text: &str) -> Option<i64> {
    let value: f64 = text.trim().parse().ok()?;
    (value.is_finite() && value.abs() < 1e12).then_some(value.round() as i64)
}
