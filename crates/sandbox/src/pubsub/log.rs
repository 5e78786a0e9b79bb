//! The event log: 72 hours of published events under rising replay ids.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::{self, EventType};
use super::{EVENTS, REPLAY_SERIES};
use crate::world::store::{Store, StoreError, Txn};

const RETENTION_MS: i64 = 72 * 3_600_000;
/// The id before the first event ever published.
const FIRST: u64 = 1_000_000;
const FLOOR_SERIES: &str = "events.purged";

/// A kept event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Published {
    pub replay_id: u64,
    /// Event UUID: what consumers tell duplicates by.
    pub id: String,
    pub topic: String,
    pub schema_id: String,
    /// Avro bytes as base64.
    payload: String,
    /// The same, readable.
    pub fields: Value,
    pub published_ms: i64,
}

impl Published {
    pub(crate) fn payload(&self) -> Vec<u8> {
        STANDARD.decode(&self.payload).unwrap_or_default()
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error("no event {0}")]
    UnknownTopic(String),
    #[error("the event's field {0} is unknown or has another type")]
    Field(String),
    #[error("the payload does not fit the schema of the event")]
    Payload,
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn key(replay_id: u64) -> String {
    format!("{replay_id:020}")
}

/// The id behind the bytes that clients send back; they are ours only in this form.
pub(crate) fn read_id(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().map(u64::from_be_bytes).ok()
}

/// The newest replay id given out.
pub(crate) fn tip(store: &Store) -> u64 {
    store.read("series", REPLAY_SERIES).unwrap_or(FIRST)
}

fn floor(store: &Store) -> u64 {
    store.read("series", FLOOR_SERIES).unwrap_or(FIRST)
}

/// Whether a client can go on after this id: an event still kept, or a mark which an empty answer gave.
pub(crate) fn is_known(store: &Store, replay_id: u64) -> bool {
    store.get(EVENTS, &key(replay_id)).is_some() || replay_id == tip(store) || replay_id == floor(store)
}

/// The id before everything that is kept.
pub(crate) fn before_oldest() -> u64 {
    0
}

/// Up to `limit` events of a topic after an id.
pub(crate) fn after(store: &Store, topic: &str, replay_id: u64, limit: usize) -> Vec<Published> {
    let start = key(replay_id);
    let rows = store.rows_after(EVENTS, &start).filter(|(_, row)| row["topic"].as_str() == Some(topic));
    rows.take(limit).filter_map(|(_, row)| Published::deserialize(row).ok()).collect()
}

/// Publishes from field values; used by flows, the REST alternative and the console.
pub(crate) fn publish(txn: &mut Txn<'_>, topic: &str, fields: &Value, now: i64) -> Result<Published, PublishError> {
    let event = events::find(topic).ok_or_else(|| PublishError::UnknownTopic(topic.to_owned()))?;
    let payload = event.encode(fields, now).map_err(PublishError::Field)?;
    append(txn, event, crate::keys::new_uuid(), &payload, now)
}

/// Keeps an encoded event under the next replay id.
pub(crate) fn append(
    txn: &mut Txn<'_>,
    event: &EventType,
    id: String,
    payload: &[u8],
    now: i64,
) -> Result<Published, PublishError> {
    let fields = event.decode(payload).ok_or(PublishError::Payload)?;
    // Ids rise with gaps: a client that counts on the next one fails here as it would there.
    let replay_id = tip(txn) + rand::rng().random_range(1..=9);
    let published = Published {
        replay_id,
        id,
        topic: event.topic.clone(),
        schema_id: event.schema_id.clone(),
        payload: STANDARD.encode(payload),
        fields,
        published_ms: now,
    };
    txn.put("series", REPLAY_SERIES, &replay_id);
    txn.put(EVENTS, &key(replay_id), &published);
    expire(txn, now);
    Ok(published)
}

/// Lets go of what is older than 72 hours.
pub(crate) fn expire(txn: &mut Txn<'_>, now: i64) {
    let expired: Vec<String> = txn
        .rows(EVENTS)
        .take_while(|(_, row)| row["published_ms"].as_i64().is_some_and(|at| at < now - RETENTION_MS))
        .map(|(key, _)| key.clone())
        .collect();
    if let Some(last) = expired.last() {
        txn.put("series", FLOOR_SERIES, &json!(last.trim_start_matches('0').parse::<u64>().unwrap_or(FIRST)));
    }
    for old in &expired {
        txn.delete(EVENTS, old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_old_events_go_after_72_hours() {
        let mut store = Store::default();
        let mut txn = store.begin();
        let fields = json!({ "OrderId__c": "801" });
        let old = publish(&mut txn, "OrderProvisionRequested__e", &fields, 0).unwrap();
        let other = publish(&mut txn, "CaseUpdated__e", &json!({}), 1).unwrap();
        let new = publish(&mut txn, "OrderProvisionRequested__e", &fields, RETENTION_MS + 1).unwrap();
        txn.commit().unwrap();
        assert!(old.replay_id < other.replay_id && other.replay_id < new.replay_id);
        assert!(store.get(EVENTS, &key(old.replay_id)).is_none());
        assert!(is_known(&store, other.replay_id) && is_known(&store, new.replay_id));
        assert!(!is_known(&store, new.replay_id + 1) && !is_known(&store, 5));
        let topic = "/event/OrderProvisionRequested__e";
        assert_eq!(after(&store, topic, before_oldest(), 100).len(), 1);
        assert!(after(&store, topic, new.replay_id, 100).is_empty());
    }
}
