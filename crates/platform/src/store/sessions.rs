//! Signed-in browsers: refresh-token families, and one-time tickets for the live connection. Only hashes are stored.

use super::entities::{membership, session};
use super::{StoreResult, execute, people, query, query_one};
use crate::owner::Owner;
use domain::auth::{Lines, Role};
use domain::common::pii::Pii;
use domain::{CustomerId, SessionId, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use std::collections::HashSet;

/// A refresh-token family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// The account they act for; staff need none.
    pub customer_id: Option<CustomerId>,
    /// Such as `Firefox on Windows`, when the browser said so.
    pub device: Option<String>,
    /// The network of the last use, shortened.
    pub address: Option<Pii<String>>,
    /// At most a minute late.
    pub last_used_at: Timestamp,
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
    /// Why it ended, such as [`REUSED`]. A stored format.
    pub end_reason: Option<String>,
}

/// The end of a family of which a token was used twice.
pub const REUSED: &str = "refresh_reused";

/// A use is written when the last one that was is this old, milliseconds.
const TOUCH_EVERY_MS: i64 = 60_000;

impl Session {
    /// Whether it still counts: not ended, within its days, and used within `idle_ms`.
    pub fn lives(&self, idle_ms: i64, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now && now.millis() - self.last_used_at.millis() < idle_ms
    }
}

/// # Errors
/// Only the database's own.
pub async fn insert<C: ConnectionTrait>(conn: &C, new: &Session) -> StoreResult<()> {
    let row = session::ActiveModel {
        id: Set(new.id.0),
        person_id: Set(new.user_id.0),
        customer_id: Set(new.customer_id.map(|id| id.0)),
        device: Set(new.device.clone()),
        address: Set(new.address.as_ref().map(|a| a.reveal().clone())),
        last_used_at: Set(new.last_used_at.millis()),
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
    Ok(session::Entity::find_by_id(id.0).one(conn).await?.map(from_row))
}

fn from_row(row: session::Model) -> Session {
    Session {
        id: SessionId(row.id),
        user_id: UserId(row.person_id),
        customer_id: row.customer_id.map(CustomerId),
        device: row.device,
        address: row.address.map(Pii::new),
        // A process of the release before writes rotations only.
        last_used_at: Timestamp(row.last_used_at.max(row.rotated_at)),
        generation: row.generation,
        token_hash: row.token_hash,
        previous_hash: row.previous_hash,
        rotated_at: Timestamp(row.rotated_at),
        created_at: Timestamp(row.created_at),
        expires_at: Timestamp(row.expires_at),
        ended_at: row.ended_at.map(Timestamp),
        verified_at: row.verified_at.map(Timestamp),
        end_reason: row.end_reason,
    }
}

/// What a request needs to know of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub session: Session,
    /// What the person is to the account that the session acts for; `None` when it acts for none or they are no member.
    pub member: Option<(Role, Lines)>,
}

/// A session with the membership that it acts by.
///
/// # Errors
/// Only the database's own, and a role of another release.
pub async fn check<C: ConnectionTrait>(conn: &C, id: SessionId) -> StoreResult<Option<Checked>> {
    let found = session::Entity::find_by_id(id.0).find_also_related(membership::Entity).one(conn).await?;
    let Some((row, member)) = found else { return Ok(None) };
    let member = match member {
        Some(member) => Some(people::access_of(conn, &member).await?),
        None => None,
    };
    Ok(Some(Checked { session: from_row(row), member }))
}

/// Writes that a session was used, from where; at most once a minute.
///
/// # Errors
/// Only the database's own.
pub async fn touch<C: ConnectionTrait>(
    conn: &C,
    seen: &Session,
    address: Option<&Pii<String>>,
    now: Timestamp,
) -> StoreResult<bool> {
    if now.millis() - seen.last_used_at.millis() < TOUCH_EVERY_MS {
        return Ok(false);
    }
    let sql = "UPDATE session SET last_used_at = $2, address = COALESCE($3, address)
               WHERE id = $1 AND ended_at IS NULL AND last_used_at <= $4";
    let before = now.millis() - TOUCH_EVERY_MS;
    let address = address.map(|a| a.reveal().clone());
    Ok(execute(conn, sql, [seen.id.0.into(), now.millis().into(), address.into(), before.into()]).await? == 1)
}

