//! A forgotten password. Also for accounts that are locked: whoever reads the account's mails may come back.

use super::{allowance, change, link_invalid, secret};
use crate::error::ApiResult;
use crate::features::auth::ended::End;
use crate::features::auth::{common_passwords, guard, service};
use crate::state::Context;
use domain::auth::schema::normalise_email;
use domain::auth::{EmailForm, PasswordReset};
use domain::common::pii::Pii;
use domain::common::text::Language;
use platform::store::mail_tokens::{self, NewToken, Purpose, Secret};
use platform::store::mails::{self, Mail, MailFields, MailTemplate};
use platform::store::{accounts, email_changes, passwords, sessions};
use serde_json::json;

/// Sends the link. For an address without an account the same rows are written, with nobody to send them to.
///
/// # Errors
/// 429 after five tries for this address in a quarter of an hour.
pub(super) async fn begin(ctx: &Context, form: &EmailForm) -> ApiResult<()> {
    let email = normalise_email(form.email.reveal());
    allowance::count(ctx, &[(allowance::RESET, email.as_bytes())]).await?;
    let secret = secret()?;
    let mut change = change(ctx, None).await?;
    let person = accounts::person_with(change.conn(), &email).await?;
    // Asked for in both cases, so that both do the same.
    let contact = accounts::contact(change.conn(), person.unwrap_or(domain::UserId(uuid::Uuid::nil()))).await?;
    let purpose = if person.is_some() { Purpose::PasswordReset } else { Purpose::Nothing };
    let subject = person.map_or_else(|| hex::encode(Secret::hash_of(&Pii::new(email.clone()))), |p| p.to_string());
    let token = NewToken { hash: &secret.hash, purpose, subject: &subject, person, customer: None, data: json!({}) };
    mail_tokens::insert(change.conn(), &token, change.now()).await?;
    let language = contact.map_or(Language::default(), |contact| contact.language);
    let fields = MailFields { token: Some(secret.text), ..MailFields::default() };
    let mail = Mail { fields, person, ..Mail::new(Pii::new(email), MailTemplate::PasswordReset, language) };
    match person {
        Some(_) => drop(mails::enqueue(&mut change, mail).await?),
        None => mails::enqueue_withheld(&mut change, mail).await?,
    }
    Ok(change.commit(&ctx.bus).await?)
}

/// Sets the new password and ends every session.
///
/// # Errors
/// 410 `link_invalid`; 422 `password_common`.
pub(super) async fn confirm(ctx: &Context, form: PasswordReset) -> ApiResult<()> {
    common_passwords::refuse(form.password.reveal(), "/password")?;
    let hash = Secret::hash_of(&form.token);
    // Whoever has no link makes us do no costly work.
    let looked = mail_tokens::look(ctx.db.conn(), &hash, Purpose::PasswordReset, ctx.clock.now()).await?;
    let user = looked.and_then(|found| found.person).ok_or_else(link_invalid)?;
    let password_hash = ctx.passwords.hash(form.password).await?;
    let mut change = change(ctx, Some(user)).await?;
    let now = change.now();
    let taken = mail_tokens::take(change.conn(), &hash, Purpose::PasswordReset, now).await?;
    taken.ok_or_else(link_invalid)?;
    passwords::change(change.conn(), user, &password_hash, now).await?;
    if let Some(stored) = passwords::find(change.conn(), user).await? {
        guard::forget_password_tries(ctx, change.conn(), stored.email.reveal()).await?;
    }
    let ended = sessions::end_all(change.conn(), user, "password_reset", now).await?;
    // What somebody else may have begun with the old password ends with it.
    email_changes::withdraw(change.conn(), user).await?;
    service::record(change.conn(), "password_reset", user, None, json!({}), now).await?;
    mails::notice(&mut change, user, MailTemplate::PasswordChanged, MailFields::default()).await?;
    change.commit(&ctx.bus).await?;
    service::announce_ended(ctx, &ended, End::Ended).await;
    Ok(())
}
