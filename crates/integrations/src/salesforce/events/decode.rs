//! Avro payloads: one raw binary record, written and read with the schema of its `schema_id`.

use super::avro;
use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use serde_json::{Map, Value};

/// A decoded event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `ProducerEvent.id`, the same at every delivery: what to recognise duplicates by.
    pub uuid: String,
    /// Where this event stands in the topic. Opaque.
    pub replay_id: Vec<u8>,
    /// Name of the record, such as `OrderProvisionRequested__e`.
    pub name: String,
    /// Its fields; an empty one is `null`.
    pub fields: Map<String, Value>,
}

/// The record's name and fields. The error says what does not fit, without values.
pub(super) fn record(schema: &Schema, payload: &[u8]) -> Result<(String, Map<String, Value>), &'static str> {
    let Schema::Record(definition) = schema else { return Err("the schema is not of a record") };
    if payload.len() > avro::MOST_PAYLOAD_BYTES {
        return Err("the payload is too long");
    }
    // The reader takes the end of the payload for null. One more byte tells a whole payload, which leaves it, from a short one.
    let padded = [payload, &[0]].concat();
    let mut rest = padded.as_slice();
    let value = GenericDatumReader::builder(schema)
        .build()
        .and_then(|reader| reader.read_value(&mut rest))
        .map_err(|_| "the payload does not fit its schema")?;
    if rest.is_empty() || !value.validate(schema) {
        return Err("the payload is shorter than its schema");
    }
    if rest.len() > 1 {
        return Err("the payload is longer than its schema");
    }
    match Value::try_from(value) {
        Ok(Value::Object(fields)) => Ok((definition.name.name().to_owned(), fields)),
        _ => Err("a value has no JSON form"),
    }
}

/// Schema and payload both as they come from the wire, as every event is read: for tests that throw anything at it.
///
/// # Errors
/// What does not fit, without values.
pub fn decode_untrusted(schema_json: &str, payload: &[u8]) -> Result<(String, Map<String, Value>), &'static str> {
    record(&avro::schema(schema_json)?, payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::parse_str(
            &json!({"type": "record", "name": "OrderProvisionRequested__e", "namespace": "com.sforce.eventbus", "fields": [
                {"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"},
                {"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"},
                {"name": "OrderId__c", "type": ["null", "string"], "default": null, "doc": "Data:Text:00N"},
                {"name": "RequestId__c", "type": ["null", "string"], "default": null}]})
            .to_string(),
        )
        .unwrap()
    }

    /// CreatedDate 1 (zig-zag 2), CreatedById "005", OrderId__c "801" in branch 1, RequestId__c null in branch 0.
    const PAYLOAD: &[u8] = &[2, 6, b'0', b'0', b'5', 2, 6, b'8', b'0', b'1', 0];

    #[test]
    fn a_payload_is_read_with_its_schema() {
        let (name, fields) = record(&schema(), PAYLOAD).unwrap();
        assert_eq!(name, "OrderProvisionRequested__e");
        assert_eq!(
            Value::Object(fields),
            json!({"CreatedDate": 1, "CreatedById": "005", "OrderId__c": "801", "RequestId__c": null})
        );
    }

    #[test]
    fn a_payload_that_does_not_fit_is_refused() {
        for end in 0..PAYLOAD.len() {
            assert!(record(&schema(), &PAYLOAD[..end]).is_err(), "cut at byte {end}");
        }
        assert!(record(&schema(), &[PAYLOAD, &[0]].concat()).is_err());
        assert!(record(&Schema::String, &[2, b'a']).is_err());
        assert_eq!(record(&schema(), &vec![0; (1 << 20) + 1]), Err("the payload is too long"));
        // A text that claims to be 2^40 bytes long, and one of a negative length.
        assert!(record(&schema(), &[2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]).is_err());
        assert!(record(&schema(), &[2, 1, b'a']).is_err());
        // A branch that the union does not have; text that is not UTF-8.
        assert!(record(&schema(), &[2, 0, 4, 0]).is_err());
        assert!(record(&schema(), &[2, 4, 0xff, 0xfe, 0, 0]).is_err());
    }

    proptest! {
        #[test]
        fn decoding_never_panics(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = record(&schema(), &payload);
        }
    }
}
