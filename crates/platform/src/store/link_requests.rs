//! Existing customers who asked for an account. The question is answered by a job, so that the request itself does the
//! same work whatever the other systems know; the row goes with the answer.

use super::{StoreResult, execute, query_one};
use crate::clock::new_id;
use domain::Timestamp;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::KnownCustomer;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who asked for what.
#[derive(Clone, Debug)]
pub struct LinkRequest {
    pub customer_number: Pii<String>,
    pub email: Pii<String>,
    pub language: Language,
}

/// # Errors
/// Only the database's own.
pub async fn insert<C: ConnectionTrait>(conn: &C, new: &LinkRequest, now: Timestamp) -> StoreResult<Uuid> {
    let id = new_id();
    let sql = "INSERT INTO link_request (id, customer_number, email, language, created_at) VALUES ($1, $2, $3, $4, $5)";
    let language = if new.language == Language::Ja { "ja" } else { "en" };
    let values = [
        id.into(),
        new.customer_number.reveal().as_str().into(),
        new.email.reveal().as_str().into(),
        language.into(),
        now.millis().into(),
    ];
    execute(conn, sql, values).await?;
    Ok(id)
}

/// # Errors
/// Only the database's own.
pub async fn find<C: ConnectionTrait>(conn: &C, id: Uuid) -> StoreResult<Option<LinkRequest>> {
    let sql = "SELECT customer_number, email, language FROM link_request WHERE id = $1";
    let Some(row) = query_one(conn, sql, [id.into()]).await? else { return Ok(None) };
    let language: String = row.try_get("", "language")?;
    Ok(Some(LinkRequest {
        customer_number: Pii::new(row.try_get("", "customer_number")?),
        email: Pii::new(row.try_get("", "email")?),
        language: if language == "ja" { Language::Ja } else { Language::En },
    }))
}

/// # Errors
/// Only the database's own.
pub async fn remove<C: ConnectionTrait>(conn: &C, id: Uuid) -> StoreResult<()> {
    execute(conn, "DELETE FROM link_request WHERE id = $1", [id.into()]).await?;
    Ok(())
}

/// The record that was found, as the link's token keeps it until it is opened. A stored format.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkedRecord {
    pub customer_number: String,
    pub customer: KnownCustomer,
    /// Billing's client, when the record was found there.
    #[serde(default)]
    pub whmcs_client_id: Option<u64>,
}
