//! The smallest parts.

pub mod button;
pub mod card;
pub mod checkbox;
pub mod chip;
pub mod dialog;
pub mod field;
pub mod icon;
pub mod logo;
pub mod notice;
pub mod page_title;
pub mod radio_cards;
pub mod select;
pub mod skeleton;
