//! Stored cards and accounts. Numbers are looked at and thrown away; only the last four digits stay.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::settings::{self, Gateway, Keeps};
use super::types::{self, Client, PayMethod};
use super::{Answer, Failure, object};
use crate::clock::{Date, japan_datetime};
use crate::sentinels;
use crate::world::store::{Store, Txn, numeric_key};

/// The client's, the default one first.
pub(crate) fn of_client(store: &Store, client: u64) -> Vec<PayMethod> {
    let mut rows: Vec<PayMethod> = types::all(store);
    rows.retain(|row| row.clientid == client);
    rows.sort_by_key(|row| (row.position, row.id));
    rows
}

/// Whether the last day of a month written `MM/YY` is over. Nothing has no end.
pub(crate) fn expired(expiry: &str, today: Date) -> bool {
    let Some((month, year)) = expiry.split_once('/') else { return false };
    match (month.parse::<i64>(), year.parse::<i64>()) {
        (Ok(month), Ok(year)) => (2_000 + year) * 12 + month < today.year * 12 + i64::from(today.month),
        _ => false,
    }
}

/// `MMYY` as `MM/YY`.
fn month(text: &str) -> Option<String> {
    let digits = text.replace(['/', ' '], "");
    let month: u32 = digits.get(..2)?.parse().ok()?;
    let right = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) && (1..=12).contains(&month);
    right.then(|| format!("{}/{}", &digits[..2], &digits[2..]))
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let id = form.number("clientid").ok_or_else(|| Failure::new("Client ID Is Required"))?;
    let kind = form.text("type").filter(|kind| !kind.is_empty());
    if kind.as_ref().is_some_and(|kind| !["BankAccount", "CreditCard"].contains(&kind.as_str())) {
        return Err(Failure::new("Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'"));
    }
    let client: Client = types::find(store, id).ok_or_else(|| Failure::new("Client Not Found"))?;
    let wanted = form.number("paymethodid");
    let rows: Vec<Value> = of_client(store, client.id)
        .iter()
        .filter(|row| wanted.is_none_or(|id| id == row.id))
        .filter(|row| kind.as_ref().is_none_or(|kind| row.kind.ends_with(kind.as_str())))
        .map(show)
        .collect();
    // Not wrapped, unlike other lists.
    Ok(object(json!({ "clientid": client.id.to_string(), "paymethods": rows })))
}

fn show(row: &PayMethod) -> Value {
    let mut shown = json!({
        "id": row.id, "type": row.kind, "description": row.description, "gateway_name": row.gateway_name, "contact_type": "Client",
        "contact_id": row.clientid, "last_updated": row.last_updated,
    });
    if row.kind.ends_with("CreditCard") {
        for (name, value) in [
            ("card_last_four", &row.card_last_four),
            ("expiry_date", &row.expiry_date),
            ("start_date", &row.start_date),
            ("issue_number", &row.issue_number),
            ("card_type", &row.card_type),
        ] {
            shown[name] = json!(value);
        }
    } else {
        shown["bank_name"] = json!(row.bank_name);
    }
    if row.kind.starts_with("Remote") {
        // A JSON document inside a text, as gateways leave it.
        let token = json!({ "customer": format!("cus_{}", row.clientid), "method": format!("pm_{}", row.id) });
        shown["remote_token"] = json!(token.to_string());
    }
    shown
}

/// The display format of the installation: DD/MM/YYYY HH:MM.
fn displayed(at: i64) -> String {
    let text = japan_datetime(at);
    format!("{}/{}/{} {}", &text[8..10], &text[5..7], &text[..4], &text[11..16])
}

fn card_type(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "Visa",
        [b'5', ..] => "MasterCard",
        [b'3', b'5', ..] => "JCB",
        [b'3', ..] => "American Express",
        _ => "Card",
    }
}

struct Card {
    number: String,
    expiry: String,
    start: String,
    issue: String,
}

fn card(form: &Form, today: Date) -> Result<Card, Failure> {
    let text = |name: &str| form.text(name).unwrap_or_default();
    let number: String = text("card_number").chars().filter(char::is_ascii_digit).collect();
    if number.is_empty() {
        return Err(Failure::new("Card Number is required for 'CreditCard' or 'RemoteCreditCard' type"));
    }
    if text("card_expiry").is_empty() {
        return Err(Failure::new("Expiry Date is required for 'CreditCard' or 'RemoteCreditCard' type"));
    }
    let expiry = month(&text("card_expiry")).filter(|expiry| !expired(expiry, today));
    let expiry = expiry.ok_or_else(|| Failure::new("Expiry Date is invalid"))?;
    let start = match text("card_start") {
        start if start.is_empty() => start,
        start => month(&start).ok_or_else(|| Failure::new("Start Date is invalid"))?,
    };
    let issue = text("card_issue_number");
    if !issue.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Failure::new("Issue Number is invalid"));
    }
    Ok(Card { number, expiry, start, issue })
}

