//! Becoming a customer, or being one again: signing up and in, and everything that links in mails lead to. No tokens of
//! sessions are handled here.

mod api;
mod pages;
mod parts;

pub use pages::confirm::Confirm;
pub use pages::email::ConfirmEmail;
pub use pages::forgot::Forgot;
pub use pages::invitation::AcceptInvitationPage;
pub use pages::link::LinkContract;
pub use pages::reset::Reset;
pub use pages::sign_in::SignIn;
pub use pages::sign_up::SignUp;
