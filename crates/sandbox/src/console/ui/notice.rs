//! The result of a form, shown once on the page that follows it.
//!
//! The text stays here and the address carries only a random name for it, so nobody can put words into a page by a
//! link. What was typed into a form that was refused waits with the notice, so that it need not be typed again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse};

use super::form::Fields;
use crate::keys::random_text;

/// Notices which nobody fetched; more than this many people do not click at once.
const KEPT: usize = 64;

/// A result for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub good: bool,
    pub text: String,
}

/// The fields of a form by its name.
type Form = (&'static str, Vec<(String, String)>);

struct Waiting {
    name: String,
    notice: Notice,
    form: Option<Form>,
}

static WAITING: Mutex<VecDeque<Waiting>> = Mutex::new(VecDeque::new());

fn waiting() -> MutexGuard<'static, VecDeque<Waiting>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(notice: Notice, form: Option<Form>) -> String {
    let name = random_text(20);
    let mut waiting = waiting();
    if waiting.len() == KEPT {
        waiting.pop_front();
    }
    waiting.push_back(Waiting { name: name.clone(), notice, form });
    name
}

/// Takes the notice that the address names.
pub(crate) fn take(name: &str) -> Option<Notice> {
    let mut waiting = waiting();
    let at = waiting.iter().position(|kept| kept.name == name)?;
    waiting.remove(at).map(|kept| kept.notice)
}

fn lead(to: &str, result: Result<String, String>, form: Option<Form>) -> HttpResponse {
    let notice = match result {
        Ok(text) => Notice { good: true, text },
        Err(text) => Notice { good: false, text },
    };
    let joint = if to.contains('?') { '&' } else { '?' };
    let location = format!("{to}{joint}notice={}", keep(notice, form));
    HttpResponse::SeeOther().insert_header(("Location", location)).finish()
}

/// Leads to a page of the console with the result of a form: what was done, or why nothing was.
pub(crate) fn after(to: &str, result: Result<String, String>) -> HttpResponse {
    lead(to, result, None)
}

/// As [`after`]; when nothing was done, the form of this name shows what was typed (see [`Typed`]). Secrets must not be
/// among the fields.
pub(crate) fn after_form(
    to: &str,
    form: &'static str,
    sent: &[(String, String)],
    result: Result<String, String>,
) -> HttpResponse {
    let typed = result.is_err().then(|| (form, sent.to_vec()));
    lead(to, result, typed)
}

/// What a person typed into a form that was refused; nothing when it was not.
pub(crate) struct Typed(Option<Vec<(String, String)>>);

impl Typed {
    /// To be asked before the page is laid out: that takes the notice away.
    pub(crate) fn of(request: &HttpRequest, form: &str) -> Self {
        let mut asked = url::form_urlencoded::parse(request.query_string().as_bytes());
        let name = asked.find(|(key, _)| key == "notice").map(|(_, name)| name.into_owned()).unwrap_or_default();
        let waiting = waiting();
        let kept = waiting.iter().find(|kept| kept.name == name).and_then(|kept| kept.form.as_ref());
        Self(kept.filter(|(own, _)| *own == form).map(|(_, fields)| fields.clone()))
    }

    /// The value of a field, or what holds now.
    pub(crate) fn or(&self, name: &str, now: impl Into<String>) -> String {
        match &self.0 {
            Some(fields) => Fields(fields).text(name).to_owned(),
            None => now.into(),
        }
    }

    /// All fields as they were sent; none when nothing was refused.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether a box is ticked: browsers leave out the others.
    pub(crate) fn ticked(&self, name: &str, now: bool) -> bool {
        self.0.as_ref().map_or(now, |fields| Fields(fields).ticked(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_shown_once() {
        let name = keep(Notice { good: true, text: "Done".into() }, None);
        assert_eq!(take(&name).map(|notice| notice.text), Some("Done".into()));
        assert_eq!(take(&name), None);
        assert_eq!(take("guessed"), None);
    }
}
