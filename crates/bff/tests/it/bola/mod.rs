//! Broken object level authorisation: customers A and B, staff and nobody, every operation of the OpenAPI document, every
//! id parameter with the other's ids. Nothing is read, nothing is written, and what exists cannot be told from what does not.

mod table;
mod world;

use crate::browser::{Answer, Browser};
use crate::harness::{TestPortal, on_both};
use reqwest::Method;
use serde_json::Value;
use table::{For, Row, TABLE};
use world::{Customer, Ids, customer, standing};

on_both! {
    nobody_reaches_what_is_somebody_elses
}

/// An operation of the document with its row.
struct Operation {
    method: Method,
    path: String,
    parameters: Vec<String>,
    row: &'static Row,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(bff::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let row = TABLE.iter().find(|row| row.op == id).unwrap_or_else(|| {
                panic!("{method} {path}: no row for {id} in crates/bff/tests/it/bola/table.rs: say there for whom it is and what its ids mean")
            });
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let in_path = parameters.iter().filter(|p| p["in"] == "path");
            let parameters: Vec<String> = in_path.map(|p| p["name"].as_str().unwrap().to_owned()).collect();
            let signed_in = operation["security"].as_array().is_some_and(|s| !s.is_empty());
            assert_eq!(
                signed_in,
                row.whom != For::Anyone,
                "{id}: the document and the table differ on who may call it"
            );
            let method: Method = method.to_uppercase().parse().unwrap();
            found.push(Operation { method, path: path.clone(), parameters, row });
        }
    }
    found
}

impl Operation {
    /// The address with an id for each parameter. `whose` says of each whether it is `mine` or `theirs`.
    fn address(&self, whose: &[&Ids]) -> String {
        let mut path = self.path.clone();
        for (name, ids) in self.parameters.iter().zip(whose) {
            let known = self.row.ids.iter().find(|(known, _)| known == name);
            let (_, id) = known.unwrap_or_else(|| panic!("{}: what is the parameter {name}?", self.row.op));
            path = path.replace(&format!("{{{name}}}"), ids.of(*id));
        }
        assert!(!path.contains('{'), "{path}: a parameter is not documented");
        path
    }

    async fn call(&self, browser: &Browser, address: &str, of: &Ids) -> Answer {
        let mut request = browser.request(self.method.clone(), address).header("idempotency-key", "bola");
        if let Some(body) = self.row.body {
            request = request.json(&body(of));
        }
        Browser::send(request).await
    }

    /// Each way to put at least one of theirs among mine.
    fn mixtures<'i>(&self, mine: &'i Ids, theirs: &'i Ids) -> Vec<Vec<&'i Ids>> {
        let n = self.parameters.len();
        (1..(1_usize << n))
            .map(|bits| (0..n).map(|at| if bits >> at & 1 == 1 { theirs } else { mine }).collect())
            .collect()
    }
}

#[track_caller]
fn shows_nothing(answer: &Answer, of: &Ids, asked: &str, what: &str) {
    let whole = format!("{:?} {}", answer.headers, answer.body);
    for mark in &of.marks {
        // What the caller has sent itself may come back as the problem's `instance`.
        let seen = whole.matches(mark.as_str()).count();
        let sent = if answer.status.is_success() { 0 } else { asked.matches(mark.as_str()).count() };
        assert!(seen <= sent, "{what}: {mark} is shown: {} {:.300}", answer.status, answer.body);
    }
}

