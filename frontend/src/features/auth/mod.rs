//! Signing in and up, and the account page. No tokens are handled here.

mod api;
mod pages;

pub use pages::account::Account;
pub use pages::sign_in::SignIn;
pub use pages::sign_up::SignUp;
