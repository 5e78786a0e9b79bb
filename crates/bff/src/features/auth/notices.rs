//! What the owner of an account is told of changes to its security: a line in the log of facts and a mail, both in the
//! transaction of the change.

use super::service::record;
use crate::error::ApiResult;
use crate::http::scope;
use domain::{CustomerId, Timestamp, UserId};
use platform::store::mails::{self, FactorChange, Mail, MailFields, MailTemplate};
use platform::store::{Connection, passwords};
use serde_json::json;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    PasswordChanged,
    Factor(FactorChange),
}

/// # Errors
/// Only the database's own.
pub(super) async fn notify<C: Connection>(
    conn: &C,
    user: UserId,
    customer: Option<CustomerId>,
    notice: Notice,
    now: Timestamp,
) -> ApiResult<()> {
    let (kind, template, what) = match notice {
        Notice::PasswordChanged => ("password_changed", MailTemplate::PasswordChanged, None),
        Notice::Factor(what) => ("second_factor_changed", MailTemplate::SecondFactorChanged, Some(what)),
    };
    let data = what.map_or_else(|| json!({}), |what| json!({ "what": what }));
    record(conn, kind, user, customer, data, now).await?;
    let Some(person) = passwords::find(conn, user).await? else { return Ok(()) };
    let mail = Mail {
        fields: MailFields { what, at: Some(now), ..MailFields::default() },
        person: Some(user),
        customer,
        ..Mail::new(person.email, template, person.language)
    };
    mails::enqueue_in(conn, mail, scope::request_id(), now).await?;
    Ok(())
}
