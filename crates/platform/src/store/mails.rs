//! Mails on their way. A row is written in the transaction of the fact that it tells, and a job sends it. What it says and
//! to whom are in the row only until it is sent or given up.

use super::{StoreError, StoreResult, accounts, execute, query_one};
use crate::change::Change;
use crate::clock::new_id;
use crate::queue::{NewJob, Work, enqueue as enqueue_job};
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::{CustomerId, Timestamp, UserId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a mail says. Names are a stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTemplate {
    /// The link that ends a sign-up. Fields: `token`.
    ConfirmSignUp,
    /// Somebody tried to sign up, to link or to move an account to an address that has an account.
    AccountExists,
    /// The link to an account for an existing customer number. Fields: `token`.
    LinkAccount,
    /// The link to a new password. Fields: `token`.
    PasswordReset,
    PasswordChanged,
    /// To the present address: may it be replaced? Fields: `token`, `email` (the new one).
    EmailConfirmOld,
    /// To the new address: is it yours? Fields: `token`.
    EmailConfirmNew,
    /// To both addresses. Fields: `email` (the new one).
    EmailChanged,
    /// A refresh token was used twice: the session was ended.
    SessionReused,
    /// A sign-in from a device not seen before. Fields: `device`, `address` (shortened), `at`.
    NewDevice,
    /// Fields: `what`, one of the names of [`FactorChange`].
    SecondFactorChanged,
    /// Fields: `token`, `customer`, `until`.
    Invitation,
    /// The customer's own data can be fetched. Fields: `until`.
    DataReady,
    /// Fields: `until`, the last moment of withdrawing.
    AccountClosing,
}

/// What happened to a second factor, for [`MailTemplate::SecondFactorChanged`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    TotpOn,
    TotpOff,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
}

impl MailTemplate {
    pub const ALL: [Self; 14] = [
        Self::ConfirmSignUp,
        Self::AccountExists,
        Self::LinkAccount,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::EmailConfirmOld,
        Self::EmailConfirmNew,
        Self::EmailChanged,
        Self::SessionReused,
        Self::NewDevice,
        Self::SecondFactorChanged,
        Self::Invitation,
        Self::DataReady,
        Self::AccountClosing,
    ];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConfirmSignUp => "confirm_sign_up",
            Self::AccountExists => "account_exists",
            Self::LinkAccount => "link_account",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::EmailConfirmOld => "email_confirm_old",
            Self::EmailConfirmNew => "email_confirm_new",
            Self::EmailChanged => "email_changed",
            Self::SessionReused => "session_reused",
            Self::NewDevice => "new_device",
            Self::SecondFactorChanged => "second_factor_changed",
            Self::Invitation => "invitation",
            Self::DataReady => "data_ready",
            Self::AccountClosing => "account_closing",
        }
    }
}

/// What a template fills in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailFields {
    /// The token of a link, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Pii<String>>,
    /// Another mail address than the recipient's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Pii<String>>,
    /// The name of a customer account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Pii<String>>,
    /// Such as "Firefox on Windows".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// A shortened network address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<FactorChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: Pii<String>,
    pub template: MailTemplate,
    pub language: Language,
    pub fields: MailFields,
    /// Whose business it is, if they are known already.
    pub person: Option<UserId>,
    pub customer: Option<CustomerId>,
}

impl Mail {
    pub fn new(to: Pii<String>, template: MailTemplate, language: Language) -> Self {
        Self { to, template, language, fields: MailFields::default(), person: None, customer: None }
    }
}

/// Where a mail stands. Names are a stored format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// To be sent.
    Waiting,
    /// A process is at it, or was when it ended.
    Sending,
    Sent,
    /// Whether the mail server took it is not known; it is not sent again.
    Unknown,
    /// The mail server refused it for good, or too often.
    Refused,
    /// Nobody is to get it: it stands for the work that a real one would have made.
    Withheld,
}

impl MailState {
    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Withheld => "withheld",
        }
    }
}

/// A mail that may be sent, with the intent recorded.
pub struct Outgoing {
    pub id: Uuid,
    /// Local part of the `Message-ID`, the same at every try.
    pub message_id: String,
    pub to: Pii<String>,
    pub template: MailTemplate,
    pub language: Language,
    pub fields: MailFields,
    pub created_at: Timestamp,
}

/// What a run of the job finds.
pub enum Taken {
    /// Send it: the intent is in the database.
    Send(Box<Outgoing>),
    /// A try before this one began and was not brought to an end. It is marked as unknown.
    WasUnderWay,
    /// Ended before, or not to be sent.
    Nothing,
}

/// Writes a mail and its job inside a change.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue(change: &mut Change, mail: Mail) -> StoreResult<Uuid> {
    let id = insert(change.conn(), &mail, MailState::Waiting, change.now()).await?;
    change.enqueue(Work::SendMail { mail_id: id }).await?;
    Ok(id)
}

