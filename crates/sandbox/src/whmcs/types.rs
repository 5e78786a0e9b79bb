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

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InvoiceItem {
    pub id: u64,
    pub kind: String,
    pub relid: u64,
    pub description: String,
    pub amount: i64,
    pub taxed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invoice {
    pub id: u64,
    pub userid: u64,
    pub date: String,
    pub duedate: String,
    /// `0000-00-00 00:00:00` while unpaid.
    pub datepaid: String,
    pub subtotal: i64,
    pub tax: i64,
    pub credit: i64,
    pub total: i64,
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

#[derive(Debug, Clone, Serialize, Deserialize)]
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
}
row!(PayMethod, "whmcs.paymethods", id);

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

/// Reads a decimal into yen; halves are rounded away from zero.
pub(crate) fn parse_money(text: &str) -> Option<i64> {
    let value: f64 = text.trim().parse().ok()?;
    (value.is_finite() && value.abs() < 1e12).then_some(value.round() as i64)
}
