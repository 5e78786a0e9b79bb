//! Who a person is: signing up, signing in, and what the browser learns about itself. No tokens are made here.

pub mod contract;
pub mod schema;
pub mod sign_in;

pub use contract::{Me, Role, TokenReply};
pub use schema::{Login, Register};
pub use sign_in::{Factor, LoginReply};
