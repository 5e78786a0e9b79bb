//! Requests about the person and the customer account.

use crate::shared::api::client::{self, Call, decode, encode};
use crate::shared::api::failure::Failure;
use domain::account::{Activity, ClosePlan, DataCopy};
use domain::auth::sign_in::{
    Ceremony, ChangePassword, NewPasskey, PasskeyAdded, PasskeyFinish, RecoveryCodes, RenamePasskey, Security,
    TotpConfirm, TotpOff, TotpSecret, Verify,
};
use domain::auth::{Accepted, EmailForm, EmailView, TokenReply};
use domain::common::paths;
use domain::people::{EndedCount, MemberChange, NewInvitation, OwnAccounts, People, SessionList, SwitchAccount};
use domain::subscriptions::contract::SubscriptionList;
use domain::{CustomerId, InvitationId, PasskeyId, SessionId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

async fn post<T: DeserializeOwned>(path: String, body: &impl Serialize) -> Result<T, Failure> {
    decode(&client::send(&Call::post(path).with_body(encode(body)?)).await?)
}
/// Where the answer is empty.
async fn tell(call: Call) -> Result<(), Failure> {
    client::send(&call).await.map(drop)
}
async fn ask<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    client::get(path.to_owned()).await
}

// Every function fails with a `Failure`; those that change something sensitive with `VerificationNeeded` among them.

pub async fn verify(verify: Verify) -> Result<(), Failure> {
    tell(Call::post(paths::VERIFY).with_body(encode(&verify)?)).await
}
pub async fn verify_passkey_start() -> Result<Ceremony, Failure> {
    post(paths::VERIFY_PASSKEY_START.to_owned(), &Accepted {}).await
}
pub async fn verify_passkey_finish(finish: PasskeyFinish) -> Result<(), Failure> {
    tell(Call::post(paths::VERIFY_PASSKEY_FINISH).with_body(encode(&finish)?)).await
}

pub async fn security() -> Result<Security, Failure> {
    ask(paths::SECURITY).await
}
pub async fn change_password(change: ChangePassword) -> Result<(), Failure> {
    tell(Call::post(paths::PASSWORD).with_body(encode(&change)?)).await
}
pub async fn totp_start() -> Result<TotpSecret, Failure> {
    post(paths::TOTP_START.to_owned(), &Accepted {}).await
}
pub async fn totp_confirm(confirm: TotpConfirm) -> Result<RecoveryCodes, Failure> {
    post(paths::TOTP_CONFIRM.to_owned(), &confirm).await
}
pub async fn totp_off(off: TotpOff) -> Result<(), Failure> {
    tell(Call::post(paths::TOTP_OFF).with_body(encode(&off)?)).await
}
pub async fn new_recovery_codes() -> Result<RecoveryCodes, Failure> {
    post(paths::RECOVERY_CODES.to_owned(), &Accepted {}).await
}
pub async fn passkey_start() -> Result<Ceremony, Failure> {
    post(paths::PASSKEYS_START.to_owned(), &Accepted {}).await
}
pub async fn passkey_finish(new: NewPasskey) -> Result<PasskeyAdded, Failure> {
    post(paths::PASSKEYS_FINISH.to_owned(), &new).await
}
pub async fn rename_passkey(id: PasskeyId, name: RenamePasskey) -> Result<(), Failure> {
    tell(Call::patch(paths::passkey(id)).with_body(encode(&name)?)).await
}
pub async fn remove_passkey(id: PasskeyId) -> Result<(), Failure> {
    tell(Call::delete(paths::passkey(id))).await
}

pub async fn email() -> Result<EmailView, Failure> {
    ask(paths::ACCOUNT_EMAIL).await
}
pub async fn change_email(form: EmailForm) -> Result<(), Failure> {
    tell(Call::post(paths::ACCOUNT_EMAIL).with_body(encode(&form)?)).await
}
pub async fn withdraw_email() -> Result<(), Failure> {
    tell(Call::delete(paths::ACCOUNT_EMAIL)).await
}

pub async fn sessions() -> Result<SessionList, Failure> {
    ask(paths::SESSIONS).await
}
pub async fn end_session(id: SessionId) -> Result<(), Failure> {
    tell(Call::delete(paths::session(id))).await
}
pub async fn end_other_sessions() -> Result<EndedCount, Failure> {
    post(paths::SESSIONS_END_OTHERS.to_owned(), &Accepted {}).await
}

pub async fn people() -> Result<People, Failure> {
    ask(paths::PEOPLE).await
}
pub async fn invite(new: NewInvitation) -> Result<(), Failure> {
    tell(Call::post(paths::INVITATIONS).with_body(encode(&new)?)).await
}
pub async fn resend_invitation(id: InvitationId) -> Result<(), Failure> {
    tell(Call::post(paths::invitation_resend(id))).await
}
pub async fn withdraw_invitation(id: InvitationId) -> Result<(), Failure> {
    tell(Call::delete(paths::invitation(id))).await
}
pub async fn change_member(id: UserId, change: MemberChange) -> Result<(), Failure> {
    tell(Call::patch(paths::member(id)).with_body(encode(&change)?)).await
}
pub async fn remove_member(id: UserId) -> Result<(), Failure> {
    tell(Call::delete(paths::member(id))).await
}
pub async fn services() -> Result<SubscriptionList, Failure> {
    ask(paths::SUBSCRIPTIONS).await
}
pub async fn own_accounts() -> Result<OwnAccounts, Failure> {
    ask(paths::OWN_ACCOUNTS).await
}
pub async fn switch_to(customer_id: CustomerId) -> Result<TokenReply, Failure> {
    post(paths::SWITCH.to_owned(), &SwitchAccount { customer_id }).await
}

pub async fn activity(before: Option<String>) -> Result<Activity, Failure> {
    let query = before.map(|b| ["?before=", &crate::shared::utils::browser::encode_component(&b)].concat());
    client::get([paths::ACTIVITY, query.as_deref().unwrap_or_default()].concat()).await
}
pub async fn data_copy() -> Result<DataCopy, Failure> {
    ask(paths::DATA_COPY).await
}
pub async fn ask_for_data_copy() -> Result<DataCopy, Failure> {
    post(paths::DATA_COPY.to_owned(), &Accepted {}).await
}
/// The copy itself, once.
pub async fn download_data() -> Result<String, Failure> {
    client::send(&Call::post(paths::DATA_COPY_DOWNLOAD)).await
}
pub async fn close_plan() -> Result<ClosePlan, Failure> {
    ask(paths::CLOSE).await
}
pub async fn close_account() -> Result<ClosePlan, Failure> {
    post(paths::CLOSE.to_owned(), &Accepted {}).await
}
pub async fn keep_account() -> Result<(), Failure> {
    tell(Call::delete(paths::CLOSE)).await
}
