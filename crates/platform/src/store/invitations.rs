//! Invitations to a customer account. Their links are kept by [`super::mail_tokens`], with the invitation's id as subject.

use super::people::read_role;
use super::{StoreError, StoreResult, execute, query, query_one};
use domain::auth::Role;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::{CustomerId, InvitationId, ServiceId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;

/// An invitation that is neither accepted nor withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub id: InvitationId,
    pub customer_id: CustomerId,
    /// Normalised.
    pub email: Pii<String>,
    pub role: Role,
    pub lines: Vec<ServiceId>,
    /// Of the mail.
    pub language: Language,
    pub invited_by: UserId,
    pub sent_at: Timestamp,
    pub expires_at: Timestamp,
}

/// How an invitation ended. Names are a stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted(UserId),
    Withdrawn,
    /// Whoever invited may no longer do so.
    Void,
}

const COLUMNS: &str = "id, customer_id, email, role, lines, language, invited_by, sent_at, expires_at";

/// The open invitations of an account, the newest first.
///
/// # Errors
/// Only the database's own, and a row of another release.
pub async fn open<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<Vec<Open>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invitation WHERE customer_id = $1 AND ended_at IS NULL ORDER BY created_at DESC, id"
    );
    query(conn, &sql, [owner.0.into()]).await?.iter().map(from_row).collect()
}

/// An open invitation of this account.
///
/// # Errors
/// Only the database's own, and a row of another release.
pub async fn find<C: ConnectionTrait>(conn: &C, owner: CustomerId, id: InvitationId) -> StoreResult<Option<Open>> {
    let sql = format!("SELECT {COLUMNS} FROM invitation WHERE id = $1 AND customer_id = $2 AND ended_at IS NULL");
    query_one(conn, &sql, [id.0.into(), owner.0.into()]).await?.as_ref().map(from_row).transpose()
}

/// Keeps an invitation, in the place of an open one for the same address; the id that it has. The caller holds
/// [`super::people::lock`].
///
/// # Errors
/// Only the database's own.
pub async fn put<C: ConnectionTrait>(conn: &C, new: &Open, now: Timestamp) -> StoreResult<InvitationId> {
    let lines = json!(new.lines);
    let language = language_name(new.language);
    let sql =
        "UPDATE invitation SET role = $3, lines = $4, language = $5, invited_by = $6, sent_at = $7, expires_at = $8
               WHERE customer_id = $1 AND email = $2 AND ended_at IS NULL RETURNING id";
    let values = [
        new.customer_id.0.into(),
        new.email.reveal().as_str().into(),
        new.role.name().into(),
        lines.clone().into(),
        language.into(),
        new.invited_by.0.into(),
        new.sent_at.millis().into(),
        new.expires_at.millis().into(),
    ];
    if let Some(row) = query_one(conn, sql, values).await? {
        return Ok(InvitationId(row.try_get("", "id")?));
    }
    let sql = "INSERT INTO invitation (id, customer_id, email, role, lines, language, invited_by, created_at, sent_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = [
        new.id.0.into(),
        new.customer_id.0.into(),
        new.email.reveal().as_str().into(),
        new.role.name().into(),
        lines.into(),
        language.into(),
        new.invited_by.0.into(),
        now.millis().into(),
        new.sent_at.millis().into(),
        new.expires_at.millis().into(),
    ];
    execute(conn, sql, values).await?;
    Ok(new.id)
}

/// Writes that its mail was queued again.
///
/// # Errors
/// Only the database's own.
pub async fn sent_again<C: ConnectionTrait>(
    conn: &C,
    id: InvitationId,
    sent_at: Timestamp,
    expires_at: Timestamp,
) -> StoreResult<()> {
    let sql = "UPDATE invitation SET sent_at = $2, expires_at = $3 WHERE id = $1 AND ended_at IS NULL";
    execute(conn, sql, [id.0.into(), sent_at.millis().into(), expires_at.millis().into()]).await?;
    Ok(())
}

/// Ends an invitation; `false` when it has ended. What it said of somebody who did not come goes.
///
/// # Errors
/// Only the database's own.
pub async fn end<C: ConnectionTrait>(
    conn: &C,
    id: InvitationId,
    outcome: Outcome,
    now: Timestamp,
) -> StoreResult<bool> {
    let (name, person) = match outcome {
        Outcome::Accepted(person) => ("accepted", Some(person.0)),
        Outcome::Withdrawn => ("withdrawn", None),
        Outcome::Void => ("void", None),
    };
    let sql = "UPDATE invitation SET ended_at = $2, outcome = $3, accepted_by = $4, email = '' WHERE id = $1 AND ended_at IS NULL";
    Ok(execute(conn, sql, [id.0.into(), now.millis().into(), name.into(), person.into()]).await? == 1)
}

fn from_row(row: &QueryResult) -> StoreResult<Open> {
    let lines: serde_json::Value = row.try_get("", "lines")?;
    Ok(Open {
        id: InvitationId(row.try_get("", "id")?),
        customer_id: CustomerId(row.try_get("", "customer_id")?),
        email: Pii::new(row.try_get("", "email")?),
        role: read_role(&row.try_get::<String>("", "role")?)?,
        lines: serde_json::from_value(lines).map_err(|_| StoreError::Unreadable("invitation"))?,
        language: if row.try_get::<String>("", "language")? == "ja" { Language::Ja } else { Language::En },
        invited_by: UserId(row.try_get("", "invited_by")?),
        sent_at: Timestamp(row.try_get("", "sent_at")?),
        expires_at: Timestamp(row.try_get("", "expires_at")?),
    })
}

const fn language_name(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ja => "ja",
    }
}
