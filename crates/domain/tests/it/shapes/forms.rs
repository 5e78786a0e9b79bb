//! The odd forms: how a documented reply may be written otherwise and still say the same.

use serde_json::{Map, Number, Value, json};

/// A name, and what makes the twins of a reply: one for each place, and one with all places changed.
pub type Form = (&'static str, fn(&Value) -> Vec<Value>);

pub const WHMCS: &[Form] = &[
    ("numbers as text", |reply| twins(reply, &number_as_text)),
    ("digits as numbers", |reply| twins(reply, &digits_as_number)),
    ("list keyed by number", |reply| twins(reply, &|value| keyed(value, |at| at))),
    ("list with gaps, keyed by id", |reply| twins(reply, &|value| keyed(value, |at| 9 + 119 * at))),
    ("list of one as its element", |reply| twins(reply, &one_alone)),
    ("list without its inner name", |reply| twins(reply, &unwrapped)),
    ("list that is not there", without_lists),
    ("empty list as text", |reply| twins(reply, &|value| empty_list(value, json!("")))),
    ("empty list as object", |reply| twins(reply, &|value| empty_list(value, json!({})))),
    ("empty list as null", |reply| twins(reply, &|value| empty_list(value, Value::Null))),
    ("empty list in a list", |reply| twins(reply, &|value| empty_list(value, json!([[]])))),
    ("empty envelope as list", |reply| twins(reply, &|value| empty_envelope(value, json!([])))),
    ("empty envelope as text", |reply| twins(reply, &|value| empty_envelope(value, json!("")))),
    ("empty envelope as null", |reply| twins(reply, &|value| empty_envelope(value, Value::Null))),
    ("empty text as null", |reply| twins(reply, &|value| (value == "").then_some(Value::Null))),
    ("null as empty text", |reply| twins(reply, &|value| value.is_null().then(|| json!("")))),
    ("empty text missing", |reply| without(reply, &|value| value == "" || value.is_null())),
    ("zero date as empty text", |reply| twins(reply, &|value| zero_date(value).then(|| json!("")))),
    ("zero date as null", |reply| twins(reply, &|value| zero_date(value).then_some(Value::Null))),
    ("zero date missing", |reply| without(reply, &zero_date)),
    ("zero date with time", |reply| twins(reply, &|value| zero_date(value).then(|| json!("0000-00-00 00:00:00")))),
    ("amount without decimals", |reply| twins(reply, &amount_without_decimals)),
    ("amount as number", |reply| twins(reply, &amount_as_number)),
    ("entities by number", |reply| twins(reply, &|value| entities(value, "&#38;"))),
    ("entities in hexadecimal", |reply| twins(reply, &|value| entities(value, "&#x26;"))),
    ("truth as text", |reply| twins(reply, &|value| truth(value, json!("true"), json!("")))),
    ("truth as number", |reply| twins(reply, &|value| truth(value, json!(1), json!(0)))),
    ("truth as digit", |reply| twins(reply, &|value| truth(value, json!("1"), json!("0")))),
    ("truth as switch", |reply| twins(reply, &|value| truth(value, json!("on"), Value::Null))),
    ("unknown members", |reply| vec![with_unknown(reply)]),
];

pub const SALESFORCE: &[Form] = &[
    ("whole number with a fraction", |reply| twins(reply, &whole_as_fraction)),
    ("fraction of zero as whole number", |reply| twins(reply, &fraction_as_whole)),
    ("time with Z", |reply| twins(reply, &|value| instant(value, "Z"))),
    ("time with a colon", |reply| twins(reply, &|value| instant(value, "+00:00"))),
    ("time without milliseconds", |reply| twins(reply, &|value| shorter_instant(value))),
    ("attributes missing", without_attributes),
    ("null missing", |reply| without(reply, &Value::is_null)),
    ("unknown members", |reply| vec![with_unknown(reply)]),
];

pub const FREEBIT: &[Form] = &[
    ("digits as numbers", |reply| twins(reply, &digits_as_number)),
    ("list of one as its element", |reply| twins(reply, &one_alone)),
    ("empty text as null", |reply| twins(reply, &|value| (value == "").then_some(Value::Null))),
    ("empty text missing", |reply| without(reply, &|value| value == "" || value.is_null())),
    ("unknown members", |reply| vec![with_unknown(reply)]),
];

/// The twins that a change of single values makes: one for each value that it applies to, and one with all.
fn twins(reply: &Value, change: &dyn Fn(&Value) -> Option<Value>) -> Vec<Value> {
    let places = places(reply, &|value| change(value).is_some());
    let mut all = reply.clone();
    let mut made = Vec::new();
    // The deepest first: a place stays where it is while what is below it changes.
    for place in places.iter().rev() {
        let mut one = reply.clone();
        for reply in [&mut one, &mut all] {
            let value = reply.pointer_mut(place).expect("a place of the reply");
            if let Some(changed) = change(value) {
                *value = changed;
            }
        }
        made.push(one);
    }
    made.extend((places.len() > 1).then_some(all));
    made
}

/// The twins without the members that `drop` names.
fn without(reply: &Value, drop: &dyn Fn(&Value) -> bool) -> Vec<Value> {
    let remove = |reply: &mut Value, place: &str| {
        let (parent, name) = place.rsplit_once('/').expect("a member");
        let name = name.replace("~1", "/").replace("~0", "~");
        reply.pointer_mut(parent).and_then(Value::as_object_mut).map(|members| members.remove(&name));
    };
    let places = places(reply, drop);
    let mut all = reply.clone();
    let mut made = Vec::new();
    for place in places.iter().rev() {
        let mut one = reply.clone();
        remove(&mut one, place);
        remove(&mut all, place);
        made.push(one);
    }
    made.extend((places.len() > 1).then_some(all));
    made
}

/// JSON pointers to the values that `wanted` names, parents before children.
fn places(reply: &Value, wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), reply)];
    while let Some((place, value)) = open.pop() {
        if !place.is_empty() && wanted(value) {
            found.push(place.clone());
        }
        match value {
            Value::Object(members) => open.extend(
                members.iter().map(|(name, v)| (format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), v)),
            ),
            Value::Array(items) => open.extend(items.iter().enumerate().map(|(at, v)| (format!("{place}/{at}"), v))),
            _ => {}
        }
    }
    found
}

