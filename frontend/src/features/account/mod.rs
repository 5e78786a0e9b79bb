//! The person behind a session: who they are, how they sign in, where they are signed in, who else belongs to the customer
//! account, what happened, and the end of it. Texts stand beside their use, because only these pages need them.

mod api;
mod pages;
mod parts;
mod words;

pub use pages::Account;
