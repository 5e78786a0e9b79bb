//! Requests about orders.

use crate::shared::api::client::{self, Call, decode, encode};
use crate::shared::api::failure::Failure;
use domain::OrderId;
use domain::common::page::Page;
use domain::common::paths;
use domain::orders::{NewOrder, OrderDetail, OrderSummary};
use serde::Deserialize;

/// What the page needs of the reply to a new order; the order page reads the rest itself.
#[derive(Deserialize)]
struct Placed {
    id: OrderId,
}

/// Places an order. The same key gives the same order, however often it is sent.
///
/// # Errors
/// Any [`Failure`]; while its outcome is unknown the same key must be used again.
pub async fn place(order: &NewOrder, key: &str) -> Result<OrderId, Failure> {
    let call = Call::post(paths::ORDERS).with_body(encode(order)?).with_key(key.to_owned());
    decode::<Placed>(&client::send(&call).await?).map(|placed| placed.id)
}

/// A page of the orders, newest first; pages count from 1.
///
/// # Errors
/// Any [`Failure`].
pub async fn list(page: u32) -> Result<Page<OrderSummary>, Failure> {
    client::get(format!("{}?page={page}", paths::ORDERS)).await
}

/// # Errors
/// Not found (or somebody else's), or any other [`Failure`].
pub async fn order(id: OrderId) -> Result<OrderDetail, Failure> {
    client::get(paths::order(id)).await
}

/// Starts an order without waiting for a review, where the operator allows that.
///
/// # Errors
/// No longer possible, or any other [`Failure`].
pub async fn confirm(id: OrderId, key: String) -> Result<(), Failure> {
    client::send(&Call::post(paths::order_confirm(id)).with_key(key)).await.map(drop)
}