fn number_as_text(value: &Value) -> Option<Value> {
    value.as_i64().map(|n| json!(n.to_string()))
}

fn digits_as_number(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then(|| json!(number))
}

/// The rows of a list.
fn rows(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().filter(|rows| !rows.is_empty() && rows.iter().all(Value::is_object))
}

fn keyed(value: &Value, key: fn(usize) -> usize) -> Option<Value> {
    let rows = rows(value)?.iter().enumerate();
    Some(Value::Object(rows.map(|(at, row)| (key(at).to_string(), row.clone())).collect()))
}

fn one_alone(value: &Value) -> Option<Value> {
    rows(value).filter(|rows| rows.len() == 1).map(|rows| rows[0].clone())
}

/// The only member of an envelope, a list.
fn inner(value: &Value) -> Option<&Vec<Value>> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.values().next()?.as_array()
}

fn unwrapped(value: &Value) -> Option<Value> {
    inner(value).cloned().map(Value::Array)
}

fn without_lists(reply: &Value) -> Vec<Value> {
    without(reply, &|value| inner(value).is_some_and(Vec::is_empty) || value.as_array().is_some_and(Vec::is_empty))
}

fn empty_list(value: &Value, written: Value) -> Option<Value> {
    value.as_array().filter(|rows| rows.is_empty()).map(|_| written)
}

fn empty_envelope(value: &Value, written: Value) -> Option<Value> {
    inner(value).filter(|rows| rows.is_empty()).map(|_| written)
}

fn zero_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("0000-00-00"))
}

/// A decimal text of two zeros, without them.
fn whole_amount(value: &Value) -> Option<&str> {
    value.as_str()?.strip_suffix(".00").filter(|whole| whole.parse::<i64>().is_ok())
}

fn amount_without_decimals(value: &Value) -> Option<Value> {
    whole_amount(value).map(|whole| json!(whole))
}

fn amount_as_number(value: &Value) -> Option<Value> {
    let whole = whole_amount(value)?;
    Number::from_f64(whole.parse().ok()?).map(Value::Number)
}

fn entities(value: &Value, ampersand: &str) -> Option<Value> {
    value.as_str().filter(|text| text.contains("&amp;")).map(|text| json!(text.replace("&amp;", ampersand)))
}

fn truth(value: &Value, yes: Value, no: Value) -> Option<Value> {
    value.as_bool().map(|truth| if truth { yes } else { no })
}

/// Members that add-ons and newer versions put into any record.
fn with_unknown(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut changed: Map<_, _> = members.iter().map(|(name, v)| (name.clone(), with_unknown(v))).collect();
            changed.insert("addon_extra".to_owned(), json!({"deep": [1, {"x": "&amp;"}], "none": null}));
            changed.insert("zz_version".to_owned(), json!("9.9"));
            changed.insert("zz_rows".to_owned(), json!([[]]));
            Value::Object(changed)
        }
        Value::Array(items) => Value::Array(items.iter().map(with_unknown).collect()),
        other => other.clone(),
    }
}

fn whole_as_fraction(value: &Value) -> Option<Value> {
    let number = value.as_i64()?;
    Number::from_f64(number as f64).map(Value::Number)
}

fn fraction_as_whole(value: &Value) -> Option<Value> {
    let text = value.as_f64().filter(|_| value.is_f64())?.to_string();
    text.parse::<i64>().ok().map(|number| json!(number))
}

/// `2026-01-31T00:37:00.000+0000` with another writing of the zone.
fn instant(value: &Value, zone: &str) -> Option<Value> {
    value.as_str()?.strip_suffix("+0000").map(|rest| json!(format!("{rest}{zone}")))
}

fn shorter_instant(value: &Value) -> Option<Value> {
    value.as_str()?.strip_suffix(".000+0000").map(|rest| json!(format!("{rest}+0000")))
}

fn without_attributes(reply: &Value) -> Vec<Value> {
    without(reply, &|value| value.get("type").is_some() && value.as_object().is_some_and(|m| m.len() <= 2))
}