pub(crate) fn add(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let text = |name: &str| form.text(name).filter(|text| !text.is_empty());
    if text("clientid").is_none() {
        return Err(Failure::new("Client ID Is Required"));
    }
    let client = form.number("clientid").and_then(|id| types::find::<Client>(txn, id));
    let client = client.ok_or_else(|| Failure::new("Invalid Client ID"))?;
    let kind = text("type").unwrap_or_else(|| "CreditCard".to_owned());
    let module = text("gateway_module_name");
    let now = txn.now_ms();
    let row = PayMethod {
        clientid: client.id,
        description: text("description").unwrap_or_default(),
        last_updated: displayed(now),
        kind: kind.clone(),
        ..PayMethod::default()
    };
    let row = match kind.as_str() {
        "RemoteCreditCard" => {
            let module = module.ok_or_else(|| Failure::new("Gateway is Required for RemoteCreditCard type"))?;
            let card = card(form, Date::japan(now))?;
            let gateway = known_gateway(txn, &module, Keeps::RemoteCards)?;
            if sentinels::card(&card.number) == sentinels::Card::Refused {
                return Err(Failure::new("Error Creating Remote Token: Your card was declined."));
            }
            with_card(row, card, gateway)
        }
        "CreditCard" => {
            let Some(gateway) = settings::gateways(txn).find(|gateway| gateway.keeps == Keeps::LocalCards) else {
                return Err(Failure::new("No Local Credit Card Payment Gateways Enabled"));
            };
            with_card(row, card(form, Date::japan(now))?, gateway)
        }
        "BankAccount" => {
            if text("bank_code").is_none() {
                return Err(Failure::new("Routing number is required"));
            }
            let account = text("bank_account").ok_or_else(|| Failure::new("Account number is required"))?;
            let module = module.ok_or_else(|| Failure::new("Gateway is Required for Bank Account Storage"))?;
            let gateway = known_gateway(txn, &module, Keeps::Accounts)?;
            PayMethod {
                gateway_name: gateway.module.to_owned(),
                bank_name: text("bank_name").unwrap_or_default(),
                card_last_four: last_four(&account),
                ..row
            }
        }
        _ => {
            return Err(Failure::new(
                "Invalid Pay Method Type. Type should be one of 'BankAccount', 'CreditCard', or 'RemoteCreditCard'",
            ));
        }
    };
    let before = of_client(txn, client.id);
    let first = before.first().map_or(0, |row| row.position);
    let last = before.last().map_or(0, |row| row.position);
    let position = if form.flag("set_as_default") { first - 1 } else { last + 1 };
    let row = PayMethod { id: types::next_id::<PayMethod>(txn), position, ..row };
    types::save(txn, &row);
    Ok(object(json!({ "clientid": client.id.to_string(), "paymethodid": row.id.to_string() })))
}

fn with_card(row: PayMethod, card: Card, gateway: &Gateway) -> PayMethod {
    PayMethod {
        gateway_name: gateway.module.to_owned(),
        card_last_four: last_four(&card.number),
        card_type: card_type(&card.number).to_owned(),
        declines: sentinels::card(&card.number) == sentinels::Card::Declines,
        stuck: sentinels::card(&card.number) == sentinels::Card::Stuck,
        expiry_date: card.expiry,
        start_date: card.start,
        issue_number: card.issue,
        ..row
    }
}

fn last_four(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits[digits.len().saturating_sub(4)..].iter().collect()
}

fn known_gateway(store: &Store, module: &str, keeps: Keeps) -> Result<&'static Gateway, Failure> {
    let gateway = settings::gateway(store, module).ok_or_else(|| {
        Failure::message(format!("Invalid Gateway Module Name. Must be one of: {}", settings::gateway_list(store)))
    })?;
    if gateway.keeps != keeps {
        return Err(Failure::new("Unsupported Gateway Type for Storage"));
    }
    Ok(gateway)
}

