//! A person's password as signing in and changing it need it. Only hashes.

use super::{StoreResult, execute, query_one};
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::{Timestamp, UserId};
use sea_orm::ConnectionTrait;

/// What a signed-in person's password is compared with.
pub struct Stored {
    /// Normalised.
    pub email: Pii<String>,
    /// PHC string.
    pub hash: String,
    pub changed_at: Option<Timestamp>,
    /// Of mails.
    pub language: Language,
}

/// # Errors
/// Only the database's own.
pub async fn find<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<Stored>> {
    let sql = "SELECT email, password_hash, password_changed_at, language FROM person WHERE id = $1";
    let Some(row) = query_one(conn, sql, [user.0.into()]).await? else { return Ok(None) };
    Ok(Some(Stored {
        email: Pii::new(row.try_get("", "email")?),
        hash: row.try_get("", "password_hash")?,
        changed_at: row.try_get::<Option<i64>>("", "password_changed_at")?.map(Timestamp),
        language: if row.try_get::<String>("", "language")? == "ja" { Language::Ja } else { Language::En },
    }))
}

/// Sets a new password, and ends what was begun with the old one: sign-ins that wait for their second factor.
///
/// # Errors
/// Only the database's own.
pub async fn change<C: ConnectionTrait>(conn: &C, user: UserId, hash: &str, now: Timestamp) -> StoreResult<()> {
    let sql = "UPDATE person SET password_hash = $2, password_changed_at = $3 WHERE id = $1";
    execute(conn, sql, [user.0.into(), hash.into(), now.millis().into()]).await?;
    execute(conn, "DELETE FROM sign_in_challenge WHERE person_id = $1", [user.0.into()]).await?;
    Ok(())
}
