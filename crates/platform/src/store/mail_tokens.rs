//! The links of mails: 256 random bits each, of which only the SHA-256 is kept, good for one purpose, once, until an end.

use super::{StoreResult, execute, query_one};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::common::pii::Pii;
use domain::{CustomerId, Timestamp, UserId};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What a link is good for. Names are a stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Ends a sign-up. Data: the pending sign-up.
    SignUp,
    /// Makes an account for an existing customer number. Data: the customer as the other systems have them.
    Link,
    PasswordReset,
    /// Of the mail to the present address. Data: the change's id.
    EmailOld,
    /// Of the mail to the new address. Data: the change's id.
    EmailNew,
    Invitation,
    /// Of no mail: it stands for the work that a real one would have made, and nobody knows its secret.
    Nothing,
}

impl Purpose {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Link => "link",
            Self::PasswordReset => "password_reset",
            Self::EmailOld => "email_old",
            Self::EmailNew => "email_new",
            Self::Invitation => "invitation",
            Self::Nothing => "nothing",
        }
    }

    /// How long such a link works, milliseconds.
    pub const fn life_ms(self) -> i64 {
        const HOUR: i64 = 3_600_000;
        match self {
            Self::SignUp | Self::Link | Self::EmailOld | Self::EmailNew => 24 * HOUR,
            Self::PasswordReset | Self::Nothing => HOUR,
            Self::Invitation => 7 * 24 * HOUR,
        }
    }
}

/// A link's secret, at the one time that it is known here.
pub struct Secret {
    /// What the mail says: 43 characters of base64url.
    pub text: Pii<String>,
    /// What is kept of it.
    pub hash: Vec<u8>,
}

impl Secret {
    /// 256 bits of the operating system's randomness.
    ///
    /// # Errors
    /// When the operating system has none.
    pub fn new() -> Result<Self, <OsRng as TryRngCore>::Error> {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self { text: Pii::new(URL_SAFE_NO_PAD.encode(bytes)), hash: Sha256::digest(bytes).to_vec() })
    }

    /// What is kept of a secret that came back; of something else, what nothing has.
    pub fn hash_of(text: &Pii<String>) -> Vec<u8> {
        let bytes = URL_SAFE_NO_PAD.decode(text.reveal()).unwrap_or_default();
        Sha256::digest(bytes).to_vec()
    }
}

/// A link to be kept.
pub struct NewToken<'a> {
    /// SHA-256 of the secret.
    pub hash: &'a [u8],
    pub purpose: Purpose,
    /// Whatever a later link of the same purpose replaces it for, such as the person's id or the hash of an address. No
    /// personal data.
    pub subject: &'a str,
    pub person: Option<UserId>,
    pub customer: Option<CustomerId>,
    /// Goes when the link is used, replaced or too old.
    pub data: Value,
}

/// What a link stands for.
#[derive(Clone, Debug)]
pub struct Found {
    pub person: Option<UserId>,
    pub customer: Option<CustomerId>,
    pub data: Value,
    pub expires_at: Timestamp,
}

/// Keeps a link, ends earlier ones of the same purpose and subject, and forgets those that are long over. Its end is
/// returned.
///
/// # Errors
/// Only the database's own.
pub async fn insert<C: ConnectionTrait>(conn: &C, new: &NewToken<'_>, now: Timestamp) -> StoreResult<Timestamp> {
    purge(conn, now).await?;
    end_all(conn, new.purpose, new.subject, now).await?;
    let expires_at = now.plus_millis(new.purpose.life_ms());
    let sql = "INSERT INTO mail_token (hash, purpose, subject, person_id, customer_id, data, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        new.hash.to_vec().into(),
        new.purpose.name().into(),
        new.subject.into(),
        new.person.map(|id| id.0).into(),
        new.customer.map(|id| id.0).into(),
        new.data.clone().into(),
        now.millis().into(),
        expires_at.millis().into(),
    ];
    execute(conn, sql, values).await?;
    Ok(expires_at)
}

/// Uses a link: of several at once exactly one gets it. `None` when it is unknown, of another purpose, used or too old.
///
/// # Errors
/// Only the database's own.
pub async fn take<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    purpose: Purpose,
    now: Timestamp,
) -> StoreResult<Option<Found>> {
    let Some(found) = look(conn, hash, purpose, now).await? else { return Ok(None) };
    let sql = "UPDATE mail_token SET used_at = $2, data = $3 WHERE hash = $1 AND used_at IS NULL";
    let used = execute(conn, sql, [hash.to_vec().into(), now.millis().into(), json!({}).into()]).await?;
    Ok((used == 1).then_some(found))
}

/// What a link stands for, without using it.
///
/// # Errors
/// Only the database's own.
pub async fn look<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    purpose: Purpose,
    now: Timestamp,
) -> StoreResult<Option<Found>> {
    let sql = "SELECT person_id, customer_id, data, expires_at FROM mail_token
               WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
    let row = query_one(conn, sql, [hash.to_vec().into(), purpose.name().into(), now.millis().into()]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Found {
        person: row.try_get::<Option<uuid::Uuid>>("", "person_id")?.map(UserId),
        customer: row.try_get::<Option<uuid::Uuid>>("", "customer_id")?.map(CustomerId),
        data: row.try_get("", "data")?,
        expires_at: Timestamp(row.try_get("", "expires_at")?),
    }))
}

/// Ends the unused links of a purpose and subject.
///
/// # Errors
/// Only the database's own.
pub async fn end_all<C: ConnectionTrait>(conn: &C, purpose: Purpose, subject: &str, now: Timestamp) -> StoreResult<()> {
    let sql = "UPDATE mail_token SET used_at = $3, data = $4 WHERE purpose = $1 AND subject = $2 AND used_at IS NULL";
    execute(conn, sql, [purpose.name().into(), subject.into(), now.millis().into(), json!({}).into()]).await?;
    Ok(())
}

/// Forgets links that are over: what a sign-up said about somebody does not stay.
async fn purge<C: ConnectionTrait>(conn: &C, now: Timestamp) -> StoreResult<()> {
    execute(conn, "DELETE FROM mail_token WHERE expires_at < $1", [now.millis().into()]).await?;
    Ok(())
}
