//! Reads the sources: who makes an owner, and what the store's functions ask for.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every source file of a crate's `src`, by its path from `crates`.
fn of_crate(name: &str) -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    sources(&crates.join(name).join("src"), &mut found);
    let named = |path: PathBuf| {
        (path.strip_prefix(crates).unwrap().display().to_string(), std::fs::read_to_string(&path).unwrap())
    };
    found.into_iter().map(named).collect()
}

#[test]
fn only_the_extractor_makes_a_member_and_only_system_work_an_owner() {
    let files: Vec<_> = ["bff", "worker", "portal", "platform"].into_iter().flat_map(of_crate).collect();
    assert!(files.len() > 100);
    let making = |what: &str| -> Vec<&str> {
        files.iter().filter(|(_, text)| text.contains(what)).map(|(name, _)| name.as_str()).collect()
    };
    assert_eq!(making("Member::authenticated("), ["bff/src/http/extract/current_user.rs"]);
    let systems = making("Owner::for_system(");
    let of_customers = systems.iter().filter(|f| f.starts_with("bff/")).collect::<Vec<_>>();
    assert!(
        of_customers.iter().all(|f| BEFORE_SIGN_IN.contains(f)),
        "a request must not name its owner: {of_customers:?}"
    );
}

/// Files of the API that work for a customer before anybody is signed in: sign-up and what follows from a mail.
const BEFORE_SIGN_IN: &[&str] = &[
    // At sign-in and on the account that the session acts for, which its callers take from there.
    "bff/src/features/links/billing.rs",
    // The invitation, found by the secret of its link or by the manager's own account, names the account.
    "bff/src/features/people/invitations.rs",
];

/// Store functions that take a bare customer id, by their file, and why that is right.
const BARE: &[(&str, &[&str], &str)] = &[
    ("accounts.rs", &["me"], "reads the account only through the person's own membership"),
    (
        "accounts.rs",
        &["set_billing_link", "billing_link_of", "forget_whmcs_client"],
        "how an account stands with billing: asked at sign-in and by the worker too, where no member is known",
    ),
    ("people.rs", &["role"], "finds out whether somebody is a member: what a member is made from"),
    (
        "people.rs",
        &["lock", "members", "owners", "add", "change", "remove"],
        "who belongs to an account; an invitation is accepted by somebody who does not belong to it yet",
    ),
    ("invitations.rs", &["open", "find"], "as the people of an account: the link's secret names the account"),
    ("sessions.rs", &["end_at", "living_at"], "of a person who is removed, not of the one who asks"),
    ("activity.rs", &["page"], "of the account that the session acts for, which the extractor has looked at"),
    (
        "personal.rs",
        &["gather", "erase", "closing", "ask_closing", "withdraw_closing", "closed", "standing"],
        "the end of an account and a copy of it: the worker carries them out",
    ),
];

#[test]
fn store_functions_take_an_owner_and_no_bare_id() {
    let mut looked_at = 0;
    for (name, text) in of_crate("platform").iter().filter(|(name, _)| name.starts_with("platform/src/store/")) {
        for function in text.split("pub async fn ").skip(1) {
            let head = function.split('{').next().unwrap();
            let (called, rest) = head.split_once(['<', '(']).unwrap();
            let arguments = rest.split("->").next().unwrap();
            looked_at += 1;
            let listed = |(file, known, _): &(&str, &[&str], &str)| {
                name.ends_with(&format!("/store/{file}")) && known.contains(&called)
            };
            let bare = arguments.contains("CustomerId") && !BARE.iter().any(listed);
            assert!(!bare, "{name}: {called} takes a CustomerId; take platform::Owner, which a request cannot make up");
        }
    }
    assert!(looked_at > 60, "{looked_at}");
}

/// Parts of the API that work on the database as the portal itself, and why. Everything else goes through
/// `CurrentUser::db`, behind the wall between customers.
const AS_THE_PORTAL: &[(&str, &str)] = &[
    ("bff/src/features/auth/", "sign-in: nobody is known yet; what signs somebody in is out of every member's reach"),
    ("bff/src/features/links/", "mails and their links: whoever opens one is not signed in"),
    (
        "bff/src/features/people/",
        "rights: members and sessions of others, which the role is asked for in the same transaction",
    ),
    (
        "bff/src/features/account/service.rs",
        "the person's own activity and copy, the end of an account: no member reaches them",
    ),
    ("bff/src/features/ops/", "staff, by their own witness"),
    ("bff/src/features/webhooks/", "other systems"),
    ("bff/src/features/health/", "the schema"),
    ("bff/src/features/live/", "a ticket is looked up by its hash"),
    ("bff/src/http/extract/", "whether the session lives"),
    ("bff/src/features/orders/place.rs", "a number that is kept is kept against all customers"),
];

#[test]
fn customers_requests_go_through_the_wall() {
    for (name, text) in of_crate("bff") {
        let direct = text.contains(".db.conn()") || text.contains("Change::begin(") || text.contains(".db.begin()");
        let known = AS_THE_PORTAL.iter().any(|(place, _)| name.starts_with(place));
        assert!(!direct || known, "{name} uses the database as the portal; use CurrentUser::db, or say here why not");
    }
}