async fn nobody_reaches_what_is_somebody_elses(portal: &TestPortal) {
    let a = customer(portal, "mika@example.com", ("Sato", "Mika"), "C-990001", 1).await;
    let b = customer(portal, "second@example.com", ("Suzuki", "Riku"), "C-990002", 2).await;
    let staff = portal.staff().await;
    let nobody = portal.browser();
    let unknown = Ids {
        order: "00000000-0000-4000-8000-000000000000".into(),
        service: "99999999".into(),
        job: "00000000-0000-4000-8000-000000000000".into(),
        session: "00000000-0000-4000-8000-000000000000".into(),
        passkey: "00000000-0000-4000-8000-000000000000".into(),
        person: "00000000-0000-4000-8000-000000000000".into(),
        invitation: "00000000-0000-4000-8000-000000000000".into(),
        customer: "00000000-0000-4000-8000-000000000000".into(),
        marks: Vec::new(),
    };
    let mut tried = 0;
    for operation in operations() {
        let op = operation.row.op;
        assert_eq!(operation.parameters.len(), operation.row.ids.len(), "{op}: ids that the path does not have");
        let before = standing(portal).await;
        for (me, other, who) in [(&a, &b, "A"), (&b, &a, "B")] {
            for mixture in operation.mixtures(&me.ids, &other.ids) {
                let address = operation.address(&mixture);
                let answer = operation.call(&me.browser, &address, &other.ids).await;
                let what = format!("{who}: {op} {address}");
                refused(&answer, &[403, 404], &what);
                shows_nothing(&answer, &other.ids, &address, &what);
                // The same words as for what is not there at all.
                let absent = operation.address(&vec![&unknown; mixture.len()]);
                let of_nothing = operation.call(&me.browser, &absent, &unknown).await;
                assert_eq!(code(&answer), code(&of_nothing), "{what}: what exists is told from what does not");
                tried += 1;
            }
            tried += without_ids(&operation, me, other, who).await;
        }
        for victim in [&a, &b] {
            let address = operation.address(&vec![&victim.ids; operation.parameters.len()]);
            let what = format!("nobody: {op} {address}");
            let answer = operation.call(&nobody, &address, &victim.ids).await;
            shows_nothing(&answer, &victim.ids, &address, &what);
            match operation.row.whom {
                For::Anyone => assert!(answer.status.as_u16() < 500, "{what}: {}", answer.status),
                For::Person | For::Customer | For::Staff => refused(&answer, &[401], &what),
            }
            // Staff have sessions too, but not this one; and no customer account at all.
            if operation.row.whom == For::Customer
                || (operation.row.whom == For::Person && !operation.parameters.is_empty())
            {
                let what = format!("staff: {op} {address}");
                let answer = operation.call(&staff, &address, &victim.ids).await;
                refused(&answer, &[403, 404], &what);
                shows_nothing(&answer, &victim.ids, &address, &what);
            }
            tried += 1;
        }
        unchanged(&before, &standing(portal).await, op);
    }
    owners_may(portal, [&a, &b], &staff).await;
    assert!(tried > 3 * TABLE.len(), "{tried}");
}

/// An operation without ids never gives what is the other's, and what is for staff is not there for customers.
async fn without_ids(operation: &Operation, me: &Customer, other: &Customer, who: &str) -> usize {
    if !operation.parameters.is_empty() {
        return 0;
    }
    // Signing out ends what the rest of the matrix needs; it takes no id but the caller's own session.
    if operation.row.op == "logout" || operation.row.acts_on_own {
        return 0;
    }
    let what = format!("{who}: {} {}", operation.row.op, operation.path);
    let mut browser = me.browser.clone();
    if operation.row.whom == For::Anyone {
        // A refresh would move the family on.
        browser.cookie = None;
    }
    let answer = operation.call(&browser, &operation.path, &other.ids).await;
    shows_nothing(&answer, &other.ids, &operation.path, &what);
    match operation.row.whom {
        For::Staff => refused(&answer, &[404], &what),
        For::Anyone | For::Person | For::Customer => assert!(answer.status.as_u16() < 500, "{what}: {}", answer.body),
    }
    1
}

/// The requests of the matrix are right: who owns the ids is not refused.
async fn owners_may(portal: &TestPortal, customers: [&Customer; 2], staff: &Browser) {
    assert!(portal.count("customer_order").await >= 2);
    let mut all = operations();
    // What ends something comes last.
    all.sort_by_key(|operation| operation.method == Method::DELETE);
    for operation in all.iter().filter(|o| !o.parameters.is_empty()) {
        for owner in customers {
            let browser = if operation.row.whom == For::Staff { staff } else { &owner.browser };
            let address = operation.address(&vec![&owner.ids; operation.parameters.len()]);
            let answer = operation.call(browser, &address, &owner.ids).await;
            let (op, status) = (operation.row.op, answer.status.as_u16());
            assert!(operation.row.own.contains(&status), "{op}: the owner gets {status}: {}", answer.body);
        }
    }
}

#[track_caller]
fn refused(answer: &Answer, with: &[u16], what: &str) {
    assert!(with.contains(&answer.status.as_u16()), "{what}: {} {:.300}", answer.status, answer.body);
}

fn code(answer: &Answer) -> (u16, String) {
    let problem: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer.status.as_u16(), problem["code"].to_string())
}

#[track_caller]
fn unchanged(before: &[(String, String)], after: &[(String, String)], op: &str) {
    for (was, is) in before.iter().zip(after) {
        assert_eq!(was, is, "{op} has changed {}", was.0);
    }
    assert_eq!(before.len(), after.len());
}

#[test]
fn every_row_has_its_operation() {
    let known: Vec<&str> = operations().iter().map(|o| o.row.op).collect();
    for row in TABLE {
        assert_eq!(known.iter().filter(|op| **op == row.op).count(), 1, "{}", row.op);
    }
}
