//! A person's change of mail address, which counts when the links at both addresses were opened. One at a time.

use super::{StoreResult, execute, query_one};
use crate::clock::random_id;
use domain::common::pii::Pii;
use domain::{Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

/// A change that waits.
#[derive(Clone, Debug)]
pub struct EmailChange {
    pub id: Uuid,
    pub user_id: UserId,
    /// The address to be, normalised.
    pub email: Pii<String>,
    pub old_confirmed: bool,
    pub new_confirmed: bool,
    pub expires_at: Timestamp,
}

/// Which of the two links was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Old,
    New,
}

/// Begins a change; one that waits already is replaced.
///
/// # Errors
/// Only the database's own.
pub async fn begin<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    email: &Pii<String>,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<Uuid> {
    withdraw(conn, user).await?;
    let id = random_id();
    let sql = "INSERT INTO email_change (id, person_id, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let values =
        [id.into(), user.0.into(), email.reveal().as_str().into(), now.millis().into(), expires_at.millis().into()];
    execute(conn, sql, values).await?;
    Ok(id)
}

/// The change that waits.
///
/// # Errors
/// Only the database's own.
pub async fn pending<C: ConnectionTrait>(conn: &C, user: UserId, now: Timestamp) -> StoreResult<Option<EmailChange>> {
    let sql = format!("SELECT {COLUMNS} FROM email_change WHERE person_id = $1 AND expires_at > $2");
    query_one(conn, &sql, [user.0.into(), now.millis().into()]).await?.map(read).transpose()
}

/// Marks one side and returns how the change stands; `None` when it was withdrawn or is over.
///
/// # Errors
/// Only the database's own.
pub async fn confirm<C: ConnectionTrait>(
    conn: &C,
    id: Uuid,
    side: Side,
    now: Timestamp,
) -> StoreResult<Option<EmailChange>> {
    let column = match side {
        Side::Old => "old_confirmed_at",
        Side::New => "new_confirmed_at",
    };
    let sql = format!("UPDATE email_change SET {column} = $2 WHERE id = $1 AND expires_at > $2 RETURNING {COLUMNS}");
    query_one(conn, &sql, [id.into(), now.millis().into()]).await?.map(read).transpose()
}

/// Ends a change, done or not; `false` when there was none.
///
/// # Errors
/// Only the database's own.
pub async fn withdraw<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<bool> {
    Ok(execute(conn, "DELETE FROM email_change WHERE person_id = $1", [user.0.into()]).await? == 1)
}

const COLUMNS: &str = "id, person_id, email, old_confirmed_at, new_confirmed_at, expires_at";

fn read(row: QueryResult) -> StoreResult<EmailChange> {
    Ok(EmailChange {
        id: row.try_get("", "id")?,
        user_id: UserId(row.try_get("", "person_id")?),
        email: Pii::new(row.try_get("", "email")?),
        old_confirmed: row.try_get::<Option<i64>>("", "old_confirmed_at")?.is_some(),
        new_confirmed: row.try_get::<Option<i64>>("", "new_confirmed_at")?.is_some(),
        expires_at: Timestamp(row.try_get("", "expires_at")?),
    })
}
