//! Activity, a copy of one's data, the end of the account.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::{CurrentUser, SignedInPerson};
use crate::http::scope;
use crate::state::Context;
use domain::account::closing::{KEPT, WAITING_DAYS, runs};
use domain::account::{Activity, ClosePlan, CloseState, DataCopy, DataCopyState, Obstacle};
use domain::common::pii::Pii;
use domain::{CustomerId, ErrorCode, FieldError, UserId};
use platform::queue::Work;
use platform::store::activity::{self, Cursor};
use platform::store::events::DomainEvent;
use platform::store::{accounts, personal};
use platform::{Cause, Change};

/// # Errors
/// 422 for a `before` that no page gave.
pub(super) async fn activity(ctx: &Context, who: SignedInPerson, before: Option<&str>) -> ApiResult<Activity> {
    let unknown = || ApiError::new(ErrorCode::Invalid).at("/before", "unknown_value", "Take it from the page before.");
    let before = before.map(|text| Cursor::parse(text).ok_or_else(unknown)).transpose()?;
    Ok(activity::page(ctx.db.conn(), who.user_id, who.customer_id, before).await?)
}

pub(super) async fn copy(ctx: &Context, who: SignedInPerson) -> ApiResult<DataCopy> {
    let found = personal::copy_of(ctx.db.conn(), who.user_id, ctx.clock.now()).await?;
    Ok(found.map_or(DataCopy { state: DataCopyState::None, asked_at: None, expires_at: None }, |copy| DataCopy {
        state: copy.state,
        asked_at: Some(copy.asked_at),
        expires_at: copy.expires_at,
    }))
}

pub(super) async fn ask_copy(ctx: &Context, who: SignedInPerson) -> ApiResult<DataCopy> {
    let mut change = begin(ctx, who.user_id).await?;
    if personal::ask_copy(change.conn(), who.user_id, change.now()).await? {
        let asked_at = change.now();
        change.append(fact("data_copy_asked", who.customer_id)).await?;
        change.enqueue(Work::CopyData { person_id: who.user_id, asked_at }).await?;
    }
    change.commit(&ctx.bus).await?;
    copy(ctx, who).await
}

/// # Errors
/// 404 when there is none to be fetched, or it was fetched.
pub(super) async fn download(ctx: &Context, who: SignedInPerson) -> ApiResult<Pii<String>> {
    let mut change = begin(ctx, who.user_id).await?;
    let content =
        personal::take_copy(change.conn(), who.user_id, change.now()).await?.ok_or_else(ApiError::not_found)?;
    change.append(fact("data_copy_fetched", who.customer_id)).await?;
    change.commit(&ctx.bus).await?;
    Ok(content)
}

pub(super) async fn plan(ctx: &Context, user: CurrentUser) -> ApiResult<ClosePlan> {
    let waiting = personal::closing(ctx.db.conn(), user.customer_id).await?;
    Ok(ClosePlan {
        state: if waiting.is_some() { CloseState::Waiting } else { CloseState::Open },
        asked_at: waiting.map(|(asked, _)| asked),
        closes_at: waiting.map(|(_, closes)| closes),
        obstacles: obstacles(ctx, user).await?,
        kept: KEPT.to_vec(),
    })
}

/// # Errors
/// 409 `close_refused` with what stands against it.
pub(super) async fn ask_closing(ctx: &Context, user: CurrentUser) -> ApiResult<ClosePlan> {
    let against = obstacles(ctx, user).await?;
    if !against.is_empty() {
        let errors = against.iter().map(|one| match one {
            Obstacle::ServicesActive => FieldError::new("", "services_active", "End your services first."),
            Obstacle::OrdersOpen => FieldError::new("", "orders_open", "An order is under way. Wait for its end."),
            Obstacle::BillingSilent => {
                FieldError::new("", "billing_silent", "Billing does not answer. Try again later.")
            }
            Obstacle::NotOwner => FieldError::new("", "not_owner", "Only the owner can close the account."),
        });
        return Err(errors.fold(ApiError::new(ErrorCode::CloseRefused), |error, one| {
            error.at(one.pointer.trim_start_matches('#'), &one.code, &one.detail)
        }));
    }
    let mut change = begin(ctx, user.user_id).await?;
    let (asked_at, closes_at) = (change.now(), change.now().plus_seconds(WAITING_DAYS * 86_400));
    if personal::ask_closing(change.conn(), user.customer_id, asked_at, closes_at).await? {
        change.append(fact("closing_asked", Some(user.customer_id))).await?;
        change.enqueue(Work::CloseAccount { customer_id: user.customer_id, asked_at }).await?;
    }
    change.commit(&ctx.bus).await?;
    plan(ctx, user).await
}

pub(super) async fn withdraw(ctx: &Context, user: CurrentUser) -> ApiResult<bool> {
    let mut change = begin(ctx, user.user_id).await?;
    let withdrawn = personal::withdraw_closing(change.conn(), user.customer_id).await?;
    if withdrawn {
        change.append(fact("closing_withdrawn", Some(user.customer_id))).await?;
    }
    change.commit(&ctx.bus).await?;
    Ok(withdrawn)
}

async fn obstacles(ctx: &Context, user: CurrentUser) -> ApiResult<Vec<Obstacle>> {
    let (owner, open) = personal::standing(ctx.db.conn(), user.user_id, user.customer_id).await?;
    let mut found = Vec::new();
    if !owner {
        found.push(Obstacle::NotOwner);
    }
    if open > 0 {
        found.push(Obstacle::OrdersOpen);
    }
    let account = accounts::customer(&user.db(ctx), user.owner()).await?;
    if let Some(client) = account.and_then(|account| account.whmcs_client_id) {
        match ctx.whmcs.services(client).await {
            Ok(services) if services.iter().any(|s| s.client_id == client && runs(s.subscription.status)) => {
                found.push(Obstacle::ServicesActive);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "billing could not be asked whether a service runs");
                found.push(Obstacle::BillingSilent);
            }
        }
    }
    Ok(found)
}

async fn begin(ctx: &Context, person: UserId) -> ApiResult<Change> {
    let cause = Cause { person: Some(person), request_id: scope::request_id(), now: ctx.clock.now() };
    Ok(Change::begin(&ctx.db, cause).await?)
}

fn fact(kind: &str, customer_id: Option<CustomerId>) -> DomainEvent<'_> {
    DomainEvent { kind, customer_id, ..DomainEvent::default() }
}
