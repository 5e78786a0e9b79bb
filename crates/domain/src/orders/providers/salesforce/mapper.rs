use super::raw::RawOrder;
use crate::catalog::SimKind;
use crate::common::map_error::MapError;
use crate::common::pii::Pii;
use crate::{Currency, Date, Money, OrderId, ServiceId};
use serde_json::{Map, Value, json};

const WHAT: &str = "Salesforce order";

/// What an order's status means to the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrmOrderState {
    Draft,
    Approved,
    Rejected,
    Activated,
    /// A status of this organisation that the portal gives no meaning to.
    Other,
}

/// The organisation's names of the statuses that the portal acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatuses {
    pub approved: String,
    pub fulfilled: String,
    pub rejected: Vec<String>,
}

impl OrderStatuses {
    fn state(&self, status: &str, category: Option<&str>) -> CrmOrderState {
        let is = |name: &str| status.eq_ignore_ascii_case(name);
        if is(&self.approved) {
            CrmOrderState::Approved
        } else if self.rejected.iter().any(|r| is(r)) {
            CrmOrderState::Rejected
        } else if is(&self.fulfilled) || category == Some("Activated") {
            CrmOrderState::Activated
        } else if is("Draft") {
            CrmOrderState::Draft
        } else {
            CrmOrderState::Other
        }
    }
}

/// An order in Salesforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmOrder {
    /// 18 characters.
    pub salesforce_id: String,
    pub account_id: Option<String>,
    /// Our own id; `None` for orders that an agent made by hand.
    pub portal_order_id: Option<OrderId>,
    /// `OrderNumber`, eight digits.
    pub number: String,
    pub state: CrmOrderState,
    /// `Activation_Status__c` is `Activated`: we have reported it as provisioned.
    pub provisioned: bool,
    /// In the order in which they were made.
    pub items: Vec<CrmOrderItem>,
    pub whmcs_order_id: Option<u64>,
}

/// A line of an order in Salesforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmOrderItem {
    pub id: String,
    pub pricebook_entry_id: String,
    /// Without tax.
    pub unit_price: Money,
    /// Which item of the portal order it belongs to, from 1; `None` for lines that an agent added.
    pub item: Option<u32>,
    pub whmcs_service_id: Option<ServiceId>,
}

/// An order to be made, in Draft.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCrmOrder {
    /// Becomes the unique external id, so that a repeat finds the first order.
    pub order_id: OrderId,
    /// 18-character `Account.Id`.
    pub account_id: String,
    /// `EffectiveDate`, the day of the order in Japan.
    pub effective_on: Date,
    /// The SIM of the first item that has one. The record has room for one; agents see the others at the lines.
    pub sim: Option<SimKind>,
    /// The EID of that SIM, 32 digits.
    pub eid: Option<Pii<String>>,
    /// The number that this SIM keeps.
    pub port_in: Option<CrmPortIn>,
    /// At least one; at most 199 fit in one all-or-none call.
    pub lines: Vec<NewCrmOrderLine>,
}

impl std::fmt::Debug for NewCrmOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCrmOrder")
            .field("order_id", &self.order_id)
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

/// A number that comes from another operator, as agents see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmPortIn {
    /// 11 digits.
    pub phone_number: Pii<String>,
    /// Ten digits.
    pub reservation_number: Pii<String>,
    pub expires_on: Date,
    pub holder_name_kana: Pii<String>,
}

/// A line of a new order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCrmOrderLine {
    pub pricebook_entry_id: String,
    /// Without tax, as quoted.
    pub unit_price: Money,
    /// Which item of the portal order it belongs to, from 1.
    pub item: u32,
}

/// What provisioning reports back. The same values at every repeat.
#[derive(Clone, PartialEq, Eq)]
pub struct FulfilmentReport {
    pub whmcs_order_id: u64,
    /// The number of the first SIM line, digits only.
    pub line_number: Option<Pii<String>>,
    pub items: Vec<FulfilledItem>,
}

impl std::fmt::Debug for FulfilmentReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FulfilmentReport")
            .field("whmcs_order_id", &self.whmcs_order_id)
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

/// The service of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfilledItem {
    /// `OrderItem.Id`.
    pub order_item_id: String,
    pub service_id: ServiceId,
}

/// Reads an order with all its items.
///
/// # Errors
/// When the number or the status is missing, our external id is no UUID, or an item has no price.
pub fn order(raw: RawOrder, statuses: &OrderStatuses, currency: Currency) -> Result<CrmOrder, MapError> {
    let portal_order_id = match raw.portal_order_id.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        Some(text) => Some(text.parse().map_err(|_| MapError::new(WHAT, "Portal_Order_Id__c", "is not an order id"))?),
        None => None,
    };
    let status = raw.status.ok_or_else(|| MapError::missing(WHAT, "Status"))?;
    let mut rows = raw.items.map(|page| page.records).unwrap_or_default();
    rows.sort_by(|a, b| (&a.number, &a.id).cmp(&(&b.number, &b.id)));
    let items = rows
        .into_iter()
        .map(|row| {
            let price = row.unit_price.ok_or_else(|| MapError::missing(WHAT, "OrderItem.UnitPrice"))?;
            Ok(CrmOrderItem {
                id: row.id,
                pricebook_entry_id: row
                    .pricebook_entry_id
                    .ok_or_else(|| MapError::missing(WHAT, "OrderItem.PricebookEntryId"))?,
                unit_price: Money::from_number(&price, currency)
                    .map_err(|_| MapError::new(WHAT, "OrderItem.UnitPrice", "is not an amount of the currency"))?,
                item: row.description.as_deref().and_then(item_of),
                whmcs_service_id: row.whmcs_service_id.as_ref().and_then(loose_id).map(ServiceId),
            })
        })
        .collect::<Result<_, MapError>>()?;
    Ok(CrmOrder {
        salesforce_id: normalise_id(&raw.id).ok_or_else(|| MapError::new(WHAT, "Id", "is not a Salesforce id"))?,
        account_id: raw.account_id,
        portal_order_id,
        number: raw.number.filter(|n| !n.is_empty()).ok_or_else(|| MapError::missing(WHAT, "OrderNumber"))?,
        state: statuses.state(&status, raw.status_code.as_deref()),
        provisioned: raw.activation_status.as_deref() == Some("Activated"),
        items,
        whmcs_order_id: raw.whmcs_order_id.as_ref().and_then(loose_id),
    })
}

