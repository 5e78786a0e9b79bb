//! The customer starts their own order, where the operator allows it.

use super::service;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentUser;
use crate::http::scope;
use crate::state::Context;
use domain::orders::Stage;
use domain::orders::contract::OrderDetail;
use domain::{ErrorCode, OrderId};
use integrations::UpstreamErrorKind;
use platform::store::events::DomainEvent;
use platform::store::orders;
use platform::{Cause, Change};

/// Approves the order in the CRM; provisioning begins when the CRM's event arrives. Confirming twice is harmless.
///
/// # Errors
/// 404 for an unknown order and for somebody else's; 409 `order_not_confirmable` when it is not waiting, when the
/// operator does not allow it, or when the CRM refuses.
pub(super) async fn confirm(ctx: &Context, user: CurrentUser, id: OrderId) -> ApiResult<OrderDetail> {
    let db = user.db(ctx);
    let order = orders::find(&db, user.owner(), id).await?.ok_or_else(ApiError::not_found)?;
    let refused = || ApiError::new(ErrorCode::OrderNotConfirmable);
    if !ctx.config.customer_may_confirm {
        return Err(refused().detail("The operator reviews each order."));
    }
    if order.stage != Stage::AwaitingApproval {
        return Err(refused());
    }
    ctx.salesforce.approve_order(&order.salesforce_order_id).await.map_err(|error| match error.kind {
        UpstreamErrorKind::Refused { .. } => refused().caused_by(error),
        _ => error.into(),
    })?;
    let cause = Cause { person: Some(user.user_id), request_id: scope::request_id(), now: ctx.clock.now() };
    let mut change = Change::begin_of(&db, cause).await?;
    let fact = DomainEvent {
        kind: "order_confirmed",
        customer_id: Some(user.customer_id),
        order_id: Some(id),
        ..DomainEvent::default()
    };
    change.append(fact).await?;
    change.commit(&ctx.bus).await?;
    service::detail(ctx, user, id).await
}
