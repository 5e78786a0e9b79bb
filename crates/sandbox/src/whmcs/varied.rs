//! The forms of other installations chosen anew for each reply, from a seed: same facts, only forms that the contract
//! lists. `awkward` is the other mode, with every quirk at once.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::awkward::encode;
use crate::world::store::{Store, Txn};

const TABLE: &str = "whmcs.settings";

pub(crate) fn seed(store: &Store) -> Option<u64> {
    store.read(TABLE, "awkward_seed")
}

pub(crate) fn set_seed(txn: &mut Txn<'_>, seed: Option<u64>) {
    match seed {
        Some(seed) => txn.put(TABLE, "awkward_seed", &seed),
        None => {
            txn.delete(TABLE, "awkward_seed");
        }
    }
}

/// Lists that stand bare, without a wrapper of their singular.
const BARE: &[&str] = &["paymethods", "users", "customfields", "attachments", "clients"];
/// Texts which are numbers in disguise and may come as numbers as well.
const COUNTS: &[&str] =
    &["qty", "flag", "format", "taxed", "totalresults", "diskusage", "disklimit", "bwusage", "bwlimit"];
/// Fields which are null on one installation and an empty text on another.
const NULLABLE: &[&str] = &["serverip", "serverhostname"];
/// Texts which are encoded already, or whose form is fixed.
const FIXED: &[&str] = &[
    "result",
    "message",
    "subject",
    "tid",
    "c",
    "access_token",
    "redirect_url",
    "transid",
    "tax_id",
    "subscriptionid",
];

struct Varied {
    dice: StdRng,
    /// Whether this installation hands its texts out as they are stored.
    encoded: bool,
    strings: bool,
}

/// The reply to one request in forms that follow from the seed, the action and the request alone.
pub(crate) fn vary(seed: u64, request: &str, action: &str, body: Value) -> Value {
    let digest = Sha256::digest(format!("{seed}\n{action}\n{request}"));
    let mut dice = StdRng::from_seed(digest.into());
    let (encoded, strings) = (dice.random_bool(0.5), dice.random_bool(0.5));
    let mut varied = Varied { dice, encoded, strings };
    let Value::Object(mut members) = body else { return body };
    match action {
        "AddOrder" => varied.order(&mut members),
        "GetCredits" | "GetCurrencies" if varied.dice.random_bool(0.2) => leak(&mut members),
        _ => {}
    }
    Value::Object(varied.members(members))
}

/// The forms of a name-and-value text in JSON: `credits[credit][0][id]`.
fn leak(members: &mut Map<String, Value>) {
    let lists: Vec<String> =
        members.iter().filter(|(_, value)| value.is_object()).map(|(name, _)| name.clone()).collect();
    for list in lists {
        let Some(Value::Object(wrapper)) = members.remove(&list) else { continue };
        for (singular, rows) in wrapper {
            for (at, row) in rows.as_array().into_iter().flatten().enumerate() {
                for (name, value) in row.as_object().into_iter().flatten() {
                    members.insert(format!("{list}[{singular}][{at}][{name}]"), value.clone());
                }
            }
        }
    }
}

impl Varied {
    fn one_of(&mut self, forms: &[Value]) -> Value {
        forms[self.dice.random_range(0..forms.len())].clone()
    }

    /// Version 7 knows only the old name; an order without an invoice says so with 0 or not at all.
    fn order(&mut self, members: &mut Map<String, Value>) {
        if let Some(ids) = members.get("serviceids").cloned()
            && self.dice.random_bool(0.5)
        {
            members.insert("productids".to_owned(), ids);
            if self.dice.random_bool(0.5) {
                members.remove("serviceids");
            }
        }
        if !members.contains_key("invoiceid") && self.dice.random_bool(0.5) {
            members.insert("invoiceid".to_owned(), json!(0));
        }
    }

    fn members(&mut self, members: Map<String, Value>) -> Map<String, Value> {
        let is_row = members.contains_key("id") || members.contains_key("result");
        let mut varied = Map::new();
        for (name, value) in members {
            if let Some(value) = self.member(&name, value) {
                varied.insert(name, value);
            }
        }
        if is_row && self.dice.random_bool(0.25) {
            let forms = [json!("x"), json!(["a", "b"]), json!({ "note": "from an add-on" }), Value::Null];
            varied.insert("addon_fields".to_owned(), self.one_of(&forms));
        }
        varied
    }

    /// `None` leaves the member out.
    fn member(&mut self, name: &str, value: Value) -> Option<Value> {
        Some(match value {
            // Clients add it up: always a number.
            Value::Number(number) if name == "numreturned" => Value::Number(number),
            Value::Number(number) if self.strings || self.dice.random_bool(0.2) => Value::String(number.to_string()),
            Value::Bool(true) => self.one_of(&[json!(true), json!("true"), json!(1), json!("1"), json!("on")]),
            Value::Bool(false) => self.one_of(&[json!(false), json!("false"), json!(0), json!("0"), json!("")]),
            Value::String(text) if name == "transactions" && text.is_empty() => return self.empty("transaction"),
            Value::String(text) => self.text(name, text),
            Value::Null => {
                if self.dice.random_bool(0.5) {
                    json!("")
                } else {
                    Value::Null
                }
            }
            Value::Array(items) if items == [json!([])] => Value::Array(items),
            Value::Array(items) if items.is_empty() && BARE.contains(&name) => return self.empty(name),
            Value::Array(items) => self.list(items),
            Value::Object(wrapper) => match empty_list(&wrapper) {
                Some(singular) => return self.empty(&singular),
                None => Value::Object(self.members(wrapper)),
            },
            number => number,
        })
    }

