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
const BEFORE_SIGN_IN: &[&str] = &[];

/// Store functions that take a bare customer id, and why that is right.
const BARE: &[(&str, &str)] = &[("me", "reads the account only through the person's own membership")];

#[test]
fn store_functions_take_an_owner_and_no_bare_id() {
    let mut looked_at = 0;
    for (name, text) in of_crate("platform").iter().filter(|(name, _)| name.starts_with("platform/src/store/")) {
        for function in text.split("pub async fn ").skip(1) {
            let head = function.split('{').next().unwrap();
            let (called, rest) = head.split_once(['<', '(']).unwrap();
            let arguments = rest.split("->").next().unwrap();
            looked_at += 1;
            let bare = arguments.contains("CustomerId") && !BARE.iter().any(|(known, _)| *known == called);
            assert!(!bare, "{name}: {called} takes a CustomerId; take platform::Owner, which a request cannot make up");
        }
    }
    assert!(looked_at > 60, "{looked_at}");
}

/// Parts of the API that work on the database as the portal itself, and why. Everything else goes through
/// `CurrentUser::db`, behind the wall between customers.
const AS_THE_PORTAL: &[(&str, &str)] = &[
    ("bff/src/features/auth/", "sign-in: nobody is known yet"),
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
