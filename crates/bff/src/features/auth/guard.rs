//! Slows guessing down: a try is counted as failed before it is looked at, so that of many at once none is free.

use crate::error::{ApiError, ApiResult};
use crate::state::Context;
use domain::{ErrorCode, UserId};
use platform::store::Connection;
use platform::store::sign_in_guard::{self, Counted, Rule};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Passwords of one account, and codes of one person. Two slips cost nothing; the third failure waits a second.
const ACCOUNT: Rule = Rule { free: 2, forget_one_ms: 2 * 3_600_000 };
/// One address, behind which a whole office may be. Counted when a try has failed, so that many may sign in at once; how many
/// may try at once is limited elsewhere.
const ADDRESS: Rule = Rule { free: 30, forget_one_ms: 30_000 };

/// Counters that hold nothing are swept once in so many tries.
const SWEEP_EVERY: u32 = 256;
static TRIES: AtomicU32 = AtomicU32::new(0);

/// What is being guessed at.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    /// The password of a normalised mail address, whether there is such an account or not.
    Password(&'a str),
    /// The codes of a person.
    Codes(UserId),
}

/// A try that is counted as failed until it says otherwise.
pub(super) struct Try {
    key: Vec<u8>,
    mark: i64,
    address: Vec<u8>,
}

impl Try {
    /// # Errors
    /// 429 with the wait while the account or the address is locked, whatever the password.
    pub(super) async fn begin(ctx: &Context, subject: Subject<'_>, ip: IpAddr) -> ApiResult<Self> {
        let now = ctx.clock.now();
        let key = match subject {
            Subject::Password(email) => ctx.vault.keyed_hash("password", email.as_bytes()),
            Subject::Codes(user) => ctx.vault.keyed_hash("codes", user.0.as_bytes()),
        };
        let address = ctx.vault.keyed_hash("address", ip.to_string().as_bytes());
        if TRIES.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP_EVERY) {
            sign_in_guard::sweep(ctx.db.conn(), now).await?;
        }
        if let Some(ms) = sign_in_guard::locked_ms(ctx.db.conn(), &address, now).await? {
            return Err(locked("address", ms));
        }
        let tx = ctx.db.begin().await?;
        let counted = sign_in_guard::count(&tx, &key, ACCOUNT, now).await?;
        tx.commit().await?;
        match counted {
            Counted::Allowed { mark } => Ok(Self { key, mark, address }),
            Counted::Locked(ms) => Err(locked("account", ms)),
        }
    }

    /// It was wrong: the address is counted too.
    pub(super) async fn failed(self, ctx: &Context) -> ApiResult<()> {
        let tx = ctx.db.begin().await?;
        sign_in_guard::count(&tx, &self.address, ADDRESS, ctx.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// It was right: the account starts anew. The address does not, or an attacker's own account would wash it.
    pub(super) async fn succeeded<C: Connection>(self, conn: &C) -> ApiResult<()> {
        Ok(sign_in_guard::clear(conn, &self.key).await?)
    }

    /// It could not be looked at.
    pub(super) async fn withdrawn(self, ctx: &Context) -> ApiResult<()> {
        Ok(sign_in_guard::take_back(ctx.db.conn(), &self.key, ACCOUNT, self.mark).await?)
    }
}

/// A new password was set by mail: what was guessed at the old one does not count any more. Codes still do.
pub(crate) async fn forget_password_tries<C: Connection>(ctx: &Context, conn: &C, email: &str) -> ApiResult<()> {
    Ok(sign_in_guard::clear(conn, &ctx.vault.keyed_hash("password", email.as_bytes())).await?)
}

fn locked(what: &'static str, ms: i64) -> ApiError {
    metrics::counter!("sign_in_locked_total", "by" => what).increment(1);
    let seconds = u32::try_from((ms + 999) / 1000).unwrap_or(u32::MAX);
    ApiError::new(ErrorCode::TooManyRequests).retry_after(seconds)
}