    fn text(&mut self, name: &str, text: String) -> Value {
        let is_id = name.ends_with("id") && !FIXED.contains(&name) || COUNTS.contains(&name);
        // A zero in front would get lost.
        if is_id
            && let Ok(number) = text.parse::<u64>()
            && number.to_string() == text
        {
            return if self.strings { Value::String(text) } else { json!(number) };
        }
        match text.as_str() {
            "0000-00-00" | "0000-00-00 00:00:00" if self.dice.random_bool(0.5) => json!(""),
            "" if NULLABLE.contains(&name) && self.dice.random_bool(0.5) => Value::Null,
            _ if self.encoded && !FIXED.contains(&name) => Value::String(encode(&text)),
            _ => Value::String(text),
        }
    }

    fn empty(&mut self, singular: &str) -> Option<Value> {
        let forms = [json!(""), json!([]), json!({}), json!({ singular: [] }), Value::Null];
        // A bare list has no inner name.
        let forms =
            if BARE.contains(&singular) { vec![json!(""), json!([]), json!({}), Value::Null] } else { forms.to_vec() };
        let at = self.dice.random_range(0..=forms.len());
        forms.get(at).cloned()
    }

    fn list(&mut self, items: Vec<Value>) -> Value {
        let mut rows: Vec<Value> = items
            .into_iter()
            .map(|item| match item {
                Value::Object(members) => Value::Object(self.members(members)),
                other => other,
            })
            .collect();
        match self.dice.random_range(0..4) {
            0 if rows.len() == 1 && rows[0].is_object() => rows.remove(0),
            1 if rows.len() <= 10 => {
                Value::Object(rows.into_iter().enumerate().map(|(at, row)| (at.to_string(), row)).collect())
            }
            2 if in_order(&rows) => Value::Object(rows.into_iter().filter_map(|row| Some((key(&row)?, row))).collect()),
            _ => Value::Array(rows),
        }
    }
}

/// The id of a row as the key of an object.
fn key(row: &Value) -> Option<String> {
    match row.get("id")? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => Some(text.clone()),
        _ => None,
    }
}

/// Whether an object keyed by id keeps the order of the list: JSON objects here are sorted by the text of the key.
fn in_order(rows: &[Value]) -> bool {
    let keys: Option<Vec<String>> = rows.iter().map(key).collect();
    keys.is_some_and(|keys| keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]))
}

/// The singular of a wrapped list with nothing in it.
fn empty_list(wrapper: &Map<String, Value>) -> Option<String> {
    let mut members = wrapper.iter();
    match (members.next(), members.next()) {
        (Some((singular, Value::Array(items))), None) if items.is_empty() => Some(singular.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plain() -> Value {
        json!({
            "result": "success", "totalresults": 2, "numreturned": 2, "startnumber": 0,
            "invoices": { "invoice": [{ "id": 7, "userid": "1", "datepaid": "0000-00-00 00:00:00", "notes": "A & B" }, { "id": 8, "userid": "1", "datepaid": "2026-01-02 03:04:05", "notes": "" }] },
            "orders": { "order": [] }, "paymethods": [{ "id": 3, "is_default": true }], "transactions": "",
        })
    }

    /// Every form that a member takes over many seeds.
    fn forms(pointer: &str) -> BTreeSet<String> {
        (0..400)
            .map(|seed| vary(seed, "", "X", plain()).pointer(pointer).map_or("missing".to_owned(), Value::to_string))
            .collect()
    }

    #[test]
    fn the_same_seed_and_request_give_the_same_forms() {
        assert_eq!(vary(5, "a=1", "X", plain()), vary(5, "a=1", "X", plain()));
        assert!((0..50).any(|seed| vary(seed, "a=1", "X", plain()) != vary(5, "a=1", "X", plain())));
    }

    #[test]
    fn every_form_of_the_contract_turns_up_and_no_other() {
        let texts = |forms: &[&str]| forms.iter().map(|form| (*form).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(forms("/numreturned"), texts(&["2"]));
        assert_eq!(forms("/totalresults"), texts(&["2", "\"2\""]));
        assert_eq!(forms("/orders"), texts(&["\"\"", "[]", "{}", "{\"order\":[]}", "null", "missing"]));
        assert_eq!(forms("/transactions"), texts(&["\"\"", "[]", "{}", "{\"transaction\":[]}", "null", "missing"]));
        assert_eq!(forms("/invoices/invoice/0/id"), texts(&["7", "\"7\"", "missing"]));
        assert_eq!(forms("/invoices/invoice/7/userid"), texts(&["1", "\"1\"", "missing"]));
        assert_eq!(forms("/invoices/invoice/0/datepaid"), texts(&["\"\"", "\"0000-00-00 00:00:00\"", "missing"]));
        assert_eq!(forms("/invoices/invoice/0/notes"), texts(&["\"A & B\"", "\"A &amp; B\"", "missing"]));
        assert_eq!(forms("/paymethods/is_default"), texts(&["true", "\"true\"", "1", "\"1\"", "\"on\"", "missing"]));
    }

    #[test]
    fn an_order_is_known_by_either_name() {
        let placed = json!({ "result": "success", "orderid": 4, "serviceids": "1,2" });
        let names: BTreeSet<(bool, bool)> = (0..100)
            .map(|seed| {
                let reply = vary(seed, "", "AddOrder", placed.clone());
                (reply.get("serviceids").is_some(), reply.get("productids").is_some())
            })
            .collect();
        assert_eq!(names, BTreeSet::from([(true, false), (true, true), (false, true)]));
    }
}
