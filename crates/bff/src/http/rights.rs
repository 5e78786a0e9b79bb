//! What each operation asks of the person behind it. The one place where an operation names its right: the extractors
//! refuse an operation that is not here, and a test compares the list with the OpenAPI document.

use domain::auth::Right;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

/// What an operation asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: signing in itself, what everybody may see, and what other systems sign.
    Nothing,
    /// A signed-in person; it is about themselves.
    Person,
    /// One of the operator's staff, by [`super::extract::CurrentStaff`].
    Staff,
    /// A member of the account, whatever they are to it; what they get is chosen by their rights.
    Member,
    /// A right for the whole account.
    Account(Right),
    /// A right for one service, the path's `id`: for a user of lines, one of theirs.
    Line(Right),
    /// A right for services of which the operation shows those that the person reaches.
    Lines(Right),
}

impl Needs {
    /// As the document says it, in `x-right`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Person => "person",
            Self::Staff => "staff",
            Self::Member => "member",
            Self::Account(right) | Self::Line(right) | Self::Lines(right) => right.name(),
        }
    }
}

const OPERATIONS: &[(&str, &str, Needs)] = &[
    ("GET", "/api/catalog", Needs::Nothing),
    ("GET", "/api/live", Needs::Nothing),
    ("POST", "/api/live/ticket", Needs::Member),
    ("GET", "/api/openapi.json", Needs::Nothing),
    ("POST", "/api/webhooks/whmcs", Needs::Nothing),
    ("GET", "/metrics", Needs::Nothing),
    // Signing in.
    ("POST", "/api/auth/register", Needs::Nothing),
    ("POST", "/api/auth/register/confirm", Needs::Nothing),
    ("POST", "/api/auth/link", Needs::Nothing),
    ("POST", "/api/auth/link/confirm", Needs::Nothing),
    ("POST", "/api/auth/password/forgot", Needs::Nothing),
    ("POST", "/api/auth/password/reset", Needs::Nothing),
    ("POST", "/api/auth/email/confirm", Needs::Nothing),
    ("POST", "/api/auth/invitations/look", Needs::Nothing),
    ("POST", "/api/auth/invitations/accept", Needs::Nothing),
    ("POST", "/api/auth/login", Needs::Nothing),
    ("POST", "/api/auth/login/code", Needs::Nothing),
    ("POST", "/api/auth/passkey/start", Needs::Nothing),
    ("POST", "/api/auth/passkey/finish", Needs::Nothing),
    ("POST", "/api/auth/refresh", Needs::Nothing),
    ("POST", "/api/auth/logout", Needs::Nothing),
    ("GET", "/api/auth/me", Needs::Person),
    ("POST", "/api/auth/switch", Needs::Person),
    ("POST", "/api/auth/verify", Needs::Person),
    ("POST", "/api/auth/verify/passkey/start", Needs::Person),
    ("POST", "/api/auth/verify/passkey/finish", Needs::Person),
    // The person's own affairs.
    ("GET", "/api/account/security", Needs::Person),
    ("POST", "/api/account/password", Needs::Person),
    ("POST", "/api/account/totp/start", Needs::Person),
    ("POST", "/api/account/totp/confirm", Needs::Person),
    ("POST", "/api/account/totp/off", Needs::Person),
    ("POST", "/api/account/recovery-codes", Needs::Person),
    ("POST", "/api/account/passkeys/start", Needs::Person),
    ("POST", "/api/account/passkeys/finish", Needs::Person),
    ("PATCH", "/api/account/passkeys/{id}", Needs::Person),
    ("DELETE", "/api/account/passkeys/{id}", Needs::Person),
    ("GET", "/api/account/email", Needs::Person),
    ("POST", "/api/account/email", Needs::Person),
    ("DELETE", "/api/account/email", Needs::Person),
    ("GET", "/api/account/sessions", Needs::Person),
    ("DELETE", "/api/account/sessions/{id}", Needs::Person),
    ("POST", "/api/account/sessions/end-others", Needs::Person),
    ("GET", "/api/account/customers", Needs::Person),
    ("GET", "/api/account/activity", Needs::Person),
    ("POST", "/api/account/data", Needs::Person),
    ("GET", "/api/account/data", Needs::Person),
    ("POST", "/api/account/data/download", Needs::Person),
    // The customer account.
    ("GET", "/api/account/people", Needs::Account(Right::ManagePeople)),
    ("PATCH", "/api/account/people/{id}", Needs::Account(Right::ManagePeople)),
    ("DELETE", "/api/account/people/{id}", Needs::Account(Right::ManagePeople)),
    ("POST", "/api/account/people/invitations", Needs::Account(Right::ManagePeople)),
    ("DELETE", "/api/account/people/invitations/{id}", Needs::Account(Right::ManagePeople)),
    ("POST", "/api/account/people/invitations/{id}/resend", Needs::Account(Right::ManagePeople)),
    ("GET", "/api/account/billing-link", Needs::Account(Right::SeeBills)),
    ("POST", "/api/account/billing-link/repair", Needs::Account(Right::SeeBills)),
    ("GET", "/api/account/close", Needs::Account(Right::CloseAccount)),
    ("POST", "/api/account/close", Needs::Account(Right::CloseAccount)),
    ("DELETE", "/api/account/close", Needs::Account(Right::CloseAccount)),
    ("GET", "/api/orders", Needs::Account(Right::SeeOrders)),
    ("POST", "/api/orders", Needs::Account(Right::OrderServices)),
    ("GET", "/api/orders/{id}", Needs::Account(Right::SeeOrders)),
    ("POST", "/api/orders/{id}/confirm", Needs::Account(Right::OrderServices)),
    ("GET", "/api/subscriptions", Needs::Lines(Right::SeeServices)),
    ("GET", "/api/subscriptions/{id}", Needs::Line(Right::SeeServices)),
];