/// A mail to a person about their own account, in their language; nothing when they are gone. The one function for notices of
/// security events.
///
/// # Errors
/// Only the database's own.
pub async fn notice(
    change: &mut Change,
    user: UserId,
    template: MailTemplate,
    fields: MailFields,
) -> StoreResult<Option<Uuid>> {
    let Some(contact) = accounts::contact(change.conn(), user).await? else { return Ok(None) };
    let mail = Mail { fields, person: Some(user), ..Mail::new(contact.email, template, contact.language) };
    enqueue(change, mail).await.map(Some)
}

/// As [`enqueue`], inside a transaction of the caller's.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue_in<C: ConnectionTrait>(
    conn: &C,
    mail: Mail,
    request_id: Option<String>,
    now: Timestamp,
) -> StoreResult<Uuid> {
    let id = insert(conn, &mail, MailState::Waiting, now).await?;
    enqueue_job(conn, NewJob { work: Work::SendMail { mail_id: id }, request_id }).await?;
    Ok(id)
}

/// Writes what a mail would have written, with a recipient that nothing is sent to: for answers that must take the same
/// time whether somebody is known or not.
///
/// # Errors
/// Only the database's own.
pub async fn enqueue_withheld(change: &mut Change, mail: Mail) -> StoreResult<()> {
    let id = insert(change.conn(), &mail, MailState::Withheld, change.now()).await?;
    change.enqueue(Work::SendMail { mail_id: id }).await?;
    Ok(())
}

async fn insert<C: ConnectionTrait>(conn: &C, mail: &Mail, state: MailState, now: Timestamp) -> StoreResult<Uuid> {
    let id = new_id();
    let (to, fields) = match state {
        MailState::Withheld => (None, None),
        _ => {
            let fields = serde_json::to_value(&mail.fields).map_err(|_| StoreError::Unreadable("mail"))?;
            (Some(mail.to.reveal().clone()), Some(fields))
        }
    };
    let sql = "INSERT INTO mail (id, template, language, recipient, fields, person_id, customer_id, state, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = [
        id.into(),
        mail.template.name().into(),
        language_name(mail.language).into(),
        to.into(),
        fields.into(),
        mail.person.map(|id| id.0).into(),
        mail.customer.map(|id| id.0).into(),
        state.name().into(),
        now.millis().into(),
    ];
    execute(conn, sql, values).await?;
    Ok(id)
}

/// Records the intent to send. `message_id` is kept from the first try on.
///
/// # Errors
/// Only the database's own, and a row of another release.
pub async fn take<C: ConnectionTrait>(conn: &C, id: Uuid, message_id: &str, now: Timestamp) -> StoreResult<Taken> {
    let sql =
        "UPDATE mail SET state = 'sending', intent_at = $3, tries = tries + 1, message_id = COALESCE(message_id, $2)
               WHERE id = $1 AND state = 'waiting' AND recipient IS NOT NULL
               RETURNING message_id, recipient, template, language, fields, created_at";
    let values = [id.into(), message_id.into(), now.millis().into()];
    if let Some(row) = query_one(conn, sql, values).await? {
        let template: String = row.try_get("", "template")?;
        let template = MailTemplate::ALL.into_iter().find(|known| known.name() == template);
        let language: String = row.try_get("", "language")?;
        return Ok(Taken::Send(Box::new(Outgoing {
            id,
            message_id: row.try_get("", "message_id")?,
            to: Pii::new(row.try_get("", "recipient")?),
            template: template.ok_or(StoreError::Unreadable("mail template"))?,
            language: if language == "ja" { Language::Ja } else { Language::En },
            fields: serde_json::from_value(row.try_get("", "fields")?).map_err(|_| StoreError::Unreadable("mail"))?,
            created_at: Timestamp(row.try_get("", "created_at")?),
        })));
    }
    Ok(match end(conn, id, MailState::Unknown, Some("interrupted"), now).await? {
        true => Taken::WasUnderWay,
        false => Taken::Nothing,
    })
}

/// How a mail ended; who it was for and what it said go. An answer that comes after the mail was marked as unknown is
/// still worth knowing. `false` when it had ended otherwise.
///
/// # Errors
/// Only the database's own.
pub async fn end<C: ConnectionTrait>(
    conn: &C,
    id: Uuid,
    state: MailState,
    reason: Option<&str>,
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "UPDATE mail SET state = $2, reason = $3, ended_at = $4, recipient = NULL, fields = NULL
               WHERE id = $1 AND (state = 'sending' OR (state = 'unknown' AND $2 <> 'unknown'))";
    let values = [id.into(), state.name().into(), reason.into(), now.millis().into()];
    Ok(execute(conn, sql, values).await? == 1)
}

/// Nothing was sent: the next try may.
///
/// # Errors
/// Only the database's own.
pub async fn again<C: ConnectionTrait>(conn: &C, id: Uuid, reason: &str) -> StoreResult<()> {
    let sql = "UPDATE mail SET state = 'waiting', reason = $2 WHERE id = $1 AND state = 'sending'";
    execute(conn, sql, [id.into(), reason.into()]).await?;
    Ok(())
}

const fn language_name(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ja => "ja",
    }
}