/// The fields of a new `Order`. `Pricebook2Id` is needed before items.
pub fn new_order_fields(new: &NewCrmOrder, pricebook_id: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("AccountId", json!(new.account_id));
    put("EffectiveDate", json!(new.effective_on.to_string()));
    put("Status", json!("Draft"));
    put("Pricebook2Id", json!(pricebook_id));
    put("Portal_Order_Id__c", json!(new.order_id.to_string()));
    put("Activation_Type__c", json!("Immediate"));
    put("Activation_Status__c", json!("Not Started"));
    if let Some(kind) = new.sim {
        put(
            "SIM_Type__c",
            json!(match kind {
                SimKind::Physical => "Physical",
                SimKind::Esim => "eSIM",
            }),
        );
    }
    if let Some(eid) = &new.eid {
        put("EID__c", json!(eid.reveal()));
    }
    put("MNP_Application__c", json!(new.port_in.is_some()));
    if let Some(port_in) = &new.port_in {
        put("MNP_Phone_Number__c", json!(port_in.phone_number.reveal()));
        put("MNP_Reservation_Number__c", json!(port_in.reservation_number.reveal()));
        put("MNP_Expiry_Date__c", json!(port_in.expires_on.to_string()));
        put("MNP_Holder_Name_Kana__c", json!(port_in.holder_name_kana.reveal()));
    }
    fields
}

/// The fields of an `OrderItem` without its `OrderId`.
pub fn new_order_item_fields(line: &NewCrmOrderLine) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("PricebookEntryId".to_owned(), json!(line.pricebook_entry_id));
    fields.insert("Quantity".to_owned(), json!(1));
    fields.insert("UnitPrice".to_owned(), decimal(line.unit_price));
    fields.insert("Description".to_owned(), json!(format!("{ITEM_PREFIX}{}", line.item)));
    fields
}

/// The fields of an `Order` whose services all work.
pub fn fulfilled_order_fields(report: &FulfilmentReport, fulfilled_status: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("WHMCS_Order_ID__c".to_owned(), json!(report.whmcs_order_id.to_string()));
    fields.insert("Activation_Status__c".to_owned(), json!("Activated"));
    fields.insert("Activation_Error_Code__c".to_owned(), Value::Null);
    if let Some(number) = &report.line_number {
        fields.insert("MSISDN__c".to_owned(), json!(number.reveal()));
    }
    fields.insert("Status".to_owned(), json!(fulfilled_status));
    fields
}

/// The fields of an `OrderItem` that became a service.
pub fn fulfilled_item_fields(item: &FulfilledItem) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("WHMCS_Service_ID__c".to_owned(), json!(item.service_id.0));
    fields
}

/// The 18-character form of a Salesforce id: three letters that say which of the 15 characters are capitals, so that
/// systems which ignore case can tell ids apart. `None` when the text is not an id.
pub fn normalise_id(id: &str) -> Option<String> {
    if !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    match id.len() {
        18 => Some(id.to_owned()),
        15 => {
            const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
            let suffix = id.as_bytes().chunks(5).map(|block| {
                let bits =
                    (0..).zip(block).filter(|(_, b)| b.is_ascii_uppercase()).fold(0_usize, |n, (i, _)| n | 1 << i);
                char::from(LETTERS[bits & 31])
            });
            Some(id.chars().chain(suffix).collect())
        }
        _ => None,
    }
}

/// Salesforce has no field for it, and agents read the description anyway.
const ITEM_PREFIX: &str = "Item ";

fn item_of(description: &str) -> Option<u32> {
    description.strip_prefix(ITEM_PREFIX)?.trim().parse().ok().filter(|&n| n > 0)
}

/// A number that the operator may keep as text: `12`, `12.0`, `"12"`.
fn loose_id(value: &Value) -> Option<u64> {
    let text = match value {
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.trim().to_owned(),
        _ => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok().filter(|&n| n > 0)
}

/// Yen are whole numbers; other currencies keep their decimals exactly (two digits are exact in JSON's shortest form).
fn decimal(money: Money) -> Value {
    if money.currency.exponent() == 0 {
        return json!(money.minor);
    }
    money.to_decimal().parse::<f64>().map_or(Value::Null, |n| json!(n))
}

#[cfg(test)]
#[path = "mapper_tests.rs"]
mod tests;
