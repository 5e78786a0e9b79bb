//! Where the event subscriber stands, and every event it has ever accepted.

use super::{StoreResult, execute, query_one};
use domain::Timestamp;
use sea_orm::ConnectionTrait;

/// Accepts an event; `false` when it was accepted before.
///
/// # Errors
/// Only the database's own.
pub async fn accept_event<C: ConnectionTrait>(
    conn: &C,
    source: &str,
    event_uuid: &str,
    subject: &str,
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "INSERT INTO inbox_event (source, event_uuid, subject, received_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING";
    let values = [source.into(), event_uuid.into(), subject.into(), now.millis().into()];
    Ok(execute(conn, sql, values).await? == 1)
}

/// The stored replay id of a topic, opaque bytes, and when it was stored.
///
/// # Errors
/// Only the database's own.
pub async fn replay_id<C: ConnectionTrait>(conn: &C, topic: &str) -> StoreResult<Option<(Vec<u8>, Timestamp)>> {
    let sql = "SELECT replay_id, updated_at FROM replay_cursor WHERE topic = $1";
    let row = query_one(conn, sql, [topic.into()]).await?;
    row.map(|r| Ok((r.try_get("", "replay_id")?, Timestamp(r.try_get("", "updated_at")?)))).transpose()
}

/// Stores a replay id, in the transaction of the work that its events caused.
///
/// # Errors
/// Only the database's own.
pub async fn store_replay_id<C: ConnectionTrait>(
    conn: &C,
    topic: &str,
    replay_id: &[u8],
    now: Timestamp,
) -> StoreResult<()> {
    let sql = "INSERT INTO replay_cursor (topic, replay_id, updated_at) VALUES ($1, $2, $3)
               ON CONFLICT (topic) DO UPDATE SET replay_id = excluded.replay_id, updated_at = excluded.updated_at";
    execute(conn, sql, [topic.into(), replay_id.to_vec().into(), now.millis().into()]).await?;
    Ok(())
}

/// Forgets a replay id that Salesforce no longer knows.
///
/// # Errors
/// Only the database's own.
pub async fn forget_replay_id<C: ConnectionTrait>(conn: &C, topic: &str) -> StoreResult<()> {
    execute(conn, "DELETE FROM replay_cursor WHERE topic = $1", [topic.into()]).await?;
    Ok(())
}