/// Sessions of a person that have not ended, the last used first.
///
/// # Errors
/// Only the database's own.
pub async fn of_person<C: ConnectionTrait>(conn: &C, user: UserId, now: Timestamp) -> StoreResult<Vec<Session>> {
    let rows = session::Entity::find()
        .filter(session::Column::PersonId.eq(user.0))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now.millis()))
        .all(conn)
        .await?;
    let mut found: Vec<Session> = rows.into_iter().map(from_row).collect();
    found.sort_by_key(|s| (std::cmp::Reverse(s.last_used_at), s.id));
    Ok(found)
}

/// Of some sessions those that have ended for whatever reason, with the reason where one is written.
///
/// # Errors
/// Only the database's own.
pub async fn ended_among<C: ConnectionTrait>(
    conn: &C,
    ids: &[SessionId],
    idle_ms: i64,
    now: Timestamp,
) -> StoreResult<Vec<(SessionId, Option<String>)>> {
    let mut ended = Vec::new();
    for some in ids.chunks(200) {
        let rows = session::Entity::find()
            .find_also_related(membership::Entity)
            .filter(session::Column::Id.is_in(some.iter().map(|id| id.0)))
            .all(conn)
            .await?;
        let mut missing: HashSet<SessionId> = some.iter().copied().collect();
        for (row, member) in rows {
            let session = from_row(row);
            missing.remove(&session.id);
            let outside = session.customer_id.is_some() && member.is_none();
            if outside || !session.lives(idle_ms, now) {
                ended.push((session.id, session.end_reason));
            }
        }
        ended.extend(missing.into_iter().map(|id| (id, None)));
    }
    Ok(ended)
}

/// Moves a family to its next token; `false` when another request did so first, or the session has ended.
///
/// # Errors
/// Only the database's own.
pub async fn rotate<C: ConnectionTrait>(
    conn: &C,
    from: &Session,
    new_hash: &[u8],
    address: Option<&Pii<String>>,
    now: Timestamp,
) -> StoreResult<bool> {
    let address = address.map(|a| a.reveal().clone());
    let changed = execute(
        conn,
        "UPDATE session SET generation = generation + 1, previous_hash = token_hash, token_hash = $3, rotated_at = $4,
                            last_used_at = $4, address = COALESCE($5, address)
         WHERE id = $1 AND generation = $2 AND ended_at IS NULL",
        [from.id.0.into(), from.generation.into(), new_hash.to_vec().into(), now.millis().into(), address.into()],
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

/// Ends one session of a person; `false` when it is not theirs or has ended.
///
/// # Errors
/// Only the database's own.
pub async fn end_own<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    id: SessionId,
    reason: &str,
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "UPDATE session SET ended_at = $3, end_reason = $4 WHERE id = $1 AND person_id = $2 AND ended_at IS NULL";
    Ok(execute(conn, sql, [id.0.into(), user.0.into(), now.millis().into(), reason.into()]).await? == 1)
}

/// Ends every session of a person but one; returns those that lived.
///
/// # Errors
/// Only the database's own.
pub async fn end_others<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    keep: SessionId,
    reason: &str,
    now: Timestamp,
) -> StoreResult<Vec<SessionId>> {
    let sql = "UPDATE session SET ended_at = $3, end_reason = $4
               WHERE person_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id";
    let rows = query(conn, sql, [user.0.into(), keep.0.into(), now.millis().into(), reason.into()]).await?;
    rows.iter().map(|r| Ok(SessionId(r.try_get("", "id")?))).collect()
}

