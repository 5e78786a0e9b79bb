//! Failed tries of signing in, counted in the database: they survive a restart, and several processes see the same.
//!
//! A counter is a keyed hash, so that an account which does not exist has one too and nobody can read an address from it.
//! It leaks: each failure is forgotten after a while. Above its free tries a counter locks itself for one second, then
//! two, four and so on up to a quarter of an hour.

use super::{StoreError, StoreResult, execute, query_one};
use domain::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend};

/// Longest lock, milliseconds.
pub const LONGEST_LOCK_MS: i64 = 15 * 60 * 1000;
/// More failures than these above the free ones change nothing: the lock has its full length (2^10 s is above it).
const DOUBLINGS: i64 = 11;

/// How a kind of counter behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Failures without a lock.
    pub free: i64,
    /// After so many milliseconds one failure is forgotten.
    pub forget_one_ms: i64,
}

/// A counter as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    /// When the last failure is forgotten.
    forget_at: i64,
    locked_until: i64,
}

/// What came of counting a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Counted as failed until it is known to be right. The mark is for [`take_back`].
    Allowed { mark: i64 },
    /// Locked for so many milliseconds more; not counted.
    Locked(i64),
}

impl Rule {
    /// Milliseconds of lock after so many failures.
    pub fn lock_ms(self, failures: i64) -> i64 {
        let above = failures - self.free;
        if above < 1 {
            return 0;
        }
        (1000_i64 << (above - 1).min(DOUBLINGS)).min(LONGEST_LOCK_MS)
    }

    fn after_failure(self, before: Standing, now: i64) -> (Standing, i64) {
        let most = (self.free + DOUBLINGS) * self.forget_one_ms;
        let forget_at = (before.forget_at.max(now) + self.forget_one_ms).min(now + most);
        let failures = (forget_at - now + self.forget_one_ms - 1) / self.forget_one_ms;
        let lock_ms = self.lock_ms(failures);
        // Not the present moment: to a process whose clock is a little behind, that would be a lock.
        let locked_until = if lock_ms == 0 { 0 } else { now + lock_ms };
        (Standing { forget_at, locked_until }, failures)
    }
}

/// Counts a try as failed before its outcome is known, unless the counter is locked. Of several at once each sees the one
/// before it. The caller's transaction should end at once: others wait for the counter.
///
/// # Errors
/// Only the database's own.
pub async fn count<C: ConnectionTrait>(tx: &C, key: &[u8], rule: Rule, now: Timestamp) -> StoreResult<Counted> {
    let now = now.millis();
    let fresh = "INSERT INTO sign_in_guard (key, forget_at, locked_until) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    execute(tx, fresh, [key.to_vec().into(), now.into()]).await?;
    let lock = if tx.get_database_backend() == DbBackend::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT forget_at, locked_until FROM sign_in_guard WHERE key = $1{lock}");
    // Between the two statements a sweep may take the row away, which then holds nothing.
    let row = query_one(tx, &sql, [key.to_vec().into()]).await?.ok_or(StoreError::Stale)?;
    let before = Standing { forget_at: row.try_get("", "forget_at")?, locked_until: row.try_get("", "locked_until")? };
    if before.locked_until > now {
        return Ok(Counted::Locked(before.locked_until - now));
    }
    let (after, _) = rule.after_failure(before, now);
    let sql = "UPDATE sign_in_guard SET forget_at = $2, locked_until = $3 WHERE key = $1";
    execute(tx, sql, [key.to_vec().into(), after.forget_at.into(), after.locked_until.into()]).await?;
    Ok(Counted::Allowed { mark: after.forget_at })
}

/// How many milliseconds a counter is still locked.
///
/// # Errors
/// Only the database's own.
pub async fn locked_ms<C: ConnectionTrait>(conn: &C, key: &[u8], now: Timestamp) -> StoreResult<Option<i64>> {
    let sql = "SELECT locked_until FROM sign_in_guard WHERE key = $1 AND locked_until > $2";
    let row = query_one(conn, sql, [key.to_vec().into(), now.millis().into()]).await?;
    row.map(|r| Ok(r.try_get::<i64>("", "locked_until")? - now.millis())).transpose()
}

/// The try was right: nothing is held against the counter.
///
/// # Errors
/// Only the database's own.
pub async fn clear<C: ConnectionTrait>(conn: &C, key: &[u8]) -> StoreResult<()> {
    execute(conn, "DELETE FROM sign_in_guard WHERE key = $1", [key.to_vec().into()]).await?;
    Ok(())
}

/// The try was neither right nor wrong: it was not looked at. Its failure, and its lock when nobody else has tried since,
/// are taken back.
///
/// # Errors
/// Only the database's own.
pub async fn take_back<C: ConnectionTrait>(conn: &C, key: &[u8], rule: Rule, mark: i64) -> StoreResult<()> {
    let sql = "UPDATE sign_in_guard SET forget_at = forget_at - $2,
                   locked_until = CASE WHEN forget_at = $3 THEN 0 ELSE locked_until END WHERE key = $1";
    execute(conn, sql, [key.to_vec().into(), rule.forget_one_ms.into(), mark.into()]).await?;
    Ok(())
}

/// Forgets counters that hold nothing any more; returns how many.
///
/// # Errors
/// Only the database's own.
pub async fn sweep<C: ConnectionTrait>(conn: &C, now: Timestamp) -> StoreResult<u64> {
    execute(conn, "DELETE FROM sign_in_guard WHERE forget_at < $1 AND locked_until < $1", [now.millis().into()]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { free: 2, forget_one_ms: 60_000 };

    #[test]
    fn the_wait_doubles_from_a_second_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (1..=16).map(|n| RULE.lock_ms(n) / 1000).collect();
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!(RULE.lock_ms(i64::MAX), LONGEST_LOCK_MS);
    }

    #[test]
    fn failures_are_forgotten_one_by_one() {
        let mut at = Standing { forget_at: 0, locked_until: 0 };
        let mut failures = 0;
        for free in 1..=2 {
            (at, failures) = RULE.after_failure(at, 1_000_000);
            assert_eq!((failures, at.locked_until), (free, 0));
        }
        for _ in 2..5 {
            (at, failures) = RULE.after_failure(at, 1_000_000);
        }
        assert_eq!((failures, at.locked_until), (5, 1_000_000 + 4_000));
        let (_, later) = RULE.after_failure(at, 1_000_000 + 3 * 60_000);
        assert_eq!(later, 3, "three of five are forgotten, one has come");
        let (_, fresh) = RULE.after_failure(at, 1_000_000 + 5 * 60_000);
        assert_eq!(fresh, 1);
    }

    #[test]
    fn a_long_attack_is_not_held_against_the_owner_for_ever() {
        let mut at = Standing { forget_at: 0, locked_until: 0 };
        for n in 0..10_000 {
            (at, _) = RULE.after_failure(at, n);
        }
        assert!(at.forget_at <= 10_000 + (RULE.free + DOUBLINGS) * RULE.forget_one_ms);
    }
}
