//! Mails that the installation sends by itself. Nothing leaves the machine: they are kept, for the client's history
//! (`GetEmails`) and for whoever looks into the mailbox.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::types::{self, Client, Row};
use crate::World;
use crate::clock::japan_datetime;
use crate::world::store::{Store, Txn};

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Email {
    pub id: u64,
    pub userid: u64,
    /// Name of the template.
    pub template: String,
    pub subject: String,
    pub message: String,
    pub date: String,
    pub to: String,
}

impl Row for Email {
    const TABLE: &'static str = "whmcs.emails";
    fn id(&self) -> u64 {
        self.id
    }
}

/// Which of the client's preferences covers a template. Sign-up and passwords are always sent.
fn kind(template: &str) -> Option<&'static str> {
    match template.split_once(' ').map_or(template, |(first, _)| first) {
        "Invoice" => Some("invoice"),
        "Support" => Some("support"),
        "Order" => Some("product"),
        _ => None,
    }
}

/// Sends a mail to a client, unless he does not want its kind.
pub(crate) fn send(txn: &mut Txn<'_>, client: u64, template: &str, subject: &str, message: String, at: i64) {
    let Some(client) = types::find::<Client>(txn, client) else { return };
    if kind(template).is_some_and(|kind| client.mails_refused.iter().any(|refused| refused == kind)) {
        return;
    }
    let mail = Email {
        id: types::next_id::<Email>(txn),
        userid: client.id,
        template: template.to_owned(),
        subject: subject.to_owned(),
        message: format!("Dear {} {},\n\n{message}", client.firstname, client.lastname),
        date: japan_datetime(at),
        to: client.email,
    };
    types::save(txn, &mail);
}

/// An old action: its errors say `status` where others say `result`.
///
/// # Errors
/// The members of the whole reply.
pub(crate) fn list(store: &Store, form: &Form) -> Result<Map<String, Value>, Map<String, Value>> {
    let client = form.number("clientid").and_then(|id| types::find::<Client>(store, id));
    let Some(client) = client else {
        return Err(super::object(json!({ "status": "error", "message": "Client ID Not Found" })));
    };
    let text = |name: &str| form.text(name).filter(|text| !text.is_empty());
    let (subject, date) = (text("subject"), text("date"));
    let rows = types::all::<Email>(store)
        .into_iter()
        .rev()
        .filter(|mail| mail.userid == client.id)
        .filter(|mail| subject.as_ref().is_none_or(|subject| mail.subject.contains(subject.as_str())))
        .filter(|mail| date.as_ref().is_none_or(|date| mail.date.starts_with(date.as_str())))
        .map(|mail| {
            json!({
                "id": mail.id.to_string(), "userid": mail.userid.to_string(), "subject": mail.subject, "message": mail.message,
                "date": mail.date, "to": mail.to, "cc": "", "bcc": "",
            })
        });
    Ok(super::page(form, "emails", "email", rows.collect()))
}

impl World {
    /// Mails that WHMCS sent by itself, oldest first.
    pub fn whmcs_mails(&self) -> Vec<Value> {
        self.read(|store| store.rows(<Email as Row>::TABLE).map(|(_, row)| row.clone()).collect())
    }
}
