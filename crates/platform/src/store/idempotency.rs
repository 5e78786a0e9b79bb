//! One record per Idempotency-Key: the same key gives the same answer for 48 hours.

use super::{StoreResult, execute, query_one};
use crate::owner::Member;
use domain::{OrderId, Timestamp};
use sea_orm::ConnectionTrait;

/// How long a key is remembered, milliseconds.
pub const KEPT_MS: i64 = 48 * 3600 * 1000;

/// A request with its key.
pub struct Reservation<'a> {
    /// Whose key it is; another member's key of the same text is another key.
    pub member: Member,
    pub key: &'a str,
    pub path: &'a str,
    /// SHA-256 of the body as it was read.
    pub body_hash: &'a [u8],
    /// The id that the order gets if this is the first request with the key.
    pub order_id: OrderId,
}

/// What the key means now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// This request does the work. The order id may be an earlier request's that did not come to its end.
    Ours(OrderId),
    /// It was done: answer this.
    Done { status: u16, body: String },
    /// Another request is at it.
    Running,
    /// The key belongs to another request body or path.
    OtherRequest,
}

/// Reserves a key until that time. A request that died in the middle blocks the key as long; the next one then goes on
/// with the same order id, so that upstream finds what the first one may have made.
///
/// # Errors
/// Only the database's own.
pub async fn reserve<C: ConnectionTrait>(
    conn: &C,
    request: &Reservation<'_>,
    until: Timestamp,
    now: Timestamp,
) -> StoreResult<Reserved> {
    let until = until.millis();
    let ids = || [request.member.person_id().0.into(), request.key.into()];
    execute(
        conn,
        "DELETE FROM idempotency_request WHERE person_id = $1 AND key = $2 AND created_at < $3",
        ids().into_iter().chain([(now.millis() - KEPT_MS).into()]),
    )
    .await?;
    let inserted = execute(
        conn,
        "INSERT INTO idempotency_request (person_id, key, path, body_hash, order_id, state, created_at, locked_until)
         VALUES ($1, $2, $3, $4, $5, 'open', $6, $7) ON CONFLICT DO NOTHING",
        [
            request.member.person_id().0.into(),
            request.key.into(),
            request.path.into(),
            request.body_hash.to_vec().into(),
            request.order_id.0.into(),
            now.millis().into(),
            until.into(),
        ],
    )
    .await?;
    if inserted == 1 {
        return Ok(Reserved::Ours(request.order_id));
    }
    let sql = "SELECT path, body_hash, order_id, state, status, body FROM idempotency_request
               WHERE person_id = $1 AND key = $2";
    let Some(row) = query_one(conn, sql, ids()).await? else { return Ok(Reserved::Running) };
    let (path, hash): (String, Vec<u8>) = (row.try_get("", "path")?, row.try_get("", "body_hash")?);
    if path != request.path || hash != request.body_hash {
        return Ok(Reserved::OtherRequest);
    }
    let (status, body): (Option<i32>, Option<String>) = (row.try_get("", "status")?, row.try_get("", "body")?);
    if let (Some(status), Some(body)) = (status.and_then(|s| u16::try_from(s).ok()), body) {
        return Ok(Reserved::Done { status, body });
    }
    let sql = "UPDATE idempotency_request SET locked_until = $3
               WHERE person_id = $1 AND key = $2 AND state = 'open' AND locked_until <= $4";
    let taken = execute(conn, sql, ids().into_iter().chain([until.into(), now.millis().into()])).await?;
    let order_id = OrderId(row.try_get("", "order_id")?);
    Ok(if taken == 1 { Reserved::Ours(order_id) } else { Reserved::Running })
}

/// Saves the answer, in the transaction that also saves what was done.
///
/// # Errors
/// Only the database's own.
pub async fn complete<C: ConnectionTrait>(
    conn: &C,
    member: Member,
    key: &str,
    status: u16,
    body: &str,
) -> StoreResult<()> {
    let sql = "UPDATE idempotency_request SET state = 'done', status = $3, body = $4 WHERE person_id = $1 AND key = $2";
    execute(conn, sql, [member.person_id().0.into(), key.into(), i32::from(status).into(), body.into()]).await?;
    Ok(())
}

/// Gives the key back for another try with the same order id (the outcome is open). `until` is the end of the lock that the
/// caller took: a later request's is left alone.
///
/// # Errors
/// Only the database's own.
pub async fn release<C: ConnectionTrait>(conn: &C, member: Member, key: &str, until: Timestamp) -> StoreResult<()> {
    let sql = "UPDATE idempotency_request SET locked_until = 0
               WHERE person_id = $1 AND key = $2 AND state = 'open' AND locked_until = $3";
    execute(conn, sql, [member.person_id().0.into(), key.into(), until.millis().into()]).await?;
    Ok(())
}

/// Forgets the key: nothing was done, and the same key may carry a corrected body. `until` as in [`release`].
///
/// # Errors
/// Only the database's own.
pub async fn forget<C: ConnectionTrait>(conn: &C, member: Member, key: &str, until: Timestamp) -> StoreResult<()> {
    let sql = "DELETE FROM idempotency_request
               WHERE person_id = $1 AND key = $2 AND state = 'open' AND locked_until = $3";
    execute(conn, sql, [member.person_id().0.into(), key.into(), until.millis().into()]).await?;
    Ok(())
}
