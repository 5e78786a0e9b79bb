//! `Order` and `OrderItem` in Salesforce's spelling, as far as the portal selects them.

use serde::Deserialize;
use serde_json::{Number, Value};

/// A query result, also the nested one of a child subquery.
#[derive(Clone, Debug, Deserialize)]
pub struct RawPage<T> {
    pub done: bool,
    /// A path from the root, without a host; only when not done.
    #[serde(rename = "nextRecordsUrl")]
    pub next_records_url: Option<String>,
    pub records: Vec<T>,
}

/// An order with its items.
#[derive(Clone, Debug, Deserialize)]
pub struct RawOrder {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "OrderNumber")]
    pub number: Option<String>,
    #[serde(rename = "Status")]
    pub status: Option<String>,
    /// `Draft` or `Activated`: the category of the status.
    #[serde(rename = "StatusCode")]
    pub status_code: Option<String>,
    #[serde(rename = "AccountId")]
    pub account_id: Option<String>,
    #[serde(rename = "Portal_Order_Id__c")]
    pub portal_order_id: Option<String>,
    #[serde(rename = "Activation_Status__c")]
    pub activation_status: Option<String>,
    /// A text or a number, as the operator defined the field.
    #[serde(rename = "WHMCS_Order_ID__c")]
    pub whmcs_order_id: Option<Value>,
    /// `null` when the order has no items.
    #[serde(rename = "OrderItems")]
    pub items: Option<RawPage<RawOrderItem>>,
}

impl RawOrder {
    /// What to select from `Order` so that the row can be read.
    pub const FIELDS: &str = "Id, OrderNumber, Status, StatusCode, AccountId, Portal_Order_Id__c, Activation_Status__c, \
        WHMCS_Order_ID__c, (SELECT Id, OrderItemNumber, PricebookEntryId, Quantity, UnitPrice, Description, \
        WHMCS_Service_ID__c FROM OrderItems)";
}

/// An item of an order.
#[derive(Clone, Debug, Deserialize)]
pub struct RawOrderItem {
    #[serde(rename = "Id")]
    pub id: String,
    /// Auto number, ten digits.
    #[serde(rename = "OrderItemNumber")]
    pub number: Option<String>,
    #[serde(rename = "PricebookEntryId")]
    pub pricebook_entry_id: Option<String>,
    #[serde(rename = "Quantity")]
    pub quantity: Option<Number>,
    #[serde(rename = "UnitPrice")]
    pub unit_price: Option<Number>,
    #[serde(rename = "Description")]
    pub description: Option<String>,
    #[serde(rename = "WHMCS_Service_ID__c")]
    pub whmcs_service_id: Option<Value>,
}
