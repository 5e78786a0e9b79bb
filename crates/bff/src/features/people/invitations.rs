//! Inviting people to an account, and accepting. The link of the mail works once, for seven days, until the invitation is
//! withdrawn or sent again. It shows that somebody reads the invited address and nothing more: who has a person already
//! signs in as that person, with whatever factors they have, and then accepts.

use super::members::{check_lines, manager};
use super::switch;
use crate::error::{ApiError, ApiResult};
use crate::features::auth::common_passwords;
use crate::features::auth::ended::End;
use crate::features::auth::service::{SignedIn, announce_ended, open_session, record};
use crate::features::links::secret;
use crate::http::extract::{CurrentUser, SignedInPerson};
use crate::http::scope;
use crate::state::Context;
use domain::auth::Role;
use domain::auth::schema::normalise_email;
use domain::common::pii::Pii;
use domain::people::{AcceptInvitation, Invitation, InvitationLook, LookAtInvitation, NewInvitation};
use domain::{CustomerId, ErrorCode, FieldError, InvitationId, Timestamp, UserId};
use platform::Owner;
use platform::clock::new_id;
use platform::store::invitations::{self, Open, Outcome};
use platform::store::mail_tokens::{self, NewToken, Purpose, Secret};
use platform::store::mails::{self, Mail, MailFields, MailTemplate};
use platform::store::people::OwnName;
use platform::store::{Connection, StoreError, accounts, people};
use serde_json::json;

/// Most open invitations of an account.
const MOST_OPEN: usize = 50;
/// Between two mails to the same address, milliseconds.
const PAUSE_MS: i64 = 60_000;

/// An invitation as the account's people see it.
pub(super) fn shown(row: Open, now: Timestamp) -> Invitation {
    Invitation {
        id: row.id,
        email: row.email,
        role: row.role,
        lines: row.lines,
        sent_at: row.sent_at,
        expired: row.expires_at <= now,
        expires_at: row.expires_at,
    }
}

/// Invites somebody. An open invitation to the same address is replaced: its link ends.
///
/// # Errors
/// 403 above one's own role; 409 `already_member`; 422 for lines that are not the account's or too many invitations; 429
/// when a mail went to this address a moment ago.
pub(super) async fn invite(ctx: &Context, user: CurrentUser, form: NewInvitation) -> ApiResult<Invitation> {
    check_lines(ctx, user, form.role, &form.lines).await?;
    let now = ctx.clock.now();
    let email = Pii::new(normalise_email(form.email.reveal()));
    let tx = ctx.db.begin().await?;
    let own = manager(&tx, user).await?;
    if !own.may_touch(form.role) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    if let Some(person) = accounts::person_with(&tx, email.reveal()).await?
        && people::role(&tx, user.customer_id, person).await?.is_some()
    {
        return Err(ApiError::new(ErrorCode::AlreadyMember).at(
            "/email",
            "already_member",
            "Change their role instead.",
        ));
    }
    let open = invitations::open(&tx, user.customer_id).await?;
    let earlier = open.iter().find(|o| o.email == email);
    if earlier.is_some_and(|o| !own.may_touch(o.role)) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    if let Some(earlier) = earlier {
        pause(earlier, now)?;
    } else if open.len() >= MOST_OPEN {
        return Err(ApiError::new(ErrorCode::Invalid).detail("Withdraw an invitation first: there are fifty already."));
    }
    let new = Open {
        id: InvitationId(new_id()),
        customer_id: user.customer_id,
        email,
        role: form.role,
        lines: form.lines,
        language: form.language,
        invited_by: user.user_id,
        sent_at: now,
        expires_at: now.plus_millis(Purpose::Invitation.life_ms()),
    };
    let id = invitations::put(&tx, &new, now).await?;
    let invitation = Open { id, ..new };
    send(&tx, &invitation, now).await?;
    let data = json!({ "invitation": id, "role": invitation.role, "lines": invitation.lines });
    record(&tx, "invitation_sent", user.user_id, Some(user.customer_id), data, now).await?;
    tx.commit().await?;
    Ok(shown(invitation, now))
}

/// Sends the mail again with a new link and seven new days.
///
/// # Errors
/// 404 for one that has ended or is another account's; 403 above one's own role; 429 a moment after the last mail.
pub(super) async fn resend(ctx: &Context, user: CurrentUser, id: InvitationId) -> ApiResult<Invitation> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let own = manager(&tx, user).await?;
    let mut found = invitations::find(&tx, user.customer_id, id).await?.ok_or_else(ApiError::not_found)?;
    if !own.may_touch(found.role) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    pause(&found, now)?;
    (found.sent_at, found.expires_at) = (now, now.plus_millis(Purpose::Invitation.life_ms()));
    invitations::sent_again(&tx, id, found.sent_at, found.expires_at).await?;
    send(&tx, &found, now).await?;
    record(&tx, "invitation_sent", user.user_id, Some(user.customer_id), json!({ "invitation": id }), now).await?;
    tx.commit().await?;
    Ok(shown(found, now))
}

