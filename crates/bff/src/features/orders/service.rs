//! Reading orders.

use super::view;
use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentUser;
use crate::state::Context;
use domain::OrderId;
use domain::common::page::Page;
use domain::orders::contract::{OrderDetail, OrderSummary};
use platform::store::{orders, runs};

/// Orders on one page of the list.
pub(super) const PER_PAGE: u32 = 20;

/// The customer's orders, newest first.
pub(super) async fn list(ctx: &Context, user: CurrentUser, page: u32) -> ApiResult<Page<OrderSummary>> {
    let found = orders::list(&user.db(ctx), user.owner(), page, PER_PAGE).await?;
    Ok(Page {
        items: found.items.into_iter().map(view::summary).collect(),
        total: found.total,
        page: found.page,
        per_page: found.per_page,
    })
}

/// One order of the customer with its timeline.
///
/// # Errors
/// 404 for an unknown one and for somebody else's.
pub(super) async fn detail(ctx: &Context, user: CurrentUser, id: OrderId) -> ApiResult<OrderDetail> {
    let db = user.db(ctx);
    let order = orders::find(&db, user.owner(), id).await?.ok_or_else(ApiError::not_found)?;
    let steps = runs::of_order(&db, user.owner(), id).await?;
    Ok(view::detail(order, &steps, ctx.config.customer_may_confirm))
}