/// Ends every session in which a person acts for this account; returns those that lived.
///
/// # Errors
/// Only the database's own.
pub async fn end_at<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    customer: CustomerId,
    reason: &str,
    now: Timestamp,
) -> StoreResult<Vec<SessionId>> {
    let sql = "UPDATE session SET ended_at = $3, end_reason = $4
               WHERE person_id = $1 AND customer_id = $2 AND ended_at IS NULL RETURNING id";
    let rows = query(conn, sql, [user.0.into(), customer.0.into(), now.millis().into(), reason.into()]).await?;
    rows.iter().map(|r| Ok(SessionId(r.try_get("", "id")?))).collect()
}

/// Sessions in which a person acts for this account and that have not ended.
///
/// # Errors
/// Only the database's own.
pub async fn living_at<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    customer: CustomerId,
) -> StoreResult<Vec<SessionId>> {
    let sql = "SELECT id FROM session WHERE person_id = $1 AND customer_id = $2 AND ended_at IS NULL";
    let rows = query(conn, sql, [user.0.into(), customer.0.into()]).await?;
    rows.iter().map(|r| Ok(SessionId(r.try_get("", "id")?))).collect()
}

/// Whether a person has signed in from the browser with this key before, and whether from any other; from here on they
/// have. Keys not seen for 400 days are forgotten.
///
/// # Errors
/// Only the database's own.
pub async fn meet_device<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    hash: &[u8],
    now: Timestamp,
) -> StoreResult<Acquaintance> {
    const KEEP_MS: i64 = 400 * 86_400_000;
    let forget = "DELETE FROM known_device WHERE person_id = $1 AND last_seen_at < $2";
    execute(conn, forget, [user.0.into(), (now.millis() - KEEP_MS).into()]).await?;
    let sql = "UPDATE known_device SET last_seen_at = $3 WHERE person_id = $1 AND hash = $2";
    if execute(conn, sql, [user.0.into(), hash.to_vec().into(), now.millis().into()]).await? == 1 {
        return Ok(Acquaintance::Known);
    }
    let others =
        query_one(conn, "SELECT 1 AS n FROM known_device WHERE person_id = $1 LIMIT 1", [user.0.into()]).await?;
    let sql = "INSERT INTO known_device (person_id, hash, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $3)
               ON CONFLICT (person_id, hash) DO NOTHING";
    execute(conn, sql, [user.0.into(), hash.to_vec().into(), now.millis().into()]).await?;
    Ok(if others.is_some() { Acquaintance::New } else { Acquaintance::First })
}

/// What a browser is to a person who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// The first of all that are remembered.
    First,
    Known,
    /// There are others, and this is none of them.
    New,
}

/// Keeps the hash of a one-time ticket.
///
/// # Errors
/// Only the database's own.
pub async fn insert_ticket<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    session: SessionId,
    owner: Owner,
    expires_at: Timestamp,
) -> StoreResult<()> {
    execute(
        conn,
        "INSERT INTO live_ticket (hash, session_id, customer_id, expires_at) VALUES ($1, $2, $3, $4)",
        [hash.to_vec().into(), session.0.into(), owner.customer_id().0.into(), expires_at.millis().into()],
    )
    .await?;
    Ok(())
}

/// Takes a ticket: it works once, before its end, while its session lives. Those whose time is over are forgotten.
///
/// # Errors
/// Only the database's own.
pub async fn take_ticket<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    now: Timestamp,
) -> StoreResult<Option<(SessionId, CustomerId)>> {
    execute(
        conn,
        "DELETE FROM live_ticket WHERE expires_at < $1 AND hash <> $2",
        [now.millis().into(), hash.to_vec().into()],
    )
    .await?;
    let sql = "DELETE FROM live_ticket WHERE hash = $1 RETURNING session_id, customer_id, expires_at";
    let Some(row) = query_one(conn, sql, [hash.to_vec().into()]).await? else { return Ok(None) };
    let session_id = SessionId(row.try_get("", "session_id")?);
    let customer_id = CustomerId(row.try_get("", "customer_id")?);
    let expires_at: i64 = row.try_get("", "expires_at")?;
    let alive = find(conn, session_id).await?.is_some_and(|s| s.ended_at.is_none() && s.expires_at > now);
    Ok((expires_at > now.millis() && alive).then_some((session_id, customer_id)))
}
