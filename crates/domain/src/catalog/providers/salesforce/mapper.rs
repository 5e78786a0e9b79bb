use super::raw::RawPricebookEntry;
use crate::catalog::product::{ItemClass, Product};
use crate::catalog::{Category, Cycle, DataAllowance};
use crate::common::map_error::MapError;
use crate::common::text::LocalText;
use crate::{Currency, Money, Sku};
use serde_json::Number;

const WHAT: &str = "Salesforce product";

/// Reads a price book entry with its product.
///
/// # Errors
/// When a member without which the product cannot be sold is missing or has an unknown value: SKU, name, category, class,
/// billing cycle, price, the WHMCS id, and for SIM plans the data size and the carrier's plan code.
pub fn product(raw: RawPricebookEntry, currency: Currency) -> Result<Product, MapError> {
    let product = raw.product.ok_or_else(|| MapError::missing(WHAT, "Product2"))?;
    let sku = Sku(required(product.sku, "StockKeepingUnit")?);
    let category = match squashed(&required(product.category, "Portal_Category__c")?).as_str() {
        "sim" => Category::Sim,
        "internet" => Category::Internet,
        "vpn" => Category::Vpn,
        _ => return Err(unknown("Portal_Category__c")),
    };
    let class = match squashed(&required(product.class, "Item_Class__c")?).as_str() {
        "service" => ItemClass::Service,
        "installation" => ItemClass::Installation,
        "activation" => ItemClass::Activation,
        "addon" => ItemClass::AddOn,
        _ => return Err(unknown("Item_Class__c")),
    };
    let cycle = match squashed(&required(product.cycle, "Billing_Cycle__c")?).as_str() {
        "monthly" => Cycle::Monthly,
        "onetime" => Cycle::OneTime,
        _ => return Err(unknown("Billing_Cycle__c")),
    };
    let price = raw.unit_price.ok_or_else(|| MapError::missing(WHAT, "UnitPrice"))?;
    let price = Money::from_number(&price, currency)
        .map_err(|_| MapError::new(WHAT, "UnitPrice", "is not an amount of the currency"))?;
    if price.minor < 0 {
        return Err(MapError::new(WHAT, "UnitPrice", "is negative"));
    }
    let sim_plan = category == Category::Sim && class == ItemClass::Service;
    let data = match filled(product.data_size) {
        Some(text) => Some(data_size(&text).ok_or_else(|| unknown("SIM_Data_Size__c"))?),
        None if sim_plan => return Err(MapError::missing(WHAT, "SIM_Data_Size__c")),
        None => None,
    };
    let freebit_plan_code = filled(product.freebit_plan_code);
    if sim_plan && freebit_plan_code.is_none() {
        return Err(MapError::missing(WHAT, "Freebit_Plan_Code__c"));
    }
    let whmcs_product_id =
        product.whmcs_product_id.as_ref().and_then(whole).and_then(|n| u64::try_from(n).ok()).filter(|&n| n > 0);
    if whmcs_product_id.is_none() {
        return Err(MapError::missing(WHAT, "WHMCS_Product_ID__c"));
    }
    Ok(Product {
        sku,
        salesforce_product_id: product.id,
        pricebook_entry_id: raw.id,
        category,
        class,
        cycle,
        name: local(Some(required(product.name, "Name")?), product.name_ja),
        description: local(product.description, product.description_ja),
        price,
        // Products without a position come last.
        sort: product.sort.as_ref().and_then(whole).unwrap_or(i64::MAX),
        data,
        voice: product.plan_type.as_deref().is_some_and(|t| squashed(t).ends_with("voice")),
        tier: filled(product.tier),
        whmcs_product_id,
        freebit_plan_code,
    })
}

fn unknown(field: &'static str) -> MapError {
    MapError::new(WHAT, field, "has an unknown value")
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn required(text: Option<String>, field: &'static str) -> Result<String, MapError> {
    filled(text).ok_or_else(|| MapError::missing(WHAT, field))
}

fn local(en: Option<String>, ja: Option<String>) -> LocalText {
    LocalText { en: filled(en).unwrap_or_default(), ja: filled(ja).unwrap_or_default() }
}

/// Picklist values are compared by their letters and digits: `Add-on`, `Add On` and `ADDON` are one.
fn squashed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A number field of Salesforce: `3`, `3.0`.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let text = number.to_string();
        let (whole, fraction) = text.split_once('.')?;
        fraction.bytes().all(|b| b == b'0').then(|| whole.parse().ok()).flatten()
    })
}

