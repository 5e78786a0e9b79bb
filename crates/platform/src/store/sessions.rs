//! Signed-in browsers: refresh-token families, and one-time tickets for the live connection. Only hashes are stored.

use super::entities::session;
use super::{StoreResult, execute, query, query_one};
use domain::{CustomerId, SessionId, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait as _};

/// A refresh-token family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// The account they act for; staff need none.
    pub customer_id: Option<CustomerId>,
    pub generation: i64,
    /// SHA-256 of the current refresh token.
    pub token_hash: Vec<u8>,
    /// SHA-256 of the one before, which has a short grace for a lost answer.
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_at: Timestamp,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// When the person last showed who they are; at sign-in for a start.
    pub verified_at: Option<Timestamp>,
}

/// # Errors
/// Only the database's own.
pub async fn insert<C: ConnectionTrait>(conn: &C, new: &Session) -> StoreResult<()> {
    let row = session::ActiveModel {
        id: Set(new.id.0),
        person_id: Set(new.user_id.0),
        customer_id: Set(new.customer_id.map(|id| id.0)),
        generation: Set(new.generation),
        token_hash: Set(new.token_hash.clone()),
        previous_hash: Set(new.previous_hash.clone()),
        rotated_at: Set(new.rotated_at.millis()),
        created_at: Set(new.created_at.millis()),
        expires_at: Set(new.expires_at.millis()),
        ended_at: Set(None),
        end_reason: Set(None),
        verified_at: Set(new.verified_at.map(Timestamp::millis)),
    };
    session::Entity::insert(row).exec_without_returning(conn).await?;
    Ok(())
}

/// # Errors
/// Only the database's own.
pub async fn find<C: ConnectionTrait>(conn: &C, id: SessionId) -> StoreResult<Option<Session>> {
    Ok(session::Entity::find_by_id(id.0).one(conn).await?.map(|row| Session {
        id: SessionId(row.id),
        user_id: UserId(row.person_id),
        customer_id: row.customer_id.map(CustomerId),
        generation: row.generation,
        token_hash: row.token_hash,
        previous_hash: row.previous_hash,
        rotated_at: Timestamp(row.rotated_at),
        created_at: Timestamp(row.created_at),
        expires_at: Timestamp(row.expires_at),
        ended_at: row.ended_at.map(Timestamp),
        verified_at: row.verified_at.map(Timestamp),
    }))
}

/// Moves a family to its next token; `false` when another request did so first, or the session has ended.
///
/// # Errors
/// Only the database's own.
pub async fn rotate<C: ConnectionTrait>(
    conn: &C,
    from: &Session,
    new_hash: &[u8],
    now: Timestamp,
) -> StoreResult<bool> {
    let changed = execute(
        conn,
        "UPDATE session SET generation = generation + 1, previous_hash = token_hash, token_hash = $3, rotated_at = $4
         WHERE id = $1 AND generation = $2 AND ended_at IS NULL",
        [from.id.0.into(), from.generation.into(), new_hash.to_vec().into(), now.millis().into()],
    )
    .await?;
    Ok(changed == 1)
}

/// The person of a session has shown again who they are.
///
/// # Errors
/// Only the database's own.
pub async fn verify<C: ConnectionTrait>(conn: &C, id: SessionId, now: Timestamp) -> StoreResult<()> {
    let sql = "UPDATE session SET verified_at = $2 WHERE id = $1 AND ended_at IS NULL";
    execute(conn, sql, [id.0.into(), now.millis().into()]).await?;
    Ok(())
}

/// Ends a session; `false` when it had already ended.
///
/// # Errors
/// Only the database's own.
pub async fn end<C: ConnectionTrait>(conn: &C, id: SessionId, reason: &str, now: Timestamp) -> StoreResult<bool> {
    let sql = "UPDATE session SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL";
    Ok(execute(conn, sql, [id.0.into(), now.millis().into(), reason.into()]).await? == 1)
}

/// Ends every session of a person; returns those that lived.
///
/// # Errors
/// Only the database's own.
pub async fn end_all<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    reason: &str,
    now: Timestamp,
) -> StoreResult<Vec<SessionId>> {
    let sql =
        "UPDATE session SET ended_at = $2, end_reason = $3 WHERE person_id = $1 AND ended_at IS NULL RETURNING id";
    let rows = query(conn, sql, [user.0.into(), now.millis().into(), reason.into()]).await?;
    rows.iter().map(|r| Ok(SessionId(r.try_get("", "id")?))).collect()
}

/// Ends every session of a person but one; returns those that lived.
///
/// # Errors
/// Only the database's own.
pub async fn end_all_but<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    kept: SessionId,
    reason: &str,
    now: Timestamp,
) -> StoreResult<Vec<SessionId>> {
    let sql = "UPDATE session SET ended_at = $2, end_reason = $3
               WHERE person_id = $1 AND id <> $4 AND ended_at IS NULL RETURNING id";
    let rows = query(conn, sql, [user.0.into(), now.millis().into(), reason.into(), kept.0.into()]).await?;
    rows.iter().map(|r| Ok(SessionId(r.try_get("", "id")?))).collect()
}

/// Keeps the hash of a one-time ticket and forgets old ones.
///
/// # Errors
/// Only the database's own.
pub async fn insert_ticket<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    session: SessionId,
    owner: CustomerId,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    execute(conn, "DELETE FROM live_ticket WHERE expires_at < $1", [now.millis().into()]).await?;
    execute(
        conn,
        "INSERT INTO live_ticket (hash, session_id, customer_id, expires_at) VALUES ($1, $2, $3, $4)",
        [hash.to_vec().into(), session.0.into(), owner.0.into(), expires_at.millis().into()],
    )
    .await?;
    Ok(())
}

/// Takes a ticket: it works once, before its end, while its session lives.
///
/// # Errors
/// Only the database's own.
pub async fn take_ticket<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    now: Timestamp,
) -> StoreResult<Option<(SessionId, CustomerId)>> {
    let sql = "DELETE FROM live_ticket WHERE hash = $1 RETURNING session_id, customer_id, expires_at";
    let Some(row) = query_one(conn, sql, [hash.to_vec().into()]).await? else { return Ok(None) };
    let session_id = SessionId(row.try_get("", "session_id")?);
    let customer_id = CustomerId(row.try_get("", "customer_id")?);
    let expires_at: i64 = row.try_get("", "expires_at")?;
    let alive = find(conn, session_id).await?.is_some_and(|s| s.ended_at.is_none() && s.expires_at > now);
    Ok((expires_at > now.millis() && alive).then_some((session_id, customer_id)))
}
