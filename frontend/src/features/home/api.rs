//! What the dashboard reads.

use crate::shared::api::client::{self, Call};
use crate::shared::api::failure::Failure;
use domain::auth::BillingLinkView;
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

/// How the account stands with billing.
///
/// # Errors
/// Any [`Failure`].
pub async fn billing_link() -> Result<BillingLinkView, Failure> {
    client::get(paths::BILLING_LINK.to_owned()).await
}
/// # Errors
/// Any [`Failure`].
pub async fn repair_billing_link() -> Result<(), Failure> {
    client::send(&Call::post(paths::BILLING_LINK_REPAIR)).await.map(drop)
}