/// `3GB`, `0.5 GB`, `500MB`, `1TB`, `Unlimited`; 1 GB = 1000 MB.
fn data_size(text: &str) -> Option<DataAllowance> {
    let text = text.trim().to_ascii_uppercase();
    if text == "UNLIMITED" {
        return Some(DataAllowance::Unlimited);
    }
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (amount, unit) = (text[..split].trim(), text[split..].trim());
    let scale: u32 = match unit {
        "MB" => 1,
        "GB" => 1000,
        "TB" => 1_000_000,
        _ => return None,
    };
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let mut megabytes = whole.parse::<u32>().ok()?.checked_mul(scale)?;
    let mut step = scale;
    for digit in fraction.chars() {
        step /= 10;
        megabytes = megabytes.checked_add(digit.to_digit(10)?.checked_mul(step)?)?;
    }
    (megabytes > 0).then_some(DataAllowance::Megabytes(megabytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn row(change: impl FnOnce(&mut Value)) -> RawPricebookEntry {
        let mut row = json!({
            "attributes": {"type": "PricebookEntry", "url": "/services/data/v62.0/sobjects/PricebookEntry/01uA"},
            "Id": "01u000000000001AAA", "UnitPrice": 2980.0,
            "Product2": {
                "attributes": {"type": "Product2", "url": "/x"},
                "Id": "01t000000000001AAA", "Name": "Data + Voice 10 GB", "StockKeepingUnit": "SIM-VOICE-10", "Description": null,
                "Portal_Name_JA__c": "データ+通話 10GB", "Portal_Description_JA__c": "", "Portal_Category__c": "SIM",
                "Item_Class__c": "Service", "Billing_Cycle__c": "Monthly", "Portal_Sort__c": 20.0, "SIM_Data_Size__c": "10GB",
                "SIM_Plan_Type__c": "DataSmsVoice", "Internet_Plan_Tier__c": null, "WHMCS_Product_ID__c": 3.0,
                "Freebit_Plan_Code__c": "PASI_10G"
            }
        });
        change(&mut row);
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_sim_plan_is_read() {
        let plan = product(row(|_| ()), Currency::Jpy).unwrap();
        assert_eq!(plan.sku, Sku::from("SIM-VOICE-10"));
        assert_eq!((plan.category, plan.class, plan.cycle), (Category::Sim, ItemClass::Service, Cycle::Monthly));
        assert_eq!(plan.price, Money::yen(2980));
        assert_eq!(plan.data, Some(DataAllowance::Megabytes(10_000)));
        assert!(plan.voice);
        assert_eq!((plan.sort, plan.whmcs_product_id), (20, Some(3)));
        assert_eq!(plan.name.ja, "データ+通話 10GB");
        assert_eq!(plan.description, LocalText::default());
    }

    #[test]
    fn an_add_on_of_voice_needs_no_carrier_plan() {
        let add_on = product(
            row(|r| {
                let p = &mut r["Product2"];
                p["Item_Class__c"] = json!("Add-on");
                p["SIM_Data_Size__c"] = Value::Null;
                p["Freebit_Plan_Code__c"] = Value::Null;
                p["Portal_Sort__c"] = Value::Null;
                r["UnitPrice"] = json!(300);
            }),
            Currency::Jpy,
        )
        .unwrap();
        assert_eq!((add_on.class, add_on.voice, add_on.sort), (ItemClass::AddOn, true, i64::MAX));
        let data_only = product(row(|r| r["Product2"]["SIM_Plan_Type__c"] = json!("DataOnly")), Currency::Jpy).unwrap();
        assert!(!data_only.voice);
    }

    #[test]
    fn a_product_that_cannot_be_sold_names_what_is_wrong() {
        let cases = [
            ("StockKeepingUnit", json!("  ")),
            ("Portal_Category__c", json!("Television")),
            ("Item_Class__c", Value::Null),
            ("Billing_Cycle__c", json!("Weekly")),
            ("SIM_Data_Size__c", json!("plenty")),
            ("Freebit_Plan_Code__c", Value::Null),
            ("WHMCS_Product_ID__c", Value::Null),
            ("WHMCS_Product_ID__c", json!(3.5)),
            ("Name", Value::Null),
        ];
        for (field, value) in cases {
            let error = product(row(|r| r["Product2"][field] = value), Currency::Jpy).unwrap_err();
            assert_eq!(error.field, field);
        }
        for price in [json!(null), json!(-1), json!(0.5)] {
            assert_eq!(product(row(|r| r["UnitPrice"] = price), Currency::Jpy).unwrap_err().field, "UnitPrice");
        }
        assert_eq!(product(row(|r| r["Product2"] = Value::Null), Currency::Jpy).unwrap_err().field, "Product2");
    }

    #[test]
    fn data_sizes() {
        use DataAllowance::{Megabytes, Unlimited};
        for (text, size) in
            [("3GB", Megabytes(3000)), ("0.5 gb", Megabytes(500)), ("500MB", Megabytes(500)), ("unlimited", Unlimited)]
        {
            assert_eq!(data_size(text), Some(size), "{text}");
        }
        for bad in ["", "GB", "0GB", "3", "3XB", "1.x GB", "99999999TB"] {
            assert_eq!(data_size(bad), None, "{bad}");
        }
    }
}
