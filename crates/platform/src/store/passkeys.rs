//! Passkeys, and what authenticators were asked. Knows nothing of WebAuthn: credentials and states are JSON of the API's.

use super::{StoreResult, execute, on_unique, query, query_one, statement};
use domain::auth::sign_in::Passkey;
use domain::common::pii::Pii;
use domain::{PasskeyId, SessionId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::Value;

/// The unique constraint on a credential.
pub const CREDENTIAL: &str = "passkey_credential_key";

/// A passkey with what is needed to check it.
pub struct Stored {
    pub shown: Passkey,
    pub user_id: UserId,
    pub credential: Value,
}

/// What an authenticator was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Register,
    SignIn,
    SecondFactor,
    Verify,
}

/// A question to an authenticator, kept until it is answered.
pub struct Ceremony {
    pub purpose: Purpose,
    /// Nobody: whoever holds the passkey.
    pub user_id: Option<UserId>,
    /// The session that asked; none before signing in.
    pub session_id: Option<SessionId>,
    /// The sign-in that waits for its second factor.
    pub challenge_hash: Option<Vec<u8>>,
    pub state: Value,
}

const COLUMNS: &str = "id, person_id, credential, name, created_at, last_used_at";

fn stored(row: &QueryResult) -> StoreResult<Stored> {
    Ok(Stored {
        shown: Passkey {
            id: PasskeyId(row.try_get("", "id")?),
            name: Pii::new(row.try_get("", "name")?),
            created_at: Timestamp(row.try_get("", "created_at")?),
            last_used_at: row.try_get::<Option<i64>>("", "last_used_at")?.map(Timestamp),
        },
        user_id: UserId(row.try_get("", "person_id")?),
        credential: row.try_get("", "credential")?,
    })
}

/// A person's passkeys, oldest first.
///
/// # Errors
/// Only the database's own.
pub async fn all<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM passkey WHERE person_id = $1 ORDER BY created_at, id");
    query(conn, &sql, [user.0.into()]).await?.iter().map(stored).collect()
}

/// The passkey of a credential, whoever holds it.
///
/// # Errors
/// Only the database's own.
pub async fn by_credential<C: ConnectionTrait>(conn: &C, credential_id: &[u8]) -> StoreResult<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM passkey WHERE credential_id = $1");
    query_one(conn, &sql, [credential_id.to_vec().into()]).await?.as_ref().map(stored).transpose()
}

/// # Errors
/// [`super::StoreError::Taken`] with [`CREDENTIAL`] when the credential is registered.
pub async fn insert<C: ConnectionTrait>(conn: &C, new: &Stored, credential_id: &[u8]) -> StoreResult<()> {
    let sql = "INSERT INTO passkey (id, person_id, credential_id, credential, name, created_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        new.shown.id.0.into(),
        new.user_id.0.into(),
        credential_id.to_vec().into(),
        new.credential.clone().into(),
        new.shown.name.reveal().clone().into(),
        new.shown.created_at.millis().into(),
    ];
    let inserted = conn.execute_raw(statement(conn, sql, values)).await;
    inserted.map(drop).map_err(|e| on_unique(e, CREDENTIAL, "passkey.credential_id"))
}

/// Keeps that a passkey was used, with its counter. `false`: it was removed meanwhile.
///
/// # Errors
/// Only the database's own.
pub async fn used<C: ConnectionTrait>(
    conn: &C,
    id: PasskeyId,
    credential: &Value,
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "UPDATE passkey SET credential = $2, last_used_at = $3 WHERE id = $1";
    Ok(execute(conn, sql, [id.0.into(), credential.clone().into(), now.millis().into()]).await? == 1)
}

/// `false`: this person has no such passkey.
///
/// # Errors
/// Only the database's own.
pub async fn rename<C: ConnectionTrait>(conn: &C, user: UserId, id: PasskeyId, name: &str) -> StoreResult<bool> {
    let sql = "UPDATE passkey SET name = $3 WHERE id = $1 AND person_id = $2";
    Ok(execute(conn, sql, [id.0.into(), user.0.into(), name.into()]).await? == 1)
}

/// `false`: this person has no such passkey.
///
/// # Errors
/// Only the database's own.
pub async fn remove<C: ConnectionTrait>(conn: &C, user: UserId, id: PasskeyId) -> StoreResult<bool> {
    let sql = "DELETE FROM passkey WHERE id = $1 AND person_id = $2";
    Ok(execute(conn, sql, [id.0.into(), user.0.into()]).await? == 1)
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::Verify => "verify",
        }
    }
}

/// Keeps a question, and forgets those that have ended.
///
/// # Errors
/// Only the database's own.
pub async fn insert_ceremony<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    new: &Ceremony,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    execute(conn, "DELETE FROM passkey_ceremony WHERE expires_at < $1", [now.millis().into()]).await?;
    let sql = "INSERT INTO passkey_ceremony (hash, purpose, person_id, session_id, challenge_hash, state, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        hash.to_vec().into(),
        new.purpose.name().into(),
        new.user_id.map(|id| id.0).into(),
        new.session_id.map(|id| id.0).into(),
        new.challenge_hash.clone().into(),
        new.state.clone().into(),
        expires_at.millis().into(),
    ];
    execute(conn, sql, values).await?;
    Ok(())
}

/// Takes a question away: it is answered once, before its end, for one of the purposes.
///
/// # Errors
/// Only the database's own.
pub async fn take_ceremony<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    purposes: &[Purpose],
    now: Timestamp,
) -> StoreResult<Option<Ceremony>> {
    let sql = "DELETE FROM passkey_ceremony WHERE hash = $1
               RETURNING purpose, person_id, session_id, challenge_hash, state, expires_at";
    let Some(row) = query_one(conn, sql, [hash.to_vec().into()]).await? else { return Ok(None) };
    let name: String = row.try_get("", "purpose")?;
    let purpose = purposes.iter().copied().find(|p| p.name() == name);
    let expires_at: i64 = row.try_get("", "expires_at")?;
    let Some(purpose) = purpose.filter(|_| expires_at > now.millis()) else { return Ok(None) };
    Ok(Some(Ceremony {
        purpose,
        user_id: row.try_get::<Option<uuid::Uuid>>("", "person_id")?.map(UserId),
        session_id: row.try_get::<Option<uuid::Uuid>>("", "session_id")?.map(SessionId),
        challenge_hash: row.try_get("", "challenge_hash")?,
        state: row.try_get("", "state")?,
    }))
}
