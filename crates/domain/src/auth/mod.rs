//! Who a person is: signing up, signing in, and what the browser learns about itself. No tokens are made here.

pub mod contract;
pub mod links;
pub mod rights;
pub mod schema;
pub mod sign_in;

pub use contract::{Me, TokenReply};
pub use links::{
    Accepted, BillingLink, BillingLinkView, EmailChangeState, EmailConfirmed, EmailForm, EmailView, LinkConfirm,
    LinkRequest, LinkToken, PasswordReset, PendingEmail,
};
pub use rights::{Lines, Right, Role};
pub use schema::{Login, Register};
pub use sign_in::{Factor, LoginReply};
