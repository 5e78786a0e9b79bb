//! The platform events of the org and their Avro schemas.

use std::sync::OnceLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use base64::Engine;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::seed::AGENT_USER_ID;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Text,
    Double,
}

const DEFINITIONS: &[(&str, &[(&str, FieldKind)])] = &[
    ("OrderProvisionRequested__e", &[("OrderId__c", FieldKind::Text), ("RequestId__c", FieldKind::Text)]),
    ("Account_Eligibility_Update__e", &[("Account_Id__c", FieldKind::Text), ("Eligibility__c", FieldKind::Text)]),
    (
        "Product_Price_Changed__e",
        &[
            ("PricebookEntryId__c", FieldKind::Text),
            ("Product2Id__c", FieldKind::Text),
            ("UnitPrice__c", FieldKind::Double),
        ],
    ),
    (
        "CaseUpdated__e",
        &[("CaseId__c", FieldKind::Text), ("Status__c", FieldKind::Text), ("CommentId__c", FieldKind::Text)],
    ),
];

/// One platform event: its topic and its schema.
pub(crate) struct EventType {
    pub topic: String,
    pub schema_json: String,
    /// 22 characters of URL-safe base64, as the service's fingerprints look.
    pub schema_id: String,
    schema: Schema,
    fields: &'static [(&'static str, FieldKind)],
}

/// All events, in memory once.
pub(crate) fn all() -> &'static [EventType] {
    static TYPES: OnceLock<Vec<EventType>> = OnceLock::new();
    TYPES.get_or_init(|| DEFINITIONS.iter().filter_map(|(name, fields)| EventType::build(name, fields)).collect())
}

/// Finds an event by its topic (`/event/Name__e`) or its bare name.
pub(crate) fn find(topic: &str) -> Option<&'static EventType> {
    all().iter().find(|event| event.topic == topic || event.topic.strip_prefix("/event/") == Some(topic))
}

pub(crate) fn by_schema(schema_id: &str) -> Option<&'static EventType> {
    all().iter().find(|event| event.schema_id == schema_id)
}

impl EventType {
    fn build(name: &str, fields: &'static [(&'static str, FieldKind)]) -> Option<Self> {
        let mut members = vec![
            json!({ "name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime" }),
            json!({ "name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId" }),
        ];
        for (at, (field, kind)) in fields.iter().enumerate() {
            let (avro, doc) = match kind {
                FieldKind::Text => ("string", "Text"),
                FieldKind::Double => ("double", "Double"),
            };
            let doc = format!("Data:{doc}:00N5j{at:010}");
            members.push(json!({ "name": field, "type": ["null", avro], "doc": doc, "default": null }));
        }
        let schema_json =
            json!({ "type": "record", "name": name, "namespace": "com.sforce.eventbus", "fields": members })
                .to_string();
        let schema = Schema::parse_str(&schema_json).ok()?;
        let digest = Sha256::digest(&schema_json);
        let schema_id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16]);
        Some(Self { topic: format!("/event/{name}"), schema_json, schema_id, schema, fields })
    }

    /// Writes the fields as one Avro record: binary, no header.
    ///
    /// # Errors
    /// The name of a field that the event does not have or that has another type.
    pub(crate) fn encode(&self, fields: &Value, created_ms: i64) -> Result<Vec<u8>, String> {
        let empty = Map::new();
        let given = fields.as_object().unwrap_or(&empty);
        let created_by = given.get("CreatedById").and_then(Value::as_str).unwrap_or(AGENT_USER_ID);
        let mut record = vec![
            ("CreatedDate".to_owned(), Avro::Long(created_ms)),
            ("CreatedById".to_owned(), Avro::String(created_by.to_owned())),
        ];
        for name in given.keys() {
            if !["CreatedDate", "CreatedById"].contains(&name.as_str())
                && !self.fields.iter().any(|(field, _)| field == name)
            {
                return Err(name.clone());
            }
        }
        for (name, kind) in self.fields {
            let value = match (given.get(*name), kind) {
                (None | Some(Value::Null), _) => Avro::Union(0, Box::new(Avro::Null)),
                (Some(Value::String(text)), FieldKind::Text) => Avro::Union(1, Box::new(Avro::String(text.clone()))),
                (Some(Value::Number(number)), FieldKind::Double) => {
                    Avro::Union(1, Box::new(Avro::Double(number.as_f64().ok_or_else(|| (*name).to_owned())?)))
                }
                _ => return Err((*name).to_owned()),
            };
            record.push(((*name).to_owned(), value));
        }
        let written = GenericDatumWriter::builder(&self.schema)
            .build()
            .and_then(|writer| writer.write_value_to_vec(Avro::Record(record)));
        written.map_err(|error| error.to_string())
    }

    /// Reads a published payload back, for the console; `None` when it does not fit the schema.
    pub(crate) fn decode(&self, payload: &[u8]) -> Option<Value> {
        let mut rest = payload;
        let Avro::Record(members) =
            GenericDatumReader::builder(&self.schema).build().ok()?.read_value(&mut rest).ok()?
        else {
            return None;
        };
        let plain = |value: Avro| match value {
            Avro::Union(_, inner) => *inner,
            other => other,
        };
        let members = members.into_iter().map(|(name, value)| {
            let value = match plain(value) {
                Avro::String(text) => json!(text),
                Avro::Double(number) => json!(number),
                Avro::Long(number) => json!(number),
                _ => Value::Null,
            };
            (name, value)
        });
        rest.is_empty().then(|| Value::Object(members.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_raw_avro_with_null_first_unions() {
        let event = find("/event/OrderProvisionRequested__e").unwrap();
        let payload = event.encode(&json!({ "OrderId__c": "801", "CreatedById": "005" }), 1).unwrap();
        // zig-zag 1, length 3 "005", index 1 length 3 "801", index 0
        assert_eq!(payload, [&[2, 6], b"005".as_slice(), &[2, 6], b"801", &[0]].concat());
        assert_eq!(event.decode(&payload).unwrap()["OrderId__c"], json!("801"));
        assert!(event.decode(b"nonsense").is_none());
    }

    #[test]
    fn unknown_fields_are_refused_and_ids_are_distinct() {
        assert_eq!(find("CaseUpdated__e").unwrap().encode(&json!({ "X__c": 1 }), 0), Err("X__c".to_owned()));
        assert!(all().len() == DEFINITIONS.len() && all().iter().all(|event| event.schema_id.len() == 22));
        assert!(find("/event/Nope__e").is_none());
    }
}
