//! Another mail address: it counts when the links at the old and the new one were opened, so that neither a stolen session
//! nor a typing error can take an account away.

use super::{allowance, change, link_invalid, secret};
use crate::error::{ApiError, ApiResult};
use crate::features::auth::service;
use crate::state::Context;
use domain::auth::schema::normalise_email;
use domain::auth::{EmailChangeState, EmailForm, EmailView, PendingEmail};
use domain::common::pii::Pii;
use domain::{CustomerId, ErrorCode, UserId};
use platform::Change;
use platform::queue::Work;
use platform::store::StoreError;
use platform::store::accounts::{self, Contact};
use platform::store::email_changes::{self, EmailChange, Side};
use platform::store::mail_tokens::{self, Found, NewToken, Purpose, Secret};
use platform::store::mails::{self, Mail, MailFields, MailTemplate};
use serde_json::json;
use uuid::Uuid;

/// The present address and the change that waits.
pub(super) async fn view(ctx: &Context, user: UserId) -> ApiResult<EmailView> {
    let contact = contact(ctx, user).await?;
    let pending = email_changes::pending(ctx.db.conn(), user, ctx.clock.now()).await?;
    let pending = pending.map(|change| PendingEmail {
        email: change.email,
        old_confirmed: change.old_confirmed,
        new_confirmed: change.new_confirmed,
        expires_at: change.expires_at,
    });
    Ok(EmailView { email: contact.email, pending })
}

/// Sends both links. An address that has an account gets word of that instead of a link; who asks is not told.
///
/// # Errors
/// 422 when it is the present address; 429 after five changes in a quarter of an hour.
pub(super) async fn begin(ctx: &Context, user: UserId, form: &EmailForm) -> ApiResult<()> {
    let email = Pii::new(normalise_email(form.email.reveal()));
    let Contact { email: present, language } = contact(ctx, user).await?;
    if email == present {
        return Err(ApiError::invalid(Vec::new()).at("/email", "email_same", "This is your mail address already."));
    }
    allowance::count(ctx, &[(allowance::EMAIL_CHANGE, user.0.as_bytes())]).await?;
    let (old, new) = (secret()?, secret()?);
    let mut change = change(ctx, Some(user)).await?;
    let now = change.now();
    let taken = accounts::person_with(change.conn(), email.reveal()).await?.is_some();
    let expires_at = now.plus_millis(Purpose::EmailOld.life_ms());
    let id = email_changes::begin(change.conn(), user, &email, expires_at, now).await?;
    let sides = [(&old, Purpose::EmailOld), (&new, if taken { Purpose::Nothing } else { Purpose::EmailNew })];
    for (secret, purpose) in sides {
        let (subject, data) = (user.to_string(), json!({ "change": id }));
        let token =
            NewToken { hash: &secret.hash, purpose, subject: &subject, person: Some(user), customer: None, data };
        mail_tokens::insert(change.conn(), &token, now).await?;
    }
    let fields = MailFields { token: Some(old.text), email: Some(email.clone()), ..MailFields::default() };
    let mail = Mail::new(present, MailTemplate::EmailConfirmOld, language);
    mails::enqueue(&mut change, Mail { fields, person: Some(user), ..mail }).await?;
    let template = if taken { MailTemplate::AccountExists } else { MailTemplate::EmailConfirmNew };
    let fields = MailFields { token: (!taken).then_some(new.text), ..MailFields::default() };
    // Not noted as this person's: it goes to somebody who may be another.
    mails::enqueue(&mut change, Mail { fields, ..Mail::new(email, template, language) }).await?;
    service::record(change.conn(), "email_change_asked", user, None, json!({}), now).await?;
    Ok(change.commit(&ctx.bus).await?)
}

/// Takes the change back.
pub(super) async fn withdraw(ctx: &Context, user: UserId) -> ApiResult<()> {
    let change = change(ctx, Some(user)).await?;
    if email_changes::withdraw(change.conn(), user).await? {
        for purpose in [Purpose::EmailOld, Purpose::EmailNew] {
            mail_tokens::end_all(change.conn(), purpose, &user.to_string(), change.now()).await?;
        }
        service::record(change.conn(), "email_change_withdrawn", user, None, json!({}), change.now()).await?;
    }
    Ok(change.commit(&ctx.bus).await?)
}

/// One of the links was opened. The second one makes the change.
///
/// # Errors
/// 410 `link_invalid`, also when the change was withdrawn or the address has got an account meanwhile.
pub(super) async fn confirm(ctx: &Context, token: &Pii<String>) -> ApiResult<EmailChangeState> {
    let hash = Secret::hash_of(token);
    let mut change = change(ctx, None).await?;
    let now = change.now();
    let (side, found) = match mail_tokens::take(change.conn(), &hash, Purpose::EmailOld, now).await? {
        Some(found) => (Side::Old, Some(found)),
        None => (Side::New, mail_tokens::take(change.conn(), &hash, Purpose::EmailNew, now).await?),
    };
    let id = found.as_ref().and_then(change_of).ok_or_else(link_invalid)?;
    let standing = email_changes::confirm(change.conn(), id, side, now).await?.ok_or_else(link_invalid)?;
    let state = match standing.old_confirmed && standing.new_confirmed {
        true => {
            carry_out(&mut change, standing).await?;
            EmailChangeState::Changed
        }
        false => EmailChangeState::WaitingForOther,
    };
    change.commit(&ctx.bus).await?;
    Ok(state)
}

fn change_of(found: &Found) -> Option<Uuid> {
    found.data["change"].as_str()?.parse().ok()
}

async fn carry_out(change: &mut Change, pending: EmailChange) -> ApiResult<()> {
    let (user, now) = (pending.user_id, change.now());
    let Contact { email: old, language } = accounts::contact(change.conn(), user).await?.ok_or_else(link_invalid)?;
    let moved = accounts::set_email(change.conn(), user, &old, &pending.email).await;
    let customers = moved.map_err(|error| match error {
        StoreError::Taken(_) => link_invalid(),
        other => other.into(),
    })?;
    email_changes::withdraw(change.conn(), user).await?;
    // A link to a new password that went to the old address is none any more.
    mail_tokens::end_all(change.conn(), Purpose::PasswordReset, &user.to_string(), now).await?;
    service::record(change.conn(), "email_changed", user, customers.first().copied(), json!({}), now).await?;
    for to in [old, pending.email.clone()] {
        let fields = MailFields { email: Some(pending.email.clone()), ..MailFields::default() };
        let mail = Mail::new(to, MailTemplate::EmailChanged, language);
        mails::enqueue(change, Mail { fields, person: Some(user), ..mail }).await?;
    }
    for customer_id in customers {
        let round = round(pending.id, customer_id);
        change.enqueue(Work::OpenCustomer { customer_id, round }).await?;
    }
    Ok(())
}

/// One round for each account of a change.
fn round(change: Uuid, customer: CustomerId) -> Uuid {
    Uuid::from_u128(change.as_u128() ^ customer.0.as_u128())
}

async fn contact(ctx: &Context, user: UserId) -> ApiResult<Contact> {
    accounts::contact(ctx.db.conn(), user).await?.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))
}
