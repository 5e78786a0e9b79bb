//! Parts of the pages.

pub mod codes;
pub mod email_change;
pub mod invite;
pub mod member;
pub mod passkeys;
pub mod password;
pub mod qr;
pub mod role_fields;
pub mod switcher;
pub mod totp;
pub mod verify;