/// The client's own row, with the documented order of checks.
fn owned(store: &Store, form: &Form) -> Result<PayMethod, Failure> {
    let given = |name: &str| form.text(name).is_some_and(|text| !text.is_empty());
    if !given("clientid") {
        return Err(Failure::new("Client ID is Required"));
    }
    if !given("paymethodid") {
        return Err(Failure::new("Pay Method ID is Required"));
    }
    let row = form.number("paymethodid").and_then(|id| types::find::<PayMethod>(store, id));
    let row = row.ok_or_else(|| Failure::new("Invalid Pay Method ID"))?;
    if form.number("clientid") != Some(row.clientid) {
        return Err(Failure::new("Pay Method does not belong to passed Client ID"));
    }
    Ok(row)
}

pub(crate) fn update(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let mut row = owned(txn, form)?;
    let text = |name: &str| form.text(name).filter(|text| !text.is_empty());
    let card_fields = ["card_number", "card_expiry", "card_start", "card_issue_number"];
    let bank_fields = ["bank_name", "bank_account_type", "bank_code", "bank_account"];
    let (card, bank) =
        (card_fields.iter().any(|name| text(name).is_some()), bank_fields.iter().any(|name| text(name).is_some()));
    let default = form.flag("set_as_default");
    if !card && !bank && !default {
        return Err(Failure::new("No Details Provided for Update"));
    }
    let is_card = row.kind.ends_with("CreditCard");
    if (card && !is_card) || (bank && is_card) || settings::gateway(txn, &row.gateway_name).is_none() {
        return Err(Failure::new("Unsupported Gateway Type for Update"));
    }
    if let Some(number) = text("card_number") {
        if row.kind.starts_with("Remote") {
            return Err(Failure::new("Unable to Update Card Number for Assisted Gateway"));
        }
        row.card_last_four = last_four(&number);
        row.card_type = card_type(&number).to_owned();
        row.declines = sentinels::card(&number) == sentinels::Card::Declines;
    }
    let now = txn.now_ms();
    if let Some(expiry) = text("card_expiry") {
        let expiry = month(&expiry).filter(|expiry| !expired(expiry, Date::japan(now)));
        row.expiry_date = expiry.ok_or_else(|| Failure::new("Expiry Date is invalid"))?;
    }
    if row.stuck {
        return Err(Failure::new("Error Updating Remote Pay Method: The gateway could not be reached."));
    }
    if let Some(start) = text("card_start").as_deref().and_then(month) {
        row.start_date = start;
    }
    for (name, target) in [("card_issue_number", &mut row.issue_number), ("bank_name", &mut row.bank_name)] {
        if let Some(value) = text(name) {
            *target = value;
        }
    }
    if default {
        row.position = of_client(txn, row.clientid).first().map_or(0, |first| first.position) - 1;
    }
    row.last_updated = displayed(now);
    types::save(txn, &row);
    Ok(object(json!({ "clientid": row.clientid.to_string(), "paymethodid": row.id.to_string() })))
}

pub(crate) fn delete(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let row = owned(txn, form)?;
    if row.stuck {
        return Err(Failure::new("Error Deleting Remote Pay Method: The gateway could not be reached."));
    }
    txn.delete(<PayMethod as types::Row>::TABLE, &numeric_key(row.id));
    let mut body = Map::new();
    body.insert("paymethodid".to_owned(), json!(row.id.to_string()));
    Ok(body)
}

/// The old way to forget a card, from when there was one at most.
pub(crate) fn clear_card(txn: &mut Txn<'_>, client: u64) -> Result<(), Failure> {
    let cards: Vec<u64> =
        of_client(txn, client).iter().filter(|row| row.kind.ends_with("CreditCard")).map(|row| row.id).collect();
    match cards[..] {
        [] => Ok(()),
        [id] => {
            txn.delete(<PayMethod as types::Row>::TABLE, &numeric_key(id));
            Ok(())
        }
        _ => Err(Failure::new("Multiple Credit Card Pay Methods Found")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_good_until_its_month_is_over() {
        let day = |text: &str| Date::parse_iso(text).unwrap();
        assert!(!expired("12/26", day("2026-12-31")));
        assert!(expired("12/26", day("2027-01-01")));
        assert!(!expired("", day("2027-01-01")));
    }

    #[test]
    fn months_are_four_digits() {
        assert_eq!(month("0127").as_deref(), Some("01/27"));
        assert_eq!(month("01/27").as_deref(), Some("01/27"));
        for wrong in ["", "1327", "127", "0a27", "012027", "日本"] {
            assert_eq!(month(wrong), None, "{wrong}");
        }
    }
}
