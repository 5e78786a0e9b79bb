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

/// How the event stream stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub connected: bool,
    /// Since when.
    pub since: Timestamp,
    /// Why it is not connected: a code.
    pub error: Option<String>,
}

/// Says how the stream of a topic stands; `error` is `None` while it is connected. Saying the same again changes nothing.
///
/// # Errors
/// Only the database's own.
pub async fn set_stream<C: ConnectionTrait>(
    conn: &C,
    topic: &str,
    holder: &str,
    error: Option<&str>,
    now: Timestamp,
) -> StoreResult<()> {
    let sql = "INSERT INTO stream_state (topic, holder, connected, since, error) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (topic) DO UPDATE SET holder = excluded.holder, error = excluded.error, connected = excluded.connected,
                   since = CASE WHEN stream_state.connected = excluded.connected THEN stream_state.since ELSE excluded.since END";
    let connected = i32::from(error.is_none());
    let values = [topic.into(), holder.into(), connected.into(), now.millis().into(), error.map(str::to_owned).into()];
    execute(conn, sql, values).await?;
    Ok(())
}

/// How the stream stands; the one that is not connected when there are several.
///
/// # Errors
/// Only the database's own.
pub async fn stream<C: ConnectionTrait>(conn: &C) -> StoreResult<Option<Stream>> {
    let sql = "SELECT connected, since, error FROM stream_state ORDER BY connected, since DESC LIMIT 1";
    let row = query_one(conn, sql, []).await?;
    row.map(|r| {
        Ok(Stream {
            connected: r.try_get::<i32>("", "connected")? == 1,
            since: Timestamp(r.try_get("", "since")?),
            error: r.try_get("", "error")?,
        })
    })
    .transpose()
}

/// When an event last came.
///
/// # Errors
/// Only the database's own.
pub async fn last_event<C: ConnectionTrait>(conn: &C) -> StoreResult<Option<Timestamp>> {
    let row = query_one(conn, "SELECT max(received_at) AS at FROM inbox_event WHERE source LIKE '/%'", []).await?;
    Ok(row.map(|r| r.try_get::<Option<i64>>("", "at")).transpose()?.flatten().map(Timestamp))
}
