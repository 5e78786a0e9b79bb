//! The members of an account: who they are, what they may do, and taking them out.

use super::invitations;
use crate::error::{ApiError, ApiResult};
use crate::features::auth::ended::End;
use crate::features::auth::service::{announce_ended, record};
use crate::http::extract::CurrentUser;
use crate::state::Context;
use domain::auth::{Right, Role};
use domain::people::{Invitation, Member, MemberChange, People};
use domain::{CustomerId, ErrorCode, ServiceId, UserId};
use platform::bus::BusMessage;
use platform::store::{self, accounts, people, sessions};
use serde_json::json;

/// Members and open invitations.
pub(super) async fn list(ctx: &Context, user: CurrentUser) -> ApiResult<People> {
    let now = ctx.clock.now();
    let people = people::members(ctx.db.conn(), user.customer_id)
        .await?
        .into_iter()
        .map(|row| Member {
            me: row.user_id == user.user_id,
            id: row.user_id,
            email: row.email,
            family_name: row.family_name,
            given_name: row.given_name,
            role: row.role,
            lines: row.lines,
            joined_at: row.joined_at,
        })
        .collect();
    let invitations = store::invitations::open(ctx.db.conn(), user.customer_id)
        .await?
        .into_iter()
        .map(|row| invitations::shown(row, now))
        .collect::<Vec<Invitation>>();
    Ok(People { people, invitations })
}

/// Gives a member another role and other lines. Felt at once, also by their open pages.
///
/// # Errors
/// 404 for somebody who is no member; 403 above one's own role; 409 `last_owner`; 422 for lines that are not the account's.
pub(super) async fn change(ctx: &Context, user: CurrentUser, id: UserId, form: MemberChange) -> ApiResult<()> {
    check_lines(ctx, user, form.role, &form.lines).await?;
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let own = manager(&tx, user).await?;
    let before = people::role(&tx, user.customer_id, id).await?.ok_or_else(ApiError::not_found)?;
    if !own.may_touch(before) || !own.may_touch(form.role) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    if before == Role::Owner && form.role != Role::Owner {
        keep_an_owner(&tx, user.customer_id).await?;
    }
    people::change(&tx, user.customer_id, id, form.role, &form.lines).await?;
    if !form.role.may(Right::ManagePeople) || (before == Role::Owner && form.role != Role::Owner) {
        invitations::void_of(&tx, user.customer_id, id, form.role, now).await?;
    }
    let data = json!({ "person": id, "from": before, "to": form.role, "lines": form.lines });
    record(&tx, "member_changed", user.user_id, Some(user.customer_id), data, now).await?;
    let sessions = sessions::living_at(&tx, id, user.customer_id).await?;
    tx.commit().await?;
    ctx.ended.access_changed(ctx, user.customer_id, &sessions).await;
    ctx.bus.send(BusMessage::AccessChanged { customer_id: user.customer_id }).await;
    Ok(())
}

/// Takes a member out of the account, also oneself. Their sessions for this account end at once; those for other accounts
/// stay.
///
/// # Errors
/// 404 for somebody who is no member; 403 for an owner when one is none; 409 `last_owner`.
pub(super) async fn remove(ctx: &Context, user: CurrentUser, id: UserId) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let own = manager(&tx, user).await?;
    let role = people::role(&tx, user.customer_id, id).await?.ok_or_else(ApiError::not_found)?;
    if !own.may_touch(role) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    if role == Role::Owner {
        keep_an_owner(&tx, user.customer_id).await?;
    }
    people::remove(&tx, user.customer_id, id).await?;
    invitations::void_of(&tx, user.customer_id, id, Role::LineUser, now).await?;
    let ended = sessions::end_at(&tx, id, user.customer_id, "member_removed", now).await?;
    let data = json!({ "person": id, "role": role });
    record(&tx, "member_removed", user.user_id, Some(user.customer_id), data, now).await?;
    tx.commit().await?;
    announce_ended(ctx, &ended, End::Ended).await;
    Ok(())
}

/// The acting person's role, read inside the transaction that holds the account's people: what they were when the request
/// came may be over.
///
/// # Errors
/// 403 when they may no longer manage people.
pub(super) async fn manager<C: store::Connection>(conn: &C, user: CurrentUser) -> ApiResult<Role> {
    people::lock(conn, user.customer_id).await?;
    let role = people::role(conn, user.customer_id, user.user_id).await?;
    role.filter(|role| role.may(Right::ManagePeople)).ok_or_else(|| ApiError::new(ErrorCode::NotAllowed))
}

async fn keep_an_owner<C: store::Connection>(conn: &C, owner: CustomerId) -> ApiResult<()> {
    if people::owners(conn, owner).await? > 1 { Ok(()) } else { Err(ApiError::new(ErrorCode::LastOwner)) }
}

/// Lines that are given are services of the account.
///
/// # Errors
/// 422 `unknown_line`; 503 when billing does not answer.
pub(super) async fn check_lines(ctx: &Context, user: CurrentUser, role: Role, lines: &[ServiceId]) -> ApiResult<()> {
    if !role.has_lines() {
        return Ok(());
    }
    let client = accounts::customer(&user.db(ctx), user.owner()).await?.and_then(|c| c.whmcs_client_id);
    let known: Vec<ServiceId> = match client {
        Some(client) => {
            let services = ctx.whmcs.services(client).await?;
            services.into_iter().filter(|s| s.client_id == client).map(|s| s.subscription.id).collect()
        }
        None => Vec::new(),
    };
    match lines.iter().position(|line| !known.contains(line)) {
        None => Ok(()),
        Some(at) => {
            let detail = "This line is not one of the account's.";
            Err(ApiError::new(ErrorCode::Invalid).at(&format!("/lines/{at}"), "unknown_line", detail))
        }
    }
}