/// Takes an invitation back: its link ends.
///
/// # Errors
/// 404 for one that has ended or is another account's; 403 above one's own role.
pub(super) async fn withdraw(ctx: &Context, user: CurrentUser, id: InvitationId) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let own = manager(&tx, user).await?;
    let found = invitations::find(&tx, user.customer_id, id).await?.ok_or_else(ApiError::not_found)?;
    if !own.may_touch(found.role) {
        return Err(ApiError::new(ErrorCode::NotAllowed));
    }
    end(&tx, id, Outcome::Withdrawn, now).await?;
    record(&tx, "invitation_withdrawn", user.user_id, Some(user.customer_id), json!({ "invitation": id }), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends the open invitations by a member who, in their role from here on, could not send them.
pub(super) async fn void_of<C: Connection>(
    conn: &C,
    owner: CustomerId,
    by: UserId,
    role: Role,
    now: Timestamp,
) -> ApiResult<()> {
    for open in invitations::open(conn, owner).await? {
        if open.invited_by == by && !role.may_touch(open.role) {
            end(conn, open.id, Outcome::Void, now).await?;
        }
    }
    Ok(())
}

/// What a link is for, without using it.
///
/// # Errors
/// 410 `link_invalid`.
pub(super) async fn look(ctx: &Context, form: LookAtInvitation) -> ApiResult<InvitationLook> {
    let now = ctx.clock.now();
    let found = find_by(ctx.db.conn(), &form.token, now).await?;
    let customer = accounts::customer(ctx.db.conn(), Owner::for_system(found.customer_id)).await?.ok_or_else(gone)?;
    let person = accounts::person_with(ctx.db.conn(), found.email.reveal()).await?;
    Ok(InvitationLook {
        customer_name: named(&customer),
        email: found.email,
        role: found.role,
        needs_password: person.is_none(),
        expires_at: found.expires_at,
    })
}

/// Makes the invited person a member and signs them in to the account.
///
/// # Errors
/// 410 `link_invalid`; 401 `sign_in_needed` when the address has a person who is not the one signed in; 422 when somebody
/// new leaves password or name out.
pub(super) async fn accept(
    ctx: &Context,
    person: Option<SignedInPerson>,
    form: AcceptInvitation,
) -> ApiResult<SignedIn> {
    let now = ctx.clock.now();
    let found = find_by(ctx.db.conn(), &form.token, now).await?;
    let known = accounts::person_with(ctx.db.conn(), found.email.reveal()).await?;
    match known {
        Some(known) => {
            let person = person.filter(|p| p.user_id == known).ok_or_else(sign_in_first)?;
            accept_known(ctx, person, &form.token, now).await
        }
        None => accept_new(ctx, form, now).await,
    }
}

async fn accept_known(
    ctx: &Context,
    person: SignedInPerson,
    token: &Pii<String>,
    now: Timestamp,
) -> ApiResult<SignedIn> {
    let tx = ctx.db.begin().await?;
    let invitation = take(&tx, token, person.user_id, now).await?;
    let owner = invitation.customer_id;
    if !people::add(&tx, owner, person.user_id, invitation.role, &invitation.lines, now).await? {
        return Err(ApiError::new(ErrorCode::AlreadyMember));
    }
    accepted(&tx, person.user_id, &invitation, now).await?;
    let opened = switch::replace(ctx, &tx, person, owner).await?;
    tx.commit().await?;
    announce_ended(ctx, &[person.session_id], End::Ended).await;
    Ok(opened)
}

async fn accept_new(ctx: &Context, form: AcceptInvitation, now: Timestamp) -> ApiResult<SignedIn> {
    let missing = |at: &str| FieldError::new(at, "required", "Fill in this field.");
    let (password, family_name, given_name) = match (form.password, form.family_name, form.given_name) {
        (Some(password), Some(family), Some(given)) => (password, family, given),
        (password, family, given) => {
            let parts = [
                ("/password", password.is_none()),
                ("/family_name", family.is_none()),
                ("/given_name", given.is_none()),
            ];
            return Err(ApiError::invalid(parts.iter().filter(|(_, no)| *no).map(|(at, _)| missing(at)).collect()));
        }
    };
    common_passwords::refuse(password.reveal(), "/password")?;
    let hash = ctx.passwords.hash(password).await?;
    let trimmed = |text: Pii<String>| Pii::new(text.reveal().trim().to_owned());
    let name =
        OwnName { family_name: trimmed(family_name), given_name: trimmed(given_name), phone: form.phone.map(trimmed) };
    let user = UserId(new_id());
    let tx = ctx.db.begin().await?;
    let found = find_by(&tx, &form.token, now).await?;
    accounts::insert_person(&tx, user, &found.email, &hash, form.language, now).await.map_err(|e| match e {
        // Signed up with this address a moment ago.
        StoreError::Taken(accounts::EMAIL) => sign_in_first(),
        other => other.into(),
    })?;
    people::set_own_name(&tx, user, &name).await?;
    let invitation = take(&tx, &form.token, user, now).await?;
    people::add(&tx, invitation.customer_id, user, invitation.role, &invitation.lines, now).await?;
    accepted(&tx, user, &invitation, now).await?;
    let opened = open_session(ctx, &tx, user, Some(invitation.customer_id), now).await?;
    tx.commit().await?;
    Ok(opened)
}

async fn accepted<C: Connection>(conn: &C, user: UserId, invitation: &Open, now: Timestamp) -> ApiResult<()> {
    let data = json!({ "invitation": invitation.id, "role": invitation.role, "lines": invitation.lines });
    record(conn, "invitation_accepted", user, Some(invitation.customer_id), data, now).await
}

/// Uses a link. The account's people stand still from here on; of two at once one gets it.
async fn take<C: Connection>(conn: &C, token: &Pii<String>, user: UserId, now: Timestamp) -> ApiResult<Open> {
    let found = find_by(conn, token, now).await?;
    people::lock(conn, found.customer_id).await?;
    mail_tokens::take(conn, &Secret::hash_of(token), Purpose::Invitation, now).await?.ok_or_else(gone)?;
    // Read again behind the lock: role and lines as they are by now.
    let current = invitations::find(conn, found.customer_id, found.id).await?.ok_or_else(gone)?;
    if !invitations::end(conn, current.id, Outcome::Accepted(user), now).await? {
        return Err(gone());
    }
    Ok(current)
}

async fn end<C: Connection>(conn: &C, id: InvitationId, outcome: Outcome, now: Timestamp) -> ApiResult<()> {
    invitations::end(conn, id, outcome, now).await?;
    Ok(mail_tokens::end_all(conn, Purpose::Invitation, &id.to_string(), now).await?)
}

async fn find_by<C: Connection>(conn: &C, token: &Pii<String>, now: Timestamp) -> ApiResult<Open> {
    let link = mail_tokens::look(conn, &Secret::hash_of(token), Purpose::Invitation, now).await?.ok_or_else(gone)?;
    let id = link.data["invitation"].as_str().and_then(|id| id.parse().ok()).map(InvitationId).ok_or_else(gone)?;
    let owner = link.customer.ok_or_else(gone)?;
    invitations::find(conn, owner, id).await?.filter(|open| open.expires_at > now).ok_or_else(gone)
}

/// Queues the mail with a new link, which ends the one before.
async fn send<C: Connection>(conn: &C, invitation: &Open, now: Timestamp) -> ApiResult<()> {
    let (secret, subject) = (secret()?, invitation.id.to_string());
    let link = NewToken {
        hash: &secret.hash,
        purpose: Purpose::Invitation,
        subject: &subject,
        person: None,
        customer: Some(invitation.customer_id),
        data: json!({ "invitation": subject }),
    };
    let until = mail_tokens::insert(conn, &link, now).await?;
    let customer = accounts::customer(conn, Owner::for_system(invitation.customer_id)).await?.ok_or_else(gone)?;
    let fields = MailFields {
        token: Some(secret.text),
        customer: Some(named(&customer)),
        until: Some(until),
        ..MailFields::default()
    };
    let mail = Mail {
        fields,
        customer: Some(invitation.customer_id),
        ..Mail::new(invitation.email.clone(), MailTemplate::Invitation, invitation.language)
    };
    mails::enqueue_in(conn, mail, scope::request_id(), now).await?;
    Ok(())
}

fn pause(last: &Open, now: Timestamp) -> ApiResult<()> {
    let left = PAUSE_MS - (now.millis() - last.sent_at.millis());
    match u32::try_from(left.max(0).unsigned_abs().div_ceil(1000)) {
        Ok(0) => Ok(()),
        wait => Err(ApiError::new(ErrorCode::TooManyRequests).retry_after(wait.unwrap_or(60))),
    }
}

fn named(customer: &domain::customer::Customer) -> Pii<String> {
    Pii::new(format!("{} {}", customer.family_name.reveal(), customer.given_name.reveal()))
}

fn gone() -> ApiError {
    ApiError::new(ErrorCode::LinkInvalid)
}

fn sign_in_first() -> ApiError {
    ApiError::new(ErrorCode::SignInNeeded).detail("Sign in with the invited address, then open the link again.")
}
