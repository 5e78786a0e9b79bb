//! Which Avro schemas are let in. A schema comes from outside and steers a decoder, so it is limited to what platform
//! events are made of: no recursion, no deep nesting, no list whose items take no bytes.

use apache_avro::Schema;
use std::sync::Once;

/// Longest schema text, bytes. An event has at most 100 fields of a few hundred bytes each. (A)
pub(super) const MOST_SCHEMA_BYTES: usize = 512 * 1024;
/// Longest payload, bytes: Salesforce allows 1 MB an event.
pub(super) const MOST_PAYLOAD_BYTES: usize = 1024 * 1024;
/// Most that the decoder may set aside at once, bytes.
const MOST_ALLOCATION: usize = 8 * 1024 * 1024;
/// The event, its change header, a compound field: three. (A)
const MOST_DEPTH: usize = 8;

/// Reads a schema of an event.
///
/// # Errors
/// What is wrong with it, without its text.
pub(super) fn schema(json: &str) -> Result<Schema, &'static str> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| {
        apache_avro::util::max_allocation_bytes(MOST_ALLOCATION);
    });
    if json.len() > MOST_SCHEMA_BYTES {
        return Err("the schema is too long");
    }
    let schema = Schema::parse_str(json).map_err(|_| "the schema is not Avro")?;
    if !matches!(schema, Schema::Record(_)) {
        return Err("the schema is not of a record");
    }
    admit(&schema, 0)?;
    Ok(schema)
}

fn admit(schema: &Schema, depth: usize) -> Result<(), &'static str> {
    if depth > MOST_DEPTH {
        return Err("the schema is nested too deeply");
    }
    match schema {
        Schema::Record(record) => record.fields.iter().try_for_each(|f| admit(&f.schema, depth + 1)),
        Schema::Union(union) => union.variants().iter().try_for_each(|v| admit(v, depth + 1)),
        Schema::Array(array) if takes_bytes(&array.items) => admit(&array.items, depth + 1),
        Schema::Map(map) => admit(&map.types, depth + 1),
        Schema::Array(_) => Err("the schema has a list of nothing"),
        Schema::Null
        | Schema::Boolean
        | Schema::Int
        | Schema::Long
        | Schema::Float
        | Schema::Double
        | Schema::Bytes
        | Schema::String
        | Schema::Enum(_)
        | Schema::Date
        | Schema::TimestampMillis
        | Schema::TimestampMicros => Ok(()),
        // References allow recursion; the others never occur in events.
        _ => Err("the schema has a type that events do not have"),
    }
}

/// Whether every value of it is at least one byte long: else a short payload makes an endless list.
fn takes_bytes(schema: &Schema) -> bool {
    match schema {
        Schema::Null => false,
        Schema::Record(record) => record.fields.iter().any(|f| takes_bytes(&f.schema)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn record(field: &Value) -> String {
        json!({"type": "record", "name": "X__e", "fields": [{"name": "a", "type": field}]}).to_string()
    }

    #[test]
    fn schemas_of_events_are_let_in() {
        for field in [
            json!("long"),
            json!(["null", "string"]),
            json!(["null", "double"]),
            json!({"type": "array", "items": "string"}),
            json!({"type": "record", "name": "ChangeEventHeader", "fields": [{"name": "recordIds",
                "type": {"type": "array", "items": "string"}}, {"name": "changeType",
                "type": {"type": "enum", "name": "ChangeType", "symbols": ["CREATE", "GAP_CREATE"]}}]}),
        ] {
            assert!(schema(&record(&field)).is_ok(), "{field}");
        }
    }

    #[test]
    fn schemas_that_could_hurt_are_not() {
        let mut deep = json!("string");
        for i in 0..10 {
            deep = json!({"type": "record", "name": format!("R{i}"), "fields": [{"name": "a", "type": deep}]});
        }
        for field in [
            json!(["null", "X__e"]),
            json!({"type": "array", "items": "null"}),
            json!({"type": "array", "items": {"type": "record", "name": "Empty", "fields": []}}),
            json!({"type": "fixed", "name": "F", "size": 1_000_000_000}),
            deep,
        ] {
            assert!(schema(&record(&field)).is_err(), "{field}");
        }
        for text in ["", "{}", "\"string\"", "[\"null\"]", "<html>", &"[".repeat(100_000)] {
            assert!(schema(text).is_err());
        }
        assert_eq!(schema(&" ".repeat(MOST_SCHEMA_BYTES + 1)), Err("the schema is too long"));
    }
}