/// What the operation at this pattern asks; `None` when it is not in the list.
pub(crate) fn of(method: &str, pattern: &str) -> Option<Needs> {
    if pattern.starts_with("/api/ops/") {
        return Some(Needs::Staff);
    }
    if pattern.starts_with("/health/") || pattern == "/api/docs" || pattern.starts_with("/api/docs/") {
        return Some(Needs::Nothing);
    }
    OPERATIONS.iter().find(|(m, p, _)| *m == method && *p == pattern).map(|(.., needs)| *needs)
}

/// Writes `x-right` into every operation of the document.
pub(crate) fn write_into(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if let Some(needs) = of(method, path) {
                let extensions = operation.extensions.get_or_insert_default();
                extensions.insert("x-right".to_owned(), needs.name().into());
            }
        }
    }
}

fn operations(item: &mut PathItem) -> Vec<(&'static str, &mut Operation)> {
    let all = [
        ("GET", item.get.as_mut()),
        ("POST", item.post.as_mut()),
        ("PUT", item.put.as_mut()),
        ("DELETE", item.delete.as_mut()),
        ("PATCH", item.patch.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::auth::Role;

    #[test]
    fn every_operation_names_what_it_needs() {
        let mut document = crate::app::document();
        let mut seen = 0;
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                let what = format!("{method} {path}");
                let needs = of(method, path).unwrap_or_else(|| panic!("{what} has no entry in http/rights.rs"));
                let right = operation.extensions.as_ref().and_then(|e| e.get("x-right"));
                assert_eq!(right.and_then(|r| r.as_str()), Some(needs.name()), "{what}");
                let signed_in = operation.security.is_some();
                assert_eq!(signed_in, needs != Needs::Nothing, "{what}: security of the document and {needs:?}");
                assert!(!matches!(needs, Needs::Line(_)) || path.contains("/{id}"), "{what}: which line?");
                seen += 1;
            }
        }
        assert!(seen > 30, "{seen} operations");
    }

    #[test]
    fn a_right_of_lines_is_never_asked_for_the_whole_account() {
        for (method, path, needs) in OPERATIONS {
            match needs {
                Needs::Account(right) => {
                    assert!(!right.is_of_lines(), "{method} {path}");
                    assert!(!Role::LineUser.may(*right), "{method} {path}");
                }
                Needs::Line(right) | Needs::Lines(right) => assert!(right.is_of_lines(), "{method} {path}"),
                Needs::Nothing | Needs::Person | Needs::Staff | Needs::Member => {}
            }
        }
    }

    #[test]
    fn the_list_has_each_operation_once() {
        let mut keys: Vec<_> = OPERATIONS.iter().map(|(m, p, _)| (m, p)).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), OPERATIONS.len());
        assert_eq!(of("DELETE", "/api/orders/{id}"), None);
    }
}
