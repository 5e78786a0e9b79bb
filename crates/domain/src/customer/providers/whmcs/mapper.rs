use crate::common::map_error::MapError;
use crate::common::pii::Pii;
use crate::customer::contract::{Address, Customer, KnownCustomer};
use crate::subscriptions::providers::whmcs::wire;
use serde_json::Value;

/// What billing knows about a customer who has no client id recorded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientLookup {
    /// The client that carries our customer number.
    Found(u64),
    /// Nobody has this mail address.
    None,
    /// Somebody has this mail address and does not carry our customer number: a different person's record, until a human
    /// says otherwise. It is never linked.
    EmailBelongsToAnother,
}

/// A row of `GetClients`.
#[derive(Clone, PartialEq, Eq)]
pub struct RawClientMatch {
    pub id: u64,
    pub email: String,
}

/// The clients of a `GetClients` page whose whole mail address is `email` (the search matches beginnings, and names too).
///
/// # Errors
/// When the list or a row with this mail address does not fit.
pub fn client_matches(reply: &Value, email: &str) -> Result<Vec<RawClientMatch>, MapError> {
    const WHAT: &str = "WHMCS client";
    let wanted = email.trim().to_lowercase();
    wire::rows(reply, WHAT, "clients", "client")?
        .into_iter()
        .map(|row| (wire::text(row, "email"), row))
        .filter(|(email, _)| email.trim().to_lowercase() == wanted)
        .map(|(email, row)| Ok(RawClientMatch { id: wire::id(row, WHAT, "id")?, email }))
        .collect()
}

/// The client custom field `field` of a `GetClientsDetails` reply.
///
/// `customfields` is a bare list of `{id, value}` in `client`.
///
/// # Errors
/// When there is no `client`, or its custom fields are not a list.
pub fn customer_number_of(reply: &Value, field: u64) -> Result<Option<String>, MapError> {
    const WHAT: &str = "WHMCS client";
    let client = reply.get("client").filter(|c| c.is_object()).ok_or_else(|| MapError::missing(WHAT, "client"))?;
    let fields = wire::rows(client, WHAT, "customfields", "customfield")?;
    Ok(fields
        .into_iter()
        .find(|f| f.get("id").and_then(wire::number) == Some(field))
        .map(|f| wire::text(f, "value").trim().to_owned())
        .filter(|v| !v.is_empty()))
}

/// Who a client is, from a `GetClientsDetails` reply.
///
/// # Errors
/// When there is no `client`, or it has no mail address.
pub fn client_record(reply: &Value) -> Result<KnownCustomer, MapError> {
    const WHAT: &str = "WHMCS client";
    let client = reply.get("client").filter(|c| c.is_object()).ok_or_else(|| MapError::missing(WHAT, "client"))?;
    let text = |name: &str| Pii::new(wire::text(client, name).trim().to_owned());
    let email = text("email");
    if email.reveal().is_empty() {
        return Err(MapError::missing(WHAT, "email"));
    }
    Ok(KnownCustomer {
        family_name: text("lastname"),
        given_name: text("firstname"),
        email,
        phone: text("phonenumber"),
        address: Address {
            postcode: text("postcode"),
            prefecture: text("state"),
            city: text("city"),
            line1: text("address1"),
            line2: text("address2"),
        },
    })
}

/// The form fields of `AddClient`, without its custom fields. All documented as required are present.
pub fn add_client_fields(customer: &Customer) -> Vec<(&'static str, String)> {
    let address = &customer.address;
    vec![
        ("firstname", customer.given_name.reveal().clone()),
        ("lastname", customer.family_name.reveal().clone()),
        ("email", customer.email.reveal().trim().to_owned()),
        ("address1", address.line1.reveal().clone()),
        ("address2", address.line2.reveal().clone()),
        ("city", address.city.reveal().clone()),
        ("state", address.prefecture.reveal().clone()),
        ("postcode", address.postcode.reveal().clone()),
        ("country", "JP".to_owned()),
        ("phonenumber", customer.phone.reveal().clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_whole_mail_address_counts() {
        let reply = json!({"totalresults": "3", "startnumber": 0, "numreturned": 3, "clients": {"client": {
            "0": {"id": "7", "email": "Mika@example.com"},
            "1": {"id": 8, "email": "mika@example.com.example.org"},
            "2": {"id": 9, "email": "", "firstname": "mika@example.com"},
        }}});
        let ids: Vec<u64> = client_matches(&reply, " mika@EXAMPLE.com").unwrap().iter().map(|c| c.id).collect();
        assert_eq!(ids, [7]);
        assert!(client_matches(&json!({"clients": ""}), "a@example.com").unwrap().is_empty());
        assert!(
            client_matches(&json!({"clients": {"client": [{"id": "x", "email": "a@example.com"}]}}), "a@example.com")
                .is_err()
        );
    }

    #[test]
    fn the_customer_number_is_a_custom_field_of_the_client() {
        let reply = json!({"customfields": [{"id": 1, "value": "legacy copy"}],
            "client": {"id": 7, "customfields": [{"id": "2", "value": "x"}, {"id": "1", "value": "C-100001"}]}});
        assert_eq!(customer_number_of(&reply, 1).unwrap().as_deref(), Some("C-100001"));
        assert_eq!(customer_number_of(&reply, 5).unwrap(), None);
        assert_eq!(customer_number_of(&json!({"client": {"customfields": ""}}), 1).unwrap(), None);
        assert!(customer_number_of(&json!({"client": []}), 1).is_err());
    }
}
