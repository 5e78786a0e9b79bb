use crate::common::pii::Pii;
use crate::customer::contract::{Address, Customer, KnownCustomer};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A contact of the account, as far as recognising the customer's own needs it.
#[derive(Clone, Deserialize)]
pub struct RawContact {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Email")]
    pub email: Option<String>,
    #[serde(rename = "FirstName")]
    pub first_name: Option<String>,
    #[serde(rename = "LastName")]
    pub last_name: Option<String>,
    #[serde(rename = "Phone", default)]
    pub phone: Option<String>,
}

/// The account's fields without its key (`Customer_Number__c` stands in the address of the upsert and must not be in the
/// body). Empty parts are left out, so that an upsert never clears what an agent wrote.
pub fn account_fields(customer: &Customer) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("Name".to_owned(), json!(limited(&full_name(customer), 255)));
    put(&mut fields, "Phone", customer.phone.reveal(), 40);
    put_address(&mut fields, "Billing", &customer.address);
    if let Some(client) = customer.whmcs_client_id {
        fields.insert("WHMCS_Client_ID__c".to_owned(), json!(client));
    }
    fields
}

/// The contact's fields (`LastName` at most 80 characters, `FirstName` 40, `Email` 80).
pub fn contact_fields(customer: &Customer, account_id: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("AccountId".to_owned(), json!(account_id));
    fields.insert("LastName".to_owned(), json!(limited(customer.family_name.reveal(), 80)));
    put(&mut fields, "FirstName", customer.given_name.reveal(), 40);
    put(&mut fields, "Email", customer.email.reveal(), 80);
    put(&mut fields, "Phone", customer.phone.reveal(), 40);
    put_address(&mut fields, "Mailing", &customer.address);
    fields
}

/// Which of the account's contacts is the customer: the one with the same mail address, else the one with the same name.
pub fn contact_of<'c>(customer: &Customer, contacts: &'c [RawContact]) -> Option<&'c RawContact> {
    let same = |field: &Option<String>, value: &str| {
        field.as_deref().is_some_and(|f| f.trim().to_lowercase() == value.trim().to_lowercase())
    };
    contacts.iter().find(|c| same(&c.email, customer.email.reveal())).or_else(|| {
        contacts.iter().find(|c| {
            same(&c.last_name, customer.family_name.reveal()) && same(&c.first_name, customer.given_name.reveal())
        })
    })
}

/// The contact with this mail address as a customer who has no account here yet. Salesforce compares without case; so does
/// this.
pub fn known_customer(contacts: &[RawContact], email: &str) -> Option<KnownCustomer> {
    let own = contacts.iter().find(|contact| {
        contact.email.as_deref().is_some_and(|have| have.trim().to_lowercase() == email.trim().to_lowercase())
    })?;
    let text = |field: &Option<String>| Pii::new(field.as_deref().unwrap_or_default().trim().to_owned());
    Some(KnownCustomer {
        family_name: text(&own.last_name),
        given_name: text(&own.first_name),
        email: text(&own.email),
        phone: text(&own.phone),
        address: Address::default(),
    })
}

fn full_name(customer: &Customer) -> String {
    format!("{} {}", customer.family_name.reveal(), customer.given_name.reveal()).trim().to_owned()
}

fn put_address(fields: &mut Map<String, Value>, prefix: &str, address: &Address) {
    let street = format!("{} {}", address.line1.reveal(), address.line2.reveal());
    put(fields, &format!("{prefix}Street"), street.trim(), 255);
    put(fields, &format!("{prefix}City"), address.city.reveal(), 40);
    put(fields, &format!("{prefix}State"), address.prefecture.reveal(), 80);
    put(fields, &format!("{prefix}PostalCode"), address.postcode.reveal(), 20);
    if !street.trim().is_empty() {
        put(fields, &format!("{prefix}Country"), "Japan", 80);
    }
}

fn put(fields: &mut Map<String, Value>, name: &str, value: &str, max_chars: usize) {
    if !value.trim().is_empty() {
        fields.insert(name.to_owned(), json!(limited(value.trim(), max_chars)));
    }
}

fn limited(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CustomerId;
    use crate::common::pii::Pii;

    fn customer() -> Customer {
        let pii = |s: &str| Pii::new(s.to_owned());
        Customer {
            id: CustomerId("00000000-0000-4000-8000-000000000001".parse().unwrap()),
            number: "C-100001".to_owned(),
            family_name: pii("Sato"),
            given_name: pii("Mika"),
            email: pii("mika@example.com"),
            phone: pii("0312345678"),
            address: Address {
                postcode: pii("100-0001"),
                prefecture: pii("Tokyo"),
                city: pii("Chiyoda"),
                line1: pii("1-1"),
                line2: pii(""),
            },
            salesforce_account_id: None,
            whmcs_client_id: Some(7),
        }
    }

    #[test]
    fn an_account_carries_no_key_and_nothing_empty() {
        let fields = account_fields(&customer());
        assert_eq!(fields["Name"], "Sato Mika");
        assert_eq!(fields["BillingStreet"], "1-1");
        assert_eq!(fields["WHMCS_Client_ID__c"], 7);
        assert!(!fields.contains_key("Customer_Number__c"));
        let bare = Customer { address: Address::default(), whmcs_client_id: None, ..customer() };
        assert!(account_fields(&bare).keys().all(|k| !k.starts_with("Billing") && k != "WHMCS_Client_ID__c"));
    }

    #[test]
    fn names_fit_salesforce() {
        let long = Customer { family_name: Pii::new("あ".repeat(200)), ..customer() };
        assert_eq!(contact_fields(&long, "001")["LastName"].as_str().unwrap().chars().count(), 80);
    }

    #[test]
    fn the_own_contact_is_found_by_mail_before_name() {
        let contact = |id: &str, email: Option<&str>, last: &str, first: &str| RawContact {
            id: id.to_owned(),
            email: email.map(str::to_owned),
            first_name: Some(first.to_owned()),
            last_name: Some(last.to_owned()),
            phone: None,
        };
        let list = [
            contact("a", Some("x@example.com"), "Sato", "Mika"),
            contact("b", Some("MIKA@example.com"), "Suzuki", "Mika"),
        ];
        assert_eq!(contact_of(&customer(), &list).unwrap().id, "b");
        assert_eq!(contact_of(&customer(), &list[..1]).unwrap().id, "a");
        assert!(contact_of(&customer(), &[contact("c", None, "Sato", "Ken")]).is_none());
    }
}
