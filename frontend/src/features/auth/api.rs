//! Requests of people who are not signed in yet.

use crate::shared::api::client::{self, Call, decode, encode};
use crate::shared::api::failure::{Failure, FailureKind};
use domain::auth::sign_in::{Ceremony, LoginCode, LoginOutcome, PasskeyFinish, PasskeyStart};
use domain::auth::{
    Accepted, EmailConfirmed, EmailForm, LinkConfirm, LinkRequest, LinkToken, Login, LoginReply, PasswordReset,
    Register, TokenReply,
};
use domain::common::paths;
use domain::people::{AcceptInvitation, InvitationLook, LookAtInvitation};
use serde::Serialize;
use serde::de::DeserializeOwned;

async fn post<T: DeserializeOwned>(path: &'static str, body: &impl Serialize) -> Result<T, Failure> {
    decode(&client::attempt(&Call::post(path).with_body(encode(body)?)).await?)
}

/// # Errors
/// Wrong credentials, too many tries, or any other [`Failure`].
pub async fn sign_in(login: Login) -> Result<LoginOutcome, Failure> {
    let reply: LoginReply = post(paths::LOGIN, &login).await?;
    reply.outcome().ok_or_else(|| Failure::new(FailureKind::Unreadable, ""))
}
/// # Errors
/// A wrong code, a step that took too long, or any other [`Failure`].
pub async fn sign_in_with_code(code: LoginCode) -> Result<TokenReply, Failure> {
    post(paths::LOGIN_CODE, &code).await
}
/// # Errors
/// Any [`Failure`].
pub async fn passkey_start(start: &PasskeyStart) -> Result<Ceremony, Failure> {
    post(paths::PASSKEY_START, start).await
}
/// # Errors
/// A passkey that is refused, or any other [`Failure`].
pub async fn passkey_finish(finish: &PasskeyFinish) -> Result<TokenReply, Failure> {
    post(paths::PASSKEY_FINISH, finish).await
}
/// Says nothing about whether the address has an account: a mail does.
///
/// # Errors
/// Broken rules by field, too many tries, or any other [`Failure`].
pub async fn sign_up(register: Register) -> Result<Accepted, Failure> {
    post(paths::REGISTER, &register).await
}
/// # Errors
/// A link that no longer works, or any other [`Failure`].
pub async fn confirm_sign_up(token: LinkToken) -> Result<TokenReply, Failure> {
    post(paths::REGISTER_CONFIRM, &token).await
}
/// Says nothing about whether there is such a record: a mail does.
///
/// # Errors
/// Too many tries, or any other [`Failure`].
pub async fn ask_for_link(request: LinkRequest) -> Result<Accepted, Failure> {
    post(paths::LINK, &request).await
}
/// # Errors
/// A link that no longer works, or any other [`Failure`].
pub async fn link(confirm: LinkConfirm) -> Result<TokenReply, Failure> {
    post(paths::LINK_CONFIRM, &confirm).await
}
/// Says nothing about whether the address has an account: a mail does.
///
/// # Errors
/// Too many tries, or any other [`Failure`].
pub async fn forgot(email: EmailForm) -> Result<Accepted, Failure> {
    post(paths::PASSWORD_FORGOT, &email).await
}
/// # Errors
/// A link that no longer works, or any other [`Failure`].
pub async fn reset(reset: PasswordReset) -> Result<(), Failure> {
    client::attempt(&Call::post(paths::PASSWORD_RESET).with_body(encode(&reset)?)).await.map(drop)
}
/// # Errors
/// A link that no longer works, or any other [`Failure`].
pub async fn confirm_email(token: LinkToken) -> Result<EmailConfirmed, Failure> {
    post(paths::EMAIL_CONFIRM, &token).await
}
/// # Errors
/// An invitation that has ended, or any other [`Failure`].
pub async fn look_at_invitation(look: LookAtInvitation) -> Result<InvitationLook, Failure> {
    post(paths::INVITATION_LOOK, &look).await
}
/// With the access token of whoever is signed in: who has a person already accepts as that person.
///
/// # Errors
/// An invitation that has ended, or any other [`Failure`].
pub async fn accept_invitation(accept: AcceptInvitation) -> Result<TokenReply, Failure> {
    decode(&client::send(&Call::post(paths::INVITATION_ACCEPT).with_body(encode(&accept)?)).await?)
}
