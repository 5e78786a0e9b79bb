//! Every mail of this world in one place. Nothing leaves the machine.
//!
//! WHMCS keeps its own mails, for `GetEmails`; here are those of other senders, such as the portal. It does not check
//! addresses and delivers to nobody.

use serde::{Deserialize, Serialize};

use crate::World;
use crate::clock::japan_datetime;
use crate::world::store::{StoreError, numeric_key};

const TABLE: &str = "outbox.mails";
/// The oldest mails go when there are more than this.
const KEPT: usize = 1_000;
/// Bytes of a mail in all.
const LARGEST: usize = 256 * 1_024;

/// A mail to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMail {
    /// The sender's address.
    pub from: String,
    /// The receiver's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
}

/// A mail that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// `whmcs-12` or `mail-3`.
    pub id: String,
    /// `WHMCS`, or the sender's address.
    pub from: String,
    /// The receiver's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// `2026-01-31 10:00:00`, Japan time.
    pub at: String,
}

impl World {
    /// Takes a mail; answers its id.
    ///
    /// # Errors
    /// A text for people when there is no receiver, the mail is larger than 256 KB, or it could not be kept.
    pub fn send_mail(&self, mail: &NewMail) -> Result<String, String> {
        if mail.to.trim().is_empty() {
            return Err("a mail needs a receiver".to_owned());
        }
        if mail.from.len() + mail.to.len() + mail.subject.len() + mail.text.len() > LARGEST {
            return Err("a mail may have 256 KB".to_owned());
        }
        let sent = self.write(|txn| -> Result<String, StoreError> {
            let number = txn.next(TABLE, 0);
            let id = format!("mail-{number}");
            let at = japan_datetime(self.now_ms());
            let NewMail { from, to, subject, text } = mail.clone();
            txn.put(TABLE, &numeric_key(number), &Mail { id: id.clone(), from, to, subject, text, at });
            let surplus = txn.rows(TABLE).count().saturating_sub(KEPT);
            let old: Vec<String> = txn.rows(TABLE).take(surplus).map(|(key, _)| key.clone()).collect();
            for key in old {
                txn.delete(TABLE, &key);
            }
            Ok(id)
        });
        sent.map_err(|error| error.to_string())
    }

    /// All mails of WHMCS and of other senders, oldest first.
    pub fn outbox(&self) -> Vec<Mail> {
        let mut mails: Vec<Mail> = self.read(|store| store.all(TABLE));
        mails.extend(self.whmcs_mails().iter().map(|mail| {
            let text = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
            Mail {
                id: format!("whmcs-{}", mail["id"]),
                from: "WHMCS".to_owned(),
                to: text("to"),
                subject: text("subject"),
                text: text("message"),
                at: text("date"),
            }
        }));
        // Of the same second, in the order of their coming.
        mails.sort_by(|a, b| a.at.cmp(&b.at));
        mails
    }
}
