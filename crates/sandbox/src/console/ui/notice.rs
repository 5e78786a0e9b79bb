//! The result of a form, shown once on the page that follows it.
//!
//! The text stays here and the address carries only a random name for it, so nobody can put words into a page by a
//! link.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpResponse;

use crate::keys::random_text;

/// Notices which nobody fetched; more than this many people do not click at once.
const KEPT: usize = 64;

/// A result for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub good: bool,
    pub text: String,
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

/// Leads to a page of the console with the result of a form: what was done, or why nothing was.
pub(crate) fn after(to: &str, result: Result<String, String>) -> HttpResponse {
    let notice = match result {
        Ok(text) => Notice { good: true, text },
        Err(text) => Notice { good: false, text },
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
        let name = keep(Notice { good: true, text: "Done".into() });
        assert_eq!(take(&name).map(|notice| notice.text), Some("Done".into()));
        assert_eq!(take(&name), None);
        assert_eq!(take("guessed"), None);
    }
}
