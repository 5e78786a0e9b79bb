//! The result of a form, shown once on the page that follows it.
//!
//! The text stays here and the address carries only a random name for it, so nobody can put words into a page by a
//! link.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse};

use crate::keys::random_text;

/// Notices which nobody fetched; more than this many people do not click at once.
const KEPT: usize = 64;
/// Bytes of a form that are kept when it is refused.
const TYPED: usize = 64 * 1024;

/// A result for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub good: bool,
    pub text: String,
    /// The fields of the form that was refused, for the page that shows it again.
    typed: Vec<(String, String)>,
}

static WAITING: Mutex<VecDeque<(String, Notice)>> = Mutex::new(VecDeque::new());

fn waiting() -> MutexGuard<'static, VecDeque<(String, Notice)>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(notice: Notice) -> String {
    let name = random_text(20);
    let mut waiting = waiting();
    if waiting.len() == KEPT {
        waiting.pop_front();
    }
    waiting.push_back((name.clone(), notice));
    name
}

/// Takes the notice that the address names.
pub(crate) fn take(name: &str) -> Option<Notice> {
    let mut waiting = waiting();
    let at = waiting.iter().position(|(kept, _)| kept == name)?;
    waiting.remove(at).map(|(_, notice)| notice)
}

/// What was typed into the form that this request's address names, if it was refused. The notice stays for the page.
pub(crate) fn typed(request: &HttpRequest) -> Vec<(String, String)> {
    let asked = url::form_urlencoded::parse(request.query_string().as_bytes());
    let name = asked.into_iter().find(|(key, _)| key == "notice").map(|(_, name)| name).unwrap_or_default();
    waiting().iter().find(|(kept, _)| *kept == name).map(|(_, notice)| notice.typed.clone()).unwrap_or_default()
}

/// As [`after`]; a refused form keeps what was typed, see [`typed`].
pub(crate) fn after_form(to: &str, result: Result<String, String>, sent: &[(String, String)]) -> HttpResponse {
    let typed = if result.is_err() && weight(sent) <= TYPED { sent.to_vec() } else { Vec::new() };
    lead(to, result, typed)
}

fn weight(sent: &[(String, String)]) -> usize {
    sent.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Leads to a page of the console with the result of a form: what was done, or why nothing was.
pub(crate) fn after(to: &str, result: Result<String, String>) -> HttpResponse {
    lead(to, result, Vec::new())
}

fn lead(to: &str, result: Result<String, String>, typed: Vec<(String, String)>) -> HttpResponse {
    let notice = match result {
        Ok(text) => Notice { good: true, text, typed },
        Err(text) => Notice { good: false, text, typed },
    };
    let joint = if to.contains('?') { '&' } else { '?' };
    let location = format!("{to}{joint}notice={}", keep(notice));
    HttpResponse::SeeOther().insert_header(("Location", location)).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_shown_once() {
        let name = keep(Notice { good: true, text: "Done".into(), typed: Vec::new() });
        assert_eq!(take(&name).map(|notice| notice.text), Some("Done".into()));
        assert_eq!(take(&name), None);
        assert_eq!(take("guessed"), None);
    }

    #[test]
    fn a_refused_form_is_kept_until_its_page_is_shown() {
        let sent = [("name".to_owned(), "typed".to_owned())];
        let page = |answer: HttpResponse| {
            let to = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
            actix_web::test::TestRequest::with_uri(&to).to_http_request()
        };
        let refused = page(after_form("/a?b=c", Err("No".into()), &sent));
        assert_eq!(typed(&refused), sent);
        assert_eq!(typed(&refused), sent, "looking takes nothing away");
        let name = refused.query_string().rsplit('=').next().unwrap();
        assert_eq!(take(name).map(|notice| notice.text), Some("No".into()));
        assert!(typed(&refused).is_empty());
        assert!(typed(&page(after_form("/a", Ok("Yes".into()), &sent))).is_empty());
        let long = [("name".to_owned(), "x".repeat(TYPED))];
        assert!(typed(&page(after_form("/a", Err("No".into()), &long))).is_empty());
    }
}
