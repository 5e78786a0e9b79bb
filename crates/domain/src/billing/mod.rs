//! Invoices, payments, stored payment methods, credit: what a customer owes and how they pay. Knows no service and no SIM;
//! takes no card numbers: a card is only ever known as what billing shows of it.

pub mod providers;

use crate::{Date, Money, ServiceId};
use serde::{Deserialize, Serialize};

/// How an invoice stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Not yet the customer's business.
    Draft,
    Unpaid,
    Paid,
    Cancelled,
    Refunded,
    /// Handed to a debt collector.
    Collections,
    /// Paid by the customer, not yet confirmed by the bank.
    PaymentPending,
    /// A word that this release does not know. Never treated as paid.
    Other(String),
}

impl InvoiceStatus {
    /// Nothing is owed and nothing is under way.
    pub const fn is_settled(&self) -> bool {
        match self {
            Self::Paid | Self::Cancelled | Self::Refunded => true,
            Self::Draft | Self::Unpaid | Self::Collections | Self::PaymentPending | Self::Other(_) => false,
        }
    }

    /// The customer may pay it now.
    pub const fn is_payable(&self) -> bool {
        match self {
            Self::Unpaid => true,
            Self::Draft
            | Self::Paid
            | Self::Cancelled
            | Self::Refunded
            | Self::Collections
            | Self::PaymentPending
            | Self::Other(_) => false,
        }
    }
}

/// An invoice in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: u64,
    /// Client that it was made out to; for the check of ownership.
    pub client_id: u64,
    /// What the customer calls it: the operator's own numbering, else the id.
    pub number: String,
    pub issued_on: Option<Date>,
    pub due_on: Option<Date>,
    pub paid_on: Option<Date>,
    pub subtotal: Money,
    /// Paid from the customer's credit.
    pub credit: Money,
    pub tax: Money,
    /// Due after credit.
    pub total: Money,
    pub status: InvoiceStatus,
    /// System name of the gateway.
    pub payment_gateway: String,
}

impl Invoice {
    /// Whether the customer is late on this day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.status.is_payable() && self.due_on.is_some_and(|due| due < today)
    }
}

/// An invoice with what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDetail {
    pub invoice: Invoice,
    /// What is still to be paid.
    pub balance: Money,
    pub lines: Vec<InvoiceLine>,
    pub transactions: Vec<Transaction>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub description: String,
    pub amount: Money,
    pub taxed: bool,
    /// The service that it is for.
    pub service_id: Option<ServiceId>,
}

/// Money that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub id: u64,
    pub on: Option<Date>,
    pub gateway: String,
    /// The gateway's own reference.
    pub reference: String,
    pub amount_in: Money,
    pub amount_out: Money,
    pub invoice_id: Option<u64>,
}

/// A stored way to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    pub id: u64,
    pub kind: PaymentMethodKind,
    /// What the customer called it.
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethodKind {
    Card {
        /// Such as `Visa`.
        brand: String,
        /// Four digits.
        last_four: String,
        expires: Option<YearMonth>,
    },
    Bank {
        name: String,
    },
    /// A kind that this release does not know: shown, not offered for paying.
    Other(String),
}

/// The last month in which a card is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct YearMonth {
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
}

impl YearMonth {
    /// Whether the month is over on this day.
    pub fn is_past(self, today: Date) -> bool {
        (i32::from(self.year), self.month) < (today.year, today.month)
    }
}

/// A way to pay that the operator offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentGateway {
    pub system_name: String,
    pub display_name: String,
}

/// One entry of the credit log; negative when credit was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditEntry {
    pub id: u64,
    pub on: Option<Date>,
    pub description: String,
    pub amount: Money,
}

/// How the client account stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingAccount {
    pub client_id: u64,
    pub state: BillingAccountState,
    /// Money of the customer that billing holds.
    pub credit: Money,
    /// System name of the gateway of new invoices.
    pub default_gateway: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingAccountState {
    Active,
    Inactive,
    Closed,
    /// A word that this release does not know. Never treated as active.
    Other(String),
}

/// What changing a service to another product costs today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeQuote {
    pub new_product_id: u64,
    /// To be paid now; negative: given back.
    pub price: Money,
    pub days_until_renewal: u64,
    pub total_days: u64,
}

/// A change that billing has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeOrder {
    pub order_id: u64,
    /// To be paid before the change is made; `None` when nothing is due.
    pub invoice_id: Option<u64>,
}
