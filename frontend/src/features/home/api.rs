//! What the dashboard reads.

use crate::shared::api::client;
use crate::shared::api::failure::Failure;
use domain::common::page::Page;
use domain::common::paths;
use domain::orders::OrderSummary;
use domain::subscriptions::contract::SubscriptionList;

/// The newest orders.
///
/// # Errors
/// Any [`Failure`].
pub async fn orders() -> Result<Page<OrderSummary>, Failure> {
    client::get(paths::ORDERS.to_owned()).await
}

/// # Errors
/// Any [`Failure`].
pub async fn subscriptions() -> Result<SubscriptionList, Failure> {
    client::get(paths::SUBSCRIPTIONS.to_owned()).await
}
