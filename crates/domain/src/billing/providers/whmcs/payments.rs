//! `GetPayMethods`, `GetPaymentMethods`, `GetTransactions`, `GetCredits`.

use super::invoices::{self, RawTransaction, TransactionKey};
use super::{date, id, money};
use crate::Currency;
use crate::billing::{CreditEntry, PaymentGateway, PaymentMethod, PaymentMethodKind, Transaction, YearMonth};
use crate::common::loose::{Inner, Rows, Text};
use crate::common::map_error::MapError;
use crate::subscriptions::providers::whmcs::wire;
use serde::Deserialize;
use serde_json::{Map, Value};

macro_rules! key {
    ($name:ident, $key:literal) => {
        #[derive(Debug)]
        struct $name;
        impl Inner for $name {
            const KEY: &'static str = $key;
        }
    };
}
key!(MethodKey, "paymethod");
key!(GatewayKey, "paymentmethod");
key!(CreditKey, "credit");

fn read<'r, T: Deserialize<'r>>(reply: &'r [u8], what: &'static str) -> Result<T, MapError> {
    serde_json::from_slice(reply).map_err(|_| MapError::new(what, "reply", "is not JSON"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawMethods {
    clientid: Text,
    paymethods: Rows<RawMethod, MethodKey>,
}

/// Without `remote_token`: it opens the customer's account at the gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawMethod {
    id: Text,
    #[serde(rename = "type")]
    kind: Text,
    description: Text,
    card_last_four: Text,
    expiry_date: Text,
    card_type: Text,
    bank_name: Text,
}

/// The stored ways to pay of this client.
///
/// # Errors
/// When the reply names another client, or a row has no id.
pub fn payment_methods(reply: &[u8], client_id: u64) -> Result<Vec<PaymentMethod>, MapError> {
    const WHAT: &str = "WHMCS pay method";
    let raw: RawMethods = read(reply, WHAT)?;
    if raw.paymethods.misfit {
        return Err(MapError::new(WHAT, "paymethods", "is not a list"));
    }
    if raw.clientid.number() != Some(client_id) {
        return Err(MapError::new(WHAT, "clientid", "is another client"));
    }
    let method = |row: RawMethod| {
        let kind = match row.kind.as_str() {
            "CreditCard" | "RemoteCreditCard" => PaymentMethodKind::Card {
                brand: row.card_type.0,
                last_four: last_four(&row.card_last_four),
                expires: expiry(row.expiry_date.as_str()),
            },
            "BankAccount" | "RemoteBankAccount" => PaymentMethodKind::Bank { name: row.bank_name.0 },
            _ => PaymentMethodKind::Other(row.kind.0),
        };
        Ok(PaymentMethod { id: id(&row.id, WHAT, "id")?, kind, description: row.description.0 })
    };
    raw.paymethods.rows.into_iter().map(method).collect()
}

/// Four digits, whatever came: as a number they lose zeros at the front, and a whole card number must not pass.
fn last_four(text: &Text) -> String {
    let digits: String = text.as_str().chars().filter(char::is_ascii_digit).collect();
    let kept = &digits[digits.len().saturating_sub(4)..];
    if kept.is_empty() { String::new() } else { format!("{kept:0>4}") }
}

/// `MM/YY`, as documented; `MM/YYYY` and `MMYY` too. `None` for anything else.
fn expiry(text: &str) -> Option<YearMonth> {
    let digits: String = text.chars().filter(|c| *c != '/' && *c != ' ').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let month = digits.get(..2)?.parse().ok().filter(|month| (1..=12).contains(month))?;
    let year = match digits.len() {
        4 => 2000 + digits.get(2..)?.parse::<u16>().ok()?,
        6 => digits.get(2..)?.parse().ok()?,
        _ => return None,
    };
    Some(YearMonth { year, month })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawGateways {
    paymentmethods: Rows<RawGateway, GatewayKey>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawGateway {
    module: Text,
    displayname: Text,
}

/// The ways to pay that the operator offers.
///
/// # Errors
/// When there is no list.
pub fn gateways(reply: &[u8]) -> Result<Vec<PaymentGateway>, MapError> {
    const WHAT: &str = "WHMCS payment method";
    let raw: RawGateways = read(reply, WHAT)?;
    if raw.paymentmethods.misfit {
        return Err(MapError::new(WHAT, "paymentmethods", "is not a list"));
    }
    let named = raw.paymentmethods.rows.into_iter().filter(|row| !row.module.as_str().is_empty());
    Ok(named.map(|row| PaymentGateway { system_name: row.module.0, display_name: row.displayname.0 }).collect())
}

/// Whether `ApplyCredit` left the invoice paid. Documented as the text `true` or `false`; a truth has other writings too.
pub fn credit_applied(reply: &Value) -> bool {
    wire::truth(reply, "invoicepaid")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTransactions {
    transactions: Rows<RawTransaction, TransactionKey>,
}

/// Money that came and went.
///
/// # Errors
/// When there is no list, or a row does not fit: sums are made of them.
pub fn transactions(reply: &[u8], currency: Currency) -> Result<Vec<Transaction>, MapError> {
    let raw: RawTransactions = read(reply, "WHMCS transaction")?;
    if raw.transactions.misfit {
        return Err(MapError::new("WHMCS transaction", "transactions", "is not a list"));
    }
    invoices::transactions(raw.transactions.rows, currency)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCredits {
    clientid: Text,
    credits: Rows<RawCredit, CreditKey>,
    /// A published example has the rows flattened: `credits[credit][0][id]`.
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawCredit {
    id: Text,
    date: Text,
    description: Text,
    amount: Text,
}

/// The credit log of this client.
///
/// # Errors
/// When the reply names another client, or a row does not fit.
pub fn credits(reply: &[u8], client_id: u64, currency: Currency) -> Result<Vec<CreditEntry>, MapError> {
    const WHAT: &str = "WHMCS credit";
    let mut raw: RawCredits = read(reply, WHAT)?;
    if raw.credits.misfit {
        return Err(MapError::new(WHAT, "credits", "is not a list"));
    }
    if raw.clientid.number() != Some(client_id) {
        return Err(MapError::new(WHAT, "clientid", "is another client"));
    }
    raw.credits.rows.extend(flattened(&raw.others)?);
    let entry = |row: RawCredit| {
        Ok(CreditEntry {
            id: id(&row.id, WHAT, "id")?,
            on: date(&row.date, WHAT, "date")?,
            amount: money(&row.amount, WHAT, "amount", currency)?,
            description: row.description.0,
        })
    };
    raw.credits.rows.into_iter().map(entry).collect()
}

fn flattened(members: &Map<String, Value>) -> Result<Vec<RawCredit>, MapError> {
    let mut rows: std::collections::BTreeMap<u32, Map<String, Value>> = std::collections::BTreeMap::new();
    for (name, value) in members {
        let Some(rest) = name.strip_prefix("credits[credit][") else { continue };
        let place = rest
            .strip_suffix(']')
            .and_then(|rest| rest.split_once("]["))
            .and_then(|(row, member)| Some((row.parse::<u32>().ok()?, member)));
        if let Some((row, member)) = place {
            rows.entry(row).or_default().insert(member.to_owned(), value.clone());
        }
    }
    rows.into_values()
        .map(|row| {
            serde_json::from_value(Value::Object(row))
                .map_err(|_| MapError::new("WHMCS credit", "credits", "is not a list"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Date, Money};
    use serde_json::json;

    fn methods(list: Value) -> Result<Vec<PaymentMethod>, MapError> {
        payment_methods(json!({"result": "success", "clientid": "7", "paymethods": list}).to_string().as_bytes(), 7)
    }

    #[test]
    fn the_four_kinds_of_pay_method() {
        let card = json!({"id": 5, "type": "RemoteCreditCard", "description": "Mika&#039;s card", "gateway_name": "stripe", "contact_type": "Client",
            "contact_id": 7, "card_last_four": "0042", "expiry_date": "03/29", "start_date": "", "issue_number": "", "card_type": "Visa",
            "remote_token": "{\"customer\":\"cus_secret\"}", "last_updated": "01/04/2026 10:00"});
        let bank = json!({"id": "6", "type": "BankAccount", "description": "", "bank_name": "Mizuho"});
        let found = methods(json!([card, bank, {"id": 7, "type": "Wallet", "description": "x"}])).unwrap();
        let expires = Some(YearMonth { year: 2029, month: 3 });
        assert_eq!(
            found[0].kind,
            PaymentMethodKind::Card { brand: "Visa".to_owned(), last_four: "0042".to_owned(), expires }
        );
        assert_eq!(found[0].description, "Mika's card");
        assert_eq!(found[1].kind, PaymentMethodKind::Bank { name: "Mizuho".to_owned() });
        assert_eq!(found[2].kind, PaymentMethodKind::Other("Wallet".to_owned()));
        assert!(!format!("{found:?}").contains("cus_secret"), "the token is not read");
    }

    #[test]
    fn odd_forms_of_a_card() {
        let read = |change: Value| {
            let mut row = json!({"id": 5, "type": "CreditCard", "card_last_four": "4242", "expiry_date": "03/29"});
            for (key, value) in change.as_object().unwrap() {
                row[key] = value.clone();
            }
            let PaymentMethodKind::Card { last_four, expires, .. } =
                methods(json!({"paymethod": row})).unwrap()[0].kind.clone()
            else {
                panic!("a card")
            };
            (last_four, expires.map(|e| (e.year, e.month)))
        };
        assert_eq!(
            read(json!({"card_last_four": 42})),
            ("0042".to_owned(), Some((2029, 3))),
            "a number lost its zeros"
        );
        assert_eq!(read(json!({"card_last_four": "4111111111111234"})).0, "1234", "never more than four");
        assert_eq!(read(json!({"card_last_four": null})).0, "");
        for (form, expected) in
            [("0329", Some((2029, 3))), ("03/2029", Some((2029, 3))), ("13/29", None), ("", None), ("never", None)]
        {
            assert_eq!(read(json!({"expiry_date": form})).1, expected, "{form}");
        }
    }

    #[test]
    fn a_reply_about_another_client_is_refused() {
        let reply = json!({"clientid": 8, "paymethods": []}).to_string();
        assert_eq!(payment_methods(reply.as_bytes(), 7).unwrap_err().field, "clientid");
        let reply = json!({"clientid": "8", "credits": ""}).to_string();
        assert_eq!(credits(reply.as_bytes(), 7, Currency::Jpy).unwrap_err().field, "clientid");
        assert_eq!(methods(json!("")).unwrap(), []);
        assert!(methods(json!("x")).is_err());
    }

    #[test]
    fn credits_nested_and_flattened_are_the_same() {
        let nested = json!({"result": "success", "totalresults": "1", "clientid": "7", "credits": {"credit":
            [{"id": "3", "date": "2026-04-01", "description": "Refund &amp; sorry", "amount": "-500.00", "relid": "0"}]}});
        let flat = json!({"result": "success", "totalresults": 1, "clientid": 7, "credits[credit][0][id]": 3, "credits[credit][0][date]": "2026-04-01",
            "credits[credit][0][description]": "Refund &amp; sorry", "credits[credit][0][amount]": "-500.00"});
        let expected = CreditEntry {
            id: 3,
            on: Date::new(2026, 4, 1),
            description: "Refund & sorry".to_owned(),
            amount: Money::yen(-500),
        };
        for reply in [nested, flat] {
            assert_eq!(
                credits(reply.to_string().as_bytes(), 7, Currency::Jpy).unwrap(),
                std::slice::from_ref(&expected),
                "{reply}"
            );
        }
    }

    #[test]
    fn gateways_and_transactions_in_their_forms() {
        let one = json!({"module": "stripe", "displayname": "Credit &amp; debit card"});
        for form in [json!({"paymentmethod": [one]}), json!({"paymentmethod": one}), json!([one])] {
            let reply = json!({"totalresults": 1, "paymentmethods": form}).to_string();
            assert_eq!(gateways(reply.as_bytes()).unwrap()[0].display_name, "Credit & debit card");
        }
        let none = json!({"result": "success", "totalresults": 0, "transactions": ""}).to_string();
        assert_eq!(transactions(none.as_bytes(), Currency::Jpy).unwrap(), []);
        let bad = json!({"transactions": {"transaction": [{"id": 1, "amountin": "¥5"}]}}).to_string();
        assert!(transactions(bad.as_bytes(), Currency::Jpy).is_err());
    }
}
