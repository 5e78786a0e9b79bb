//! Requests of sign-in and sign-up.

use crate::shared::api::client::{self, Call, decode, encode};
use crate::shared::api::failure::Failure;
use domain::auth::{Login, Register, TokenReply};
use domain::common::paths;

/// # Errors
/// Wrong credentials, too many tries, or any other [`Failure`].
pub async fn sign_in(login: &Login) -> Result<TokenReply, Failure> {
    decode(&client::attempt(&Call::post(paths::LOGIN).with_body(encode(login)?)).await?)
}

/// # Errors
/// Broken rules by field, a taken mail address, or any other [`Failure`].
pub async fn sign_up(register: &Register) -> Result<TokenReply, Failure> {
    decode(&client::attempt(&Call::post(paths::REGISTER).with_body(encode(register)?)).await?)
}
