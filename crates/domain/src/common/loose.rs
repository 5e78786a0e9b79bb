//! Values as PHP programs write JSON: numbers as text, five kinds of empty list, one element in place of a list, HTML-encoded
//! text. For `serde`, so that long lists are read without a tree of values between. Reading never fails on a single value:
//! a value that is not what it should be is remembered as such, and the mapper of its row decides. (WHMCS contract, section 2.)

use crate::common::money::EXACT_BELOW;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A scalar as text: text HTML-decoded once, numbers and booleans in their JSON spelling; `null`, lists and objects are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A whole number, `None` for anything else.
    pub fn number(&self) -> Option<u64> {
        self.0.trim().parse().ok()
    }

    /// `true`, `1`, `on`.
    pub fn truth(&self) -> bool {
        matches!(self.0.trim(), "true" | "1" | "on" | "True" | "TRUE" | "yes")
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_str<E>(self, v: &str) -> Result<Text, E> {
        Ok(Text(decode_entities(v).into_owned()))
    }
    fn visit_string<E>(self, v: String) -> Result<Text, E> {
        Ok(if v.contains('&') { Text(decode_entities(&v).into_owned()) } else { Text(v) })
    }
    fn visit_u64<E>(self, v: u64) -> Result<Text, E> {
        Ok(Text(v.to_string()))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Text, E> {
        Ok(Text(v.to_string()))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Text, E> {
        // The shortest form that reads as the same number: `12.5`, not a binary approximation. Where that may be another number
        // than was written it stays in a form that no mapper takes for an amount or an id.
        Ok(Text(if v.abs() < EXACT_BELOW { v.to_string() } else { format!("{v:e}") }))
    }
    fn visit_bool<E>(self, v: bool) -> Result<Text, E> {
        Ok(Text(if v { "true" } else { "" }.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }
    fn visit_none<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}

/// Decodes the HTML entities that PHP's `htmlspecialchars` and old WHMCS forms write: the five named ones, `&nbsp;`, and
/// numeric ones. Anything else stays as it is; nothing is decoded twice.
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest entity is `&#x10FFFF;`.
        let decoded =
            rest.bytes().take(12).position(|b| b == b';').and_then(|end| entity(&rest[1..end]).map(|c| (c, end + 1)));
        match decoded {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[len..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let code = name.strip_prefix('#')?;
            let number = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

/// Names the member in which a list stands inside its envelope: `invoice` in `{"invoices":{"invoice":[…]}}`.
pub trait Inner {
    const KEY: &'static str;
}

/// The rows of a list in whatever form it came. `misfit` when the place held a text or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T, I> {
    pub rows: Vec<T>,
    pub misfit: bool,
    inner: PhantomData<I>,
}

impl<T, I> Default for Rows<T, I> {
    fn default() -> Self {
        Self { rows: Vec::new(), misfit: false, inner: PhantomData }
    }
}

impl<'de, T: DeserializeOwned, I: Inner> Deserialize<'de> for Rows<T, I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let List { mut rows, misfit } = deserializer.deserialize_any(ListVisitor::<T, I>(PhantomData))?;
        // Objects keyed by number keep the order of their keys; everything else came in order.
        rows.sort_by_key(|(key, _)| *key);
        Ok(Self { rows: rows.into_iter().map(|(_, row)| row).collect(), misfit, inner: PhantomData })
    }
}

struct List<T> {
    rows: Vec<(u64, T)>,
    misfit: bool,
}

struct ListVisitor<T, I>(PhantomData<(T, I)>);

impl<T, I> ListVisitor<T, I> {
    const fn empty(misfit: bool) -> List<T> {
        List { rows: Vec::new(), misfit }
    }
}

impl<'de, T: DeserializeOwned, I: Inner> Visitor<'de> for ListVisitor<T, I> {
    type Value = List<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_str<E>(self, v: &str) -> Result<List<T>, E> {
        Ok(Self::empty(!v.is_empty()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<List<T>, E> {
        Ok(Self::empty(true))
    }
    fn visit_u64<E>(self, _: u64) -> Result<List<T>, E> {
        Ok(Self::empty(true))
    }
    fn visit_i64<E>(self, _: i64) -> Result<List<T>, E> {
        Ok(Self::empty(true))
    }
    fn visit_f64<E>(self, _: f64) -> Result<List<T>, E> {
        Ok(Self::empty(true))
    }
    fn visit_unit<E>(self) -> Result<List<T>, E> {
        Ok(Self::empty(false))
    }
    fn visit_none<E>(self) -> Result<List<T>, E> {
        Ok(Self::empty(false))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut list = Self::empty(false);
        let mut at = 0;
        while let Some(item) = seq.next_element::<Item<T>>()? {
            match item {
                Item::Row(row) => list.rows.push((at, row)),
                Item::Nothing => {}
                Item::Misfit => list.misfit = true,
            }
            at += 1;
        }
        Ok(list)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
        let mut list = Self::empty(false);
        // The members of a row that stands in place of a list.
        let mut single = serde_json::Map::new();
        let mut is_list = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == I::KEY {
                is_list = true;
                let mut inner = map.next_value::<Nested<T, I>>()?.0;
                list.rows.append(&mut inner.rows);
                list.misfit |= inner.misfit;
            } else if let Ok(number) = key.parse::<u64>() {
                is_list = true;
                match map.next_value::<Item<T>>()? {
                    Item::Row(row) => list.rows.push((number, row)),
                    Item::Nothing => {}
                    Item::Misfit => list.misfit = true,
                }
            } else {
                single.insert(key, map.next_value()?);
            }
        }
        // Add-ons put members beside the list; only a map without one is a row.
        if !is_list && !single.is_empty() {
            match serde_json::from_value(serde_json::Value::Object(single)) {
                Ok(row) => list.rows.push((0, row)),
                Err(_) => list.misfit = true,
            }
        }
        Ok(list)
    }
}

struct Nested<T, I>(List<T>, PhantomData<I>);

impl<'de, T: DeserializeOwned, I: Inner> Deserialize<'de> for Nested<T, I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(deserializer.deserialize_any(ListVisitor::<T, I>(PhantomData))?, PhantomData))
    }
}

/// One element of a list. `[]` is how PHP writes "nothing".
enum Item<T> {
    Row(T),
    Nothing,
    Misfit,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor(PhantomData))
    }
}

