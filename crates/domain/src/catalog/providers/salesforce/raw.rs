//! The fields of `PricebookEntry` and `Product2` that the portal selects, in Salesforce's spelling.

use serde::Deserialize;
use serde_json::Number;

/// One row of the price book.
#[derive(Clone, Debug, Deserialize)]
pub struct RawPricebookEntry {
    #[serde(rename = "Id")]
    pub id: String,
    /// `300.0` and `400` both occur.
    #[serde(rename = "UnitPrice")]
    pub unit_price: Option<Number>,
    #[serde(rename = "Product2")]
    pub product: Option<RawProduct>,
}

impl RawPricebookEntry {
    /// What to select from `PricebookEntry` so that the row can be read.
    pub const FIELDS: &str = "Id, UnitPrice, Product2.Id, Product2.Name, Product2.StockKeepingUnit, \
        Product2.Description, Product2.Portal_Name_JA__c, Product2.Portal_Description_JA__c, Product2.Portal_Category__c, \
        Product2.Item_Class__c, Product2.Billing_Cycle__c, Product2.Portal_Sort__c, Product2.SIM_Data_Size__c, \
        Product2.SIM_Plan_Type__c, Product2.Internet_Plan_Tier__c, Product2.WHMCS_Product_ID__c, \
        Product2.Freebit_Plan_Code__c";
}

/// `Product2`; an empty field is `null`.
#[derive(Clone, Debug, Deserialize)]
pub struct RawProduct {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "StockKeepingUnit")]
    pub sku: Option<String>,
    #[serde(rename = "Description")]
    pub description: Option<String>,
    #[serde(rename = "Portal_Name_JA__c")]
    pub name_ja: Option<String>,
    #[serde(rename = "Portal_Description_JA__c")]
    pub description_ja: Option<String>,
    /// Internet, SIM, VPN.
    #[serde(rename = "Portal_Category__c")]
    pub category: Option<String>,
    /// Service, Installation, Activation, Add-on.
    #[serde(rename = "Item_Class__c")]
    pub class: Option<String>,
    /// Monthly, Onetime.
    #[serde(rename = "Billing_Cycle__c")]
    pub cycle: Option<String>,
    #[serde(rename = "Portal_Sort__c")]
    pub sort: Option<Number>,
    /// `3GB`, `500MB`, `Unlimited`.
    #[serde(rename = "SIM_Data_Size__c")]
    pub data_size: Option<String>,
    /// DataSmsVoice, DataOnly.
    #[serde(rename = "SIM_Plan_Type__c")]
    pub plan_type: Option<String>,
    #[serde(rename = "Internet_Plan_Tier__c")]
    pub tier: Option<String>,
    #[serde(rename = "WHMCS_Product_ID__c")]
    pub whmcs_product_id: Option<Number>,
    #[serde(rename = "Freebit_Plan_Code__c")]
    pub freebit_plan_code: Option<String>,
}
