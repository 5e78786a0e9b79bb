//! Larger parts that several pages share.

pub mod navigation;
pub mod not_found;
pub mod order_row;
pub mod plan_card;
pub mod roles;
pub mod settings;
pub mod subscription_row;
