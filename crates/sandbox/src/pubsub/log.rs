//! The event log: 72 hours of published events under rising replay ids.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::events::{self, EventType};
use super::{EVENTS, REPLAY_SERIES};
use crate::World;
use crate::world::store::{Store, StoreError, Txn};

const RETENTION_MS: i64 = 72 * 3_600_000;
/// The id before the first event ever published.
const FIRST: u64 = 1_000_000;
/// Table of marks: replay ids that stand for no event and went out with empty answers; when, in ms since the Unix epoch.
const MARKS: &str = "events.marks";
/// Within this time the same mark is given again.
const MARK_MS: i64 = 3_600_000;

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

/// When an id was given out, ms since the Unix epoch.
fn given_ms(store: &Store, replay_id: u64) -> Option<i64> {
    let key = key(replay_id);
    let event = store.get(EVENTS, &key).and_then(|row| row["published_ms"].as_i64());
    event.or_else(|| store.read(MARKS, &key))
}

fn is_kept(given_ms: i64, now: i64) -> bool {
    given_ms >= now - RETENTION_MS
}

/// Whether a client can go on after this id: one of the last 72 hours, of an event or of an empty answer.
pub(crate) fn is_known(store: &Store, replay_id: u64) -> bool {
    given_ms(store, replay_id).is_some_and(|at| is_kept(at, store.now_ms()))
}

/// The id for an empty answer to a stream that has all events of its topic up to `position`. It is fresh, so that a
/// client which hears of nothing for days can still go on from it.
pub(crate) fn mark(world: &World, topic: &str, position: u64) -> u64 {
    let marked = world.write(|txn| -> Result<u64, StoreError> {
        // Published in the meantime: to step over it would lose it.
        if !after(txn, topic, position, 1).is_empty() {
            return Ok(position);
        }
        let (tip, now) = (tip(txn), txn.now_ms());
        if given_ms(txn, tip).is_some_and(|at| (0..MARK_MS).contains(&(now - at))) {
            return Ok(tip.max(position));
        }
        Ok(put_mark(txn, now))
    });
    marked.unwrap_or(position)
}

fn put_mark(txn: &mut Txn<'_>, now: i64) -> u64 {
    let id = next_id(txn);
    txn.put(MARKS, &key(id), &now);
    id
}

/// After a new beginning without events: the last id that was given out stays one to go on from.
pub(super) fn plant(txn: &mut Txn<'_>) {
    let (tip, now) = (tip(txn), txn.now_ms());
    txn.put(MARKS, &key(tip), &now);
}

/// Ids rise with gaps: a client that counts on the next one fails here as it would there.
fn next_id(txn: &mut Txn<'_>) -> u64 {
    let id = tip(txn) + rand::rng().random_range(1..=9);
    txn.put("series", REPLAY_SERIES, &id);
    id
}

/// The id before everything that is kept.
pub(crate) fn before_oldest() -> u64 {
    0
}

/// Up to `limit` events of a topic after an id, none older than 72 hours.
pub(crate) fn after(store: &Store, topic: &str, replay_id: u64, limit: usize) -> Vec<Published> {
    let start = key(replay_id);
    let now = store.now_ms();
    let rows = store.rows_after(EVENTS, &start).filter(|(_, row)| {
        row["topic"].as_str() == Some(topic) && row["published_ms"].as_i64().is_some_and(|at| is_kept(at, now))
    });
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
    let replay_id = next_id(txn);
    let published = Published {
        replay_id,
        id,
        topic: event.topic.clone(),
        schema_id: event.schema_id.clone(),
        payload: STANDARD.encode(payload),
        fields,
        published_ms: now,
    };
    txn.put(EVENTS, &key(replay_id), &published);
    expire(txn, now);
    Ok(published)
}

/// Lets go of what is older than 72 hours. Reading does not wait for it.
pub(crate) fn expire(txn: &mut Txn<'_>, now: i64) {
    let is_old = |at: Option<i64>| at.is_none_or(|at| !is_kept(at, now));
    let events = txn.rows(EVENTS).filter(|(_, row)| is_old(row["published_ms"].as_i64()));
    let marks = txn.rows(MARKS).filter(|(_, at)| is_old(at.as_i64()));
    let old: Vec<(&str, String)> =
        events.map(|(key, _)| (EVENTS, key.clone())).chain(marks.map(|(key, _)| (MARKS, key.clone()))).collect();
    for (table, key) in old {
        txn.delete(table, &key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_rise_and_old_events_are_gone_before_they_are_dropped() {
        let mut store = Store::default();
        let now = store.now_ms();
        let mut txn = store.begin();
        let fields = json!({ "OrderId__c": "801" });
        let old = publish(&mut txn, "OrderProvisionRequested__e", &fields, now - RETENTION_MS - 1).unwrap();
        let other = publish(&mut txn, "CaseUpdated__e", &json!({}), now - RETENTION_MS + 60_000).unwrap();
        txn.commit().unwrap();
        let topic = "/event/OrderProvisionRequested__e";
        assert!(after(&store, topic, before_oldest(), 100).is_empty());
        assert!(!is_known(&store, old.replay_id) && is_known(&store, other.replay_id));
        let mut txn = store.begin();
        let new = publish(&mut txn, "OrderProvisionRequested__e", &fields, now).unwrap();
        txn.commit().unwrap();
        assert!(old.replay_id < other.replay_id && other.replay_id < new.replay_id);
        assert!(store.get(EVENTS, &key(old.replay_id)).is_none(), "dropped at the next event");
        assert!(is_known(&store, new.replay_id));
        assert!(!is_known(&store, new.replay_id + 1) && !is_known(&store, 5));
        assert_eq!(after(&store, topic, before_oldest(), 100).len(), 1);
        assert!(after(&store, topic, new.replay_id, 100).is_empty());
    }
    #[test]
    fn a_mark_steps_over_no_event_and_is_fresh() {
        let keys = crate::keys::Keys::load(None).unwrap();
        let world = World::open(None, keys, crate::Delays::default(), false, 2_000).unwrap();
        let topic = "/event/OrderProvisionRequested__e";
        let begin = world.read(tip);
        world.publish_event(topic, json!({ "OrderId__c": "801" }));
        let event = world.read(tip);
        assert_eq!(mark(&world, topic, begin), begin, "an event that was not delivered yet");
        assert_eq!(mark(&world, "/event/CaseUpdated__e", begin), event, "one of another topic is passed");
        assert_eq!(mark(&world, topic, event), event, "young enough");
        let hour = std::time::Duration::from_secs(3_600);
        world.advance_clock(hour).unwrap();
        let fresh = mark(&world, topic, event);
        assert!(fresh > event && mark(&world, topic, fresh) == fresh);
        world.advance_clock(71 * hour + hour / 2).unwrap();
        assert!(world.read(|store| is_known(store, fresh) && !is_known(store, event)));
        world.reset();
        assert!(world.read(|store| is_known(store, fresh)), "the last id outlives a new beginning");
    }
}
