//! From one customer account of a person to another. A switch is a new session family with the end of the old one, which
//! ends at once: a page that still shows the first account holds a token that is refused, so that nothing it sends can
//! reach the second account. Nobody has shown again who they are, so the new session is not a fresh sign-in either.

use crate::error::{ApiError, ApiResult};
use crate::features::auth::ended::End;
use crate::features::auth::service::{SignedIn, announce_ended, open_until, record};
use crate::http::extract::SignedInPerson;
use crate::state::Context;
use domain::people::{OwnAccount, OwnAccounts};
use domain::{CustomerId, ErrorCode};
use platform::store::{people, sessions};
use serde_json::json;

/// The accounts that the person belongs to, by number.
pub(super) async fn accounts(ctx: &Context, person: SignedInPerson) -> ApiResult<OwnAccounts> {
    let found = people::accounts_of(ctx.db.conn(), person.user_id).await?;
    let customers = found
        .into_iter()
        .map(|row| OwnAccount {
            id: row.customer_id,
            number: row.number,
            family_name: row.family_name,
            given_name: row.given_name,
            role: row.role,
            current: person.customer_id == Some(row.customer_id),
        })
        .collect();
    Ok(OwnAccounts { customers })
}

/// A session that acts for another account of the person; the one at hand ends.
///
/// # Errors
/// 404 for an account that they do not belong to.
pub(super) async fn switch(ctx: &Context, person: SignedInPerson, to: CustomerId) -> ApiResult<SignedIn> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if people::role(&tx, to, person.user_id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let opened = replace(ctx, &tx, person, to).await?;
    record(&tx, "account_switched", person.user_id, Some(to), json!({ "session": person.session_id }), now).await?;
    tx.commit().await?;
    announce_ended(ctx, &[person.session_id], End::Ended).await;
    Ok(opened)
}

/// Ends the session at hand and opens one for the other account, with the same end. The caller announces the end after
/// the commit.
///
/// # Errors
/// 401 when the session has ended meanwhile: of two switches at once one wins.
pub(super) async fn replace<C: platform::store::Connection>(
    ctx: &Context,
    conn: &C,
    person: SignedInPerson,
    to: CustomerId,
) -> ApiResult<SignedIn> {
    let now = ctx.clock.now();
    let ended = || ApiError::new(ErrorCode::SessionEnded);
    let old = sessions::find(conn, person.session_id).await?.ok_or_else(ended)?;
    if !sessions::end(conn, old.id, "switched", now).await? {
        return Err(ended());
    }
    open_until(ctx, conn, person.user_id, Some(to), old.expires_at, now).await
}
