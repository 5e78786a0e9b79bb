//! Authenticator apps, recovery codes, and sign-ins that wait for one of them.

use super::{StoreResult, execute, query, query_one};
use domain::auth::Factor;
use domain::{Timestamp, UserId};
use sea_orm::ConnectionTrait;

/// Most tries of one sign-in at its second factor.
pub const MOST_TRIES: i32 = 5;

/// What a person has besides the password, for the second step and for asking again.
///
/// # Errors
/// Only the database's own.
pub async fn of<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Vec<Factor>> {
    let sql = "SELECT (SELECT count(*) FROM totp_secret WHERE person_id = $1 AND confirmed_at IS NOT NULL) AS totp,
                      (SELECT count(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL) AS recovery,
                      (SELECT count(*) FROM passkey WHERE person_id = $1) AS passkeys";
    let Some(row) = query_one(conn, sql, [user.0.into()]).await? else { return Ok(Vec::new()) };
    let has = |name: &str| Ok::<bool, sea_orm::DbErr>(row.try_get::<i64>("", name)? > 0);
    let (totp, recovery, passkeys) = (has("totp")?, has("recovery")?, has("passkeys")?);
    // Recovery codes stand in for one of the other two and are no factor alone.
    let all = [(totp, Factor::Totp), (recovery && (totp || passkeys), Factor::Recovery), (passkeys, Factor::Passkey)];
    Ok(all.into_iter().filter_map(|(has, factor)| has.then_some(factor)).collect())
}

/// Keeps a new secret that is not yet switched on, in place of one that never was. `false`: one is on.
///
/// # Errors
/// Only the database's own.
pub async fn begin_totp<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    secret: &[u8],
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "INSERT INTO totp_secret (person_id, secret, created_at, last_step) VALUES ($1, $2, $3, 0)
               ON CONFLICT (person_id) DO UPDATE SET secret = $2, created_at = $3, last_step = 0
               WHERE totp_secret.confirmed_at IS NULL";
    Ok(execute(conn, sql, [user.0.into(), secret.to_vec().into(), now.millis().into()]).await? == 1)
}

/// The encrypted secret of a person; `on` says of which kind: in use, or waiting for its first code.
///
/// # Errors
/// Only the database's own.
pub async fn totp<C: ConnectionTrait>(conn: &C, user: UserId, on: bool) -> StoreResult<Option<Vec<u8>>> {
    let sql = "SELECT secret FROM totp_secret WHERE person_id = $1 AND (confirmed_at IS NOT NULL) = $2";
    let row = query_one(conn, sql, [user.0.into(), on.into()]).await?;
    row.map(|r| Ok(r.try_get("", "secret")?)).transpose()
}

/// Switches a secret on, with the step of its first code. `false`: it was switched on, or replaced, meanwhile.
///
/// # Errors
/// Only the database's own.
pub async fn confirm_totp<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    secret: &[u8],
    step: i64,
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "UPDATE totp_secret SET confirmed_at = $3, last_step = $4
               WHERE person_id = $1 AND secret = $2 AND confirmed_at IS NULL";
    let values = [user.0.into(), secret.to_vec().into(), now.millis().into(), step.into()];
    Ok(execute(conn, sql, values).await? == 1)
}

/// Uses up a step of 30 seconds and all before it. `false`: it was used, also by a request at the same time.
///
/// # Errors
/// Only the database's own.
pub async fn use_totp_step<C: ConnectionTrait>(conn: &C, user: UserId, step: i64) -> StoreResult<bool> {
    let sql = "UPDATE totp_secret SET last_step = $2
               WHERE person_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2";
    Ok(execute(conn, sql, [user.0.into(), step.into()]).await? == 1)
}

/// Replaces an encrypted secret by the same one under another key, unless it was changed meanwhile.
///
/// # Errors
/// Only the database's own.
pub async fn reseal_totp<C: ConnectionTrait>(conn: &C, user: UserId, old: &[u8], new: &[u8]) -> StoreResult<()> {
    let sql = "UPDATE totp_secret SET secret = $3 WHERE person_id = $1 AND secret = $2";
    execute(conn, sql, [user.0.into(), old.to_vec().into(), new.to_vec().into()]).await?;
    Ok(())
}

