//! Publishing: what a test needs to play the Salesforce side. The portal itself publishes nothing.

use super::error::EventError;
use super::messages::{ProducerEvent, PublishRequest, PublishResponse};
use super::rpc::as_error;
use super::subscriber::Subscriber;
use crate::salesforce::auth::Session;
use apache_avro::Schema;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use serde_json::{Map, Value};
use std::sync::Arc;

/// An event to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Becomes the event's UUID and the correlation key of its result.
    pub id: String,
    /// By API name; what is missing is null. `CreatedDate` (epoch ms) and `CreatedById` must be there.
    pub fields: Map<String, Value>,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// [`NewEvent::id`].
    pub correlation_key: String,
    /// The replay id, or Salesforce's words why this event was not taken (the others were).
    pub result: Result<Vec<u8>, String>,
}

impl Subscriber {
    /// Publishes up to 200 events at once, 3 MB in all.
    ///
    /// # Errors
    /// Every [`EventError`] but `ReplayIdInvalid`: nothing is known about any of the events then. `Unavailable` also for
    /// fields that do not fit the schema of the topic.
    pub async fn publish(&self, topic: &str, events: &[NewEvent]) -> Result<Vec<Published>, EventError> {
        let info = self.topic(topic).await?;
        if !info.can_publish {
            return Err(EventError::TopicGone);
        }
        let schema = self.schema(&info.schema_id).await?.map_err(|reason| EventError::Unavailable { reason })?;
        let events = events
            .iter()
            .map(|event| {
                let payload = encode(&schema, &event.fields)
                    .ok_or(EventError::Unavailable { reason: "the fields do not fit the schema" })?;
                Ok(ProducerEvent { id: event.id.clone(), schema_id: info.schema_id.clone(), payload })
            })
            .collect::<Result<Vec<_>, EventError>>()?;
        let request = PublishRequest { topic_name: topic.to_owned(), events };
        let (rpc, request) = (&self.inner.rpc, &request);
        let call = |session: Arc<Session>| async move {
            let reply = rpc.unary::<_, PublishResponse>("/eventbus.v1.PubSub/Publish", request.clone(), &session).await;
            reply.map_err(as_error)
        };
        let (reply, _) = self.with_session(call).await?;
        Ok(reply
            .results
            .into_iter()
            .map(|r| Published {
                correlation_key: r.correlation_key,
                result: r.error.map_or(Ok(r.replay_id), |e| Err(e.msg)),
            })
            .collect())
    }
}

fn encode(schema: &Schema, fields: &Map<String, Value>) -> Option<Vec<u8>> {
    let Schema::Record(record) = schema else { return None };
    if fields.keys().any(|name| record.fields.iter().all(|f| &f.name != name)) {
        return None;
    }
    let members = record
        .fields
        .iter()
        .map(|f| Some((f.name.clone(), value(&f.schema, fields.get(&f.name).unwrap_or(&Value::Null))?)))
        .collect::<Option<Vec<_>>>()?;
    GenericDatumWriter::builder(schema).build().ok()?.write_value_to_vec(Avro::Record(members)).ok()
}

fn value(schema: &Schema, json: &Value) -> Option<Avro> {
    match (schema, json) {
        (Schema::Union(union), json) => union
            .variants()
            .iter()
            .enumerate()
            .find_map(|(at, variant)| Some(Avro::Union(u32::try_from(at).ok()?, Box::new(value(variant, json)?)))),
        (Schema::Null, Value::Null) => Some(Avro::Null),
        (Schema::Boolean, Value::Bool(b)) => Some(Avro::Boolean(*b)),
        (Schema::Long, json) => json.as_i64().map(Avro::Long),
        (Schema::Double, json) => json.as_f64().map(Avro::Double),
        (Schema::String, Value::String(text)) => Some(Avro::String(text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode_untrusted;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let text = json!({"type": "record", "name": "A__e", "fields": [
            {"name": "CreatedDate", "type": "long"}, {"name": "Note__c", "type": ["null", "string"]},
            {"name": "Price__c", "type": ["null", "double"]}, {"name": "Done__c", "type": "boolean"}]})
        .to_string();
        let schema = Schema::parse_str(&text).unwrap();
        let fields = json!({"CreatedDate": 1, "Price__c": 12.5, "Done__c": true, "Note__c": null});
        let payload = encode(&schema, fields.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(decode_untrusted(&text, &payload).unwrap().1), fields);
        for wrong in [json!({}), json!({"CreatedDate": "1", "Done__c": true}), json!({"Nope": 1})] {
            assert!(encode(&schema, wrong.as_object().unwrap()).is_none(), "{wrong}");
        }
    }
}
