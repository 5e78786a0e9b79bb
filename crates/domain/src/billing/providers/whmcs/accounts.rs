//! `GetClientsDetails`, as far as billing is concerned.

use super::{id, money};
use crate::Currency;
use crate::billing::{BillingAccount, BillingAccountState};
use crate::common::loose::Text;
use crate::common::map_error::MapError;
use serde::Deserialize;

const WHAT: &str = "WHMCS client";

/// `client.*` only: the same members at the top level are a deprecated copy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw {
    client: RawClient,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawClient {
    /// `userid`, `client_id` and `id` are the same number; not every version has all of them.
    id: Text,
    userid: Text,
    client_id: Text,
    status: Text,
    credit: Text,
    currency_code: Text,
    defaultgateway: Text,
}

/// How the account of this client stands.
///
/// # Errors
/// When the reply is about another client or in another currency, or lacks status or credit.
pub fn account(reply: &[u8], client_id: u64, currency: Currency) -> Result<BillingAccount, MapError> {
    let raw: Raw = serde_json::from_slice(reply).map_err(|_| MapError::new(WHAT, "reply", "is not JSON"))?;
    let raw = raw.client;
    let found = [&raw.id, &raw.client_id, &raw.userid].into_iter().find(|text| !text.as_str().is_empty());
    if id(found.unwrap_or(&raw.id), WHAT, "id")? != client_id {
        return Err(MapError::new(WHAT, "id", "is another client"));
    }
    if !raw.currency_code.as_str().is_empty() && raw.currency_code.as_str() != currency.code() {
        return Err(MapError::new(WHAT, "currency_code", "is another currency"));
    }
    Ok(BillingAccount {
        client_id,
        state: match raw.status.as_str() {
            "" => return Err(MapError::missing(WHAT, "status")),
            "Active" => BillingAccountState::Active,
            "Inactive" => BillingAccountState::Inactive,
            "Closed" => BillingAccountState::Closed,
            _ => BillingAccountState::Other(raw.status.0),
        },
        credit: money(&raw.credit, WHAT, "credit", currency)?,
        default_gateway: raw.defaultgateway.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Money;
    use serde_json::{Value, json};

    fn read(client: Value) -> Result<BillingAccount, MapError> {
        let reply = json!({"result": "success", "userid": 99, "credit": "1.00", "client": client}).to_string();
        account(reply.as_bytes(), 7, Currency::Jpy)
    }

    #[test]
    fn an_account_in_its_forms() {
        let plain = read(
            json!({"id": 7, "userid": 7, "client_id": 7, "status": "Active", "credit": "500.00", "currency_code": "JPY",
            "defaultgateway": "stripe", "latefeeoveride": false, "lastlogin": "Date: x<br>IP: y"}),
        )
        .unwrap();
        assert_eq!((plain.state.clone(), plain.credit), (BillingAccountState::Active, Money::yen(500)));
        assert_eq!(
            read(json!({"userid": "7", "status": "Active", "credit": 500, "defaultgateway": "stripe"})),
            Ok(plain)
        );
        let odd = read(json!({"id": "7", "status": "Frozen", "credit": "0.00"})).unwrap();
        assert_eq!(odd.state, BillingAccountState::Other("Frozen".to_owned()));
        for bad in [
            json!({"id": 8, "status": "Active", "credit": "0.00"}),
            json!({"id": 7, "status": "", "credit": "0.00"}),
            json!({"id": 7, "status": "Active", "credit": "¥0"}),
            json!({"id": 7, "status": "Active", "credit": "0.00", "currency_code": "USD"}),
            json!({}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