/// `false`: there was none.
///
/// # Errors
/// Only the database's own.
pub async fn remove_totp<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<bool> {
    let sql = "DELETE FROM totp_secret WHERE person_id = $1 AND confirmed_at IS NOT NULL";
    Ok(execute(conn, sql, [user.0.into()]).await? == 1)
}

/// Puts new recovery codes in place of all others.
///
/// # Errors
/// Only the database's own.
pub async fn replace_recovery_codes<C: ConnectionTrait>(conn: &C, user: UserId, hashes: &[Vec<u8>]) -> StoreResult<()> {
    execute(conn, "DELETE FROM recovery_code WHERE person_id = $1", [user.0.into()]).await?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_code (person_id, hash) VALUES ($1, $2)";
        execute(conn, sql, [user.0.into(), hash.clone().into()]).await?;
    }
    Ok(())
}

/// Unused codes of a person.
///
/// # Errors
/// Only the database's own.
pub async fn recovery_codes_left<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<u32> {
    let sql = "SELECT hash FROM recovery_code WHERE person_id = $1 AND used_at IS NULL";
    Ok(u32::try_from(query(conn, sql, [user.0.into()]).await?.len()).unwrap_or(u32::MAX))
}

/// Uses up a recovery code. `false`: unknown, or used, also by a request at the same time.
///
/// # Errors
/// Only the database's own.
pub async fn use_recovery_code<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    hash: &[u8],
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND hash = $2 AND used_at IS NULL";
    Ok(execute(conn, sql, [user.0.into(), hash.to_vec().into(), now.millis().into()]).await? == 1)
}

/// Keeps a sign-in whose password was right, and forgets those that have ended.
///
/// # Errors
/// Only the database's own.
pub async fn insert_challenge<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    user: UserId,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    execute(conn, "DELETE FROM sign_in_challenge WHERE expires_at < $1", [now.millis().into()]).await?;
    let sql = "INSERT INTO sign_in_challenge (hash, person_id, tries, expires_at) VALUES ($1, $2, 0, $3)";
    execute(conn, sql, [hash.to_vec().into(), user.0.into(), expires_at.millis().into()]).await?;
    Ok(())
}

/// Whose sign-in it is, while it lives and has tries left.
///
/// # Errors
/// Only the database's own.
pub async fn challenged<C: ConnectionTrait>(conn: &C, hash: &[u8], now: Timestamp) -> StoreResult<Option<UserId>> {
    let sql = "SELECT person_id FROM sign_in_challenge WHERE hash = $1 AND expires_at > $2 AND tries < $3";
    let row = query_one(conn, sql, [hash.to_vec().into(), now.millis().into(), MOST_TRIES.into()]).await?;
    row.map(|r| Ok(UserId(r.try_get("", "person_id")?))).transpose()
}

/// Takes one of the tries. `false`: none is left, or it has ended.
///
/// # Errors
/// Only the database's own.
pub async fn take_try<C: ConnectionTrait>(conn: &C, hash: &[u8], now: Timestamp) -> StoreResult<bool> {
    let sql = "UPDATE sign_in_challenge SET tries = tries + 1 WHERE hash = $1 AND expires_at > $2 AND tries < $3";
    Ok(execute(conn, sql, [hash.to_vec().into(), now.millis().into(), MOST_TRIES.into()]).await? == 1)
}

/// Ends a sign-in that waits. `false`: it had ended, also by a request at the same time.
///
/// # Errors
/// Only the database's own.
pub async fn end_challenge<C: ConnectionTrait>(conn: &C, hash: &[u8], now: Timestamp) -> StoreResult<bool> {
    let sql = "DELETE FROM sign_in_challenge WHERE hash = $1 AND expires_at > $2";
    Ok(execute(conn, sql, [hash.to_vec().into(), now.millis().into()]).await? == 1)
}
