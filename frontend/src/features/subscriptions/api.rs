//! Requests about services.

use crate::shared::api::client;
use crate::shared::api::failure::Failure;
use domain::ServiceId;
use domain::common::paths;
use domain::subscriptions::SubscriptionDetail;
use domain::subscriptions::contract::SubscriptionList;

/// # Errors
/// Any [`Failure`].
pub async fn list() -> Result<SubscriptionList, Failure> {
    client::get(paths::SUBSCRIPTIONS.to_owned()).await
}

/// # Errors
/// Not found (or somebody else's), or any other [`Failure`].
pub async fn subscription(id: ServiceId) -> Result<SubscriptionDetail, Failure> {
    client::get(paths::subscription(id)).await
}