struct ItemVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ItemVisitor<T> {
    type Value = Item<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Item::Row)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item<T>, A::Error> {
        let mut any = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            any = true;
        }
        Ok(if any { Item::Misfit } else { Item::Nothing })
    }
    fn visit_unit<E>(self) -> Result<Item<T>, E> {
        Ok(Item::Nothing)
    }
    fn visit_none<E>(self) -> Result<Item<T>, E> {
        Ok(Item::Nothing)
    }
    fn visit_str<E>(self, v: &str) -> Result<Item<T>, E> {
        Ok(if v.is_empty() { Item::Nothing } else { Item::Misfit })
    }
    fn visit_bool<E>(self, _: bool) -> Result<Item<T>, E> {
        Ok(Item::Misfit)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Item<T>, E> {
        Ok(Item::Misfit)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Item<T>, E> {
        Ok(Item::Misfit)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Item<T>, E> {
        Ok(Item::Misfit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Money};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
    #[serde(default)]
    struct Row {
        id: Text,
    }
    struct Key;
    impl Inner for Key {
        const KEY: &'static str = "product";
    }
    fn read(value: Value) -> (Vec<String>, bool) {
        let list: Rows<Row, Key> = serde_json::from_value(value).unwrap();
        (list.rows.into_iter().map(|row| row.id.0).collect(), list.misfit)
    }

    #[test]
    fn every_empty_list_is_empty() {
        for empty in [
            json!(""),
            json!([]),
            json!({}),
            json!(null),
            json!({"product": []}),
            json!({"product": ""}),
            json!([[]]),
            json!({"product": [], "addon": 1}),
        ] {
            assert_eq!(read(empty.clone()), (vec![], false), "{empty}");
        }
    }

    #[test]
    fn every_full_list_has_its_rows_in_order() {
        let (a, b) = (json!({"id": 1, "new": [1, {"x": 2}]}), json!({"id": "2"}));
        for form in [
            json!({"product": [a, b]}),
            json!({"product": {"0": a, "1": b}}),
            json!({"product": {"128": b, "9": a}}),
            json!([a, b]),
            json!({"10": b, "2": a}),
            json!({"product": [a, b], "addon": "x"}),
        ] {
            assert_eq!(read(form.clone()), (vec!["1".to_owned(), "2".to_owned()], false), "{form}");
        }
        for form in [json!({"product": a}), json!(a), json!({"product": [a, []]})] {
            assert_eq!(read(form.clone()), (vec!["1".to_owned()], false), "{form}");
        }
    }

    #[test]
    fn what_is_no_list_is_remembered() {
        for bad in [json!("none"), json!(3), json!(true), json!({"product": "x"}), json!({"0": "x"}), json!([1])] {
            assert!(read(bad.clone()).1, "{bad}");
        }
    }

    #[test]
    fn text_is_decoded_once() {
        assert_eq!(decode_entities("A &amp; B &#039;C&#x27; &quot;&lt;&gt;"), "A & B 'C' \"<>");
        assert_eq!(decode_entities("&amp;lt;"), "&lt;");
        assert_eq!(decode_entities("AT&T &unknown; &#xD800; &"), "AT&T &unknown; &#xD800; &");
        assert_eq!(decode_entities("佐藤&amp;"), "佐藤&");
    }

    proptest! {
        #[test]
        fn decoding_never_panics_and_undoes_encoding(text in ".{0,60}") {
            let _ = decode_entities(&text);
            let encoded = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#039;");
            let decoded = decode_entities(&encoded);
            prop_assert_eq!(decoded, text);
        }

        #[test]
        fn a_fraction_is_never_another_amount(whole: i64, cents in 0_u8..100) {
            let written = format!("{whole}.{cents:02}");
            let text: Text = serde_json::from_str(&written).unwrap();
            let read = Money::parse(text.as_str(), Currency::Usd);
            prop_assert!(read == Money::parse(&written, Currency::Usd) || read.is_err() && whole.unsigned_abs() >= 9_999_999_999_999);
        }

        #[test]
        fn a_number_is_the_same_in_every_writing(n in any::<u32>()) {
            for form in [json!(n), json!(n.to_string()), json!(format!(" {n} "))] {
                let text: Text = serde_json::from_value(form).unwrap();
                prop_assert_eq!(text.number(), Some(u64::from(n)));
            }
        }
    }
}
