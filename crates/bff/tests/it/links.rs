//! What goes over links in mails: signing up, linking, a forgotten password, another mail address; and how the account
//! stands with billing.

use crate::browser::{Answer, Browser, registration};
use crate::harness::{PASSWORD, TestPortal, on_both, unique_email};
use crate::mailbox;
use domain::ErrorCode;
use domain::auth::{BillingLink, BillingLinkView, EmailChangeState, EmailConfirmed, EmailView, Me};
use domain::common::pii::Pii;
use domain::customer::{Address, KnownCustomer};
use platform::Owner;
use platform::queue::Work;
use platform::store::link_requests::LinkedRecord;
use platform::store::mail_tokens::{self, NewToken, Purpose, Secret};
use platform::store::{accounts, link_requests};
use platform::testing::jobs;
use reqwest::Method;
use sandbox::{FaultKind, System};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use std::time::{Duration, Instant};

on_both! {
    a_sign_up_is_nothing_until_its_link_is_opened
    a_sign_up_answers_alike_whoever_is_known
    a_link_is_good_for_one_thing_once_until_its_end
    a_second_sign_up_replaces_the_first
    a_forgotten_password_is_set_anew_and_every_session_ends
    a_password_for_nobody_sends_nothing_and_says_nothing
    an_address_changes_when_both_links_were_opened
    a_change_of_address_can_be_taken_back
    an_address_of_somebody_else_is_never_taken
    an_existing_customer_is_asked_for_in_the_background
    the_sixth_try_waits_and_says_how_long
    a_linked_customer_sees_the_services_of_the_record
    the_link_to_billing_is_looked_at_on_signing_in
    a_broken_link_to_billing_can_be_repaired
}

const NEW_PASSWORD: &str = "seven other plain words";

fn shown(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    (answer.status.as_u16(), answer.body.clone(), names)
}

async fn confirm(browser: &Browser, token: &str) -> Answer {
    browser.post("/api/auth/register/confirm", &json!({ "token": token })).await
}

async fn end_links(portal: &TestPortal) {
    portal.db.conn().execute_unprepared("UPDATE mail_token SET expires_at = 1").await.unwrap();
}

async fn a_sign_up_is_nothing_until_its_link_is_opened(portal: &TestPortal) {
    let email = unique_email();
    let browser = portal.browser();
    assert_eq!(browser.post("/api/auth/register", &registration(&email)).await.status, 202);
    assert_eq!(
        (portal.count("person").await, portal.count("customer").await, portal.count("session").await),
        (0, 0, 0)
    );
    browser
        .post("/api/auth/login", &json!({ "email": email, "password": PASSWORD }))
        .await
        .problem(ErrorCode::CredentialsWrong);
    let mails = mailbox::to(&portal.db, &email).await;
    assert_eq!((mails.len(), mails[0].language.as_str()), (1, "ja"), "in the language of the form");
    let token = mailbox::link(&portal.db, &email, "confirm_sign_up").await;
    let mut browser = portal.browser();
    let reply = browser.follow("/api/auth/register/confirm", &json!({ "token": token })).await;
    assert_eq!(reply.me.email.reveal(), &email);
    assert_eq!(reply.me.billing_link, Some(BillingLink::Opening));
    let me: Me = browser.get("/api/auth/me").await.json();
    let customer_id = me.customer_id.unwrap();
    let opened = jobs(portal.db.conn()).await;
    assert!(opened.contains(&Work::OpenCustomer { customer_id, round: customer_id.0 }), "{opened:?}");
}

async fn a_sign_up_answers_alike_whoever_is_known(portal: &TestPortal) {
    let (known, unknown) = (unique_email(), unique_email());
    portal.browser().register(&known).await;
    let rows = async || {
        let mut counted = Vec::new();
        for table in ["mail", "mail_token", "job", "person", "domain_event"] {
            counted.push(portal.count(table).await);
        }
        counted
    };
    let browser = portal.browser();
    let before = rows().await;
    let first = browser.post("/api/auth/register", &registration(&known)).await;
    let between = rows().await;
    let second = browser.post("/api/auth/register", &registration(&unknown)).await;
    let after = rows().await;
    assert_eq!(shown(&first), shown(&second));
    let grown = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| b - a).collect::<Vec<_>>();
    assert_eq!(grown(&before, &between), grown(&between, &after), "the same rows are written");
    assert_eq!(mailbox::names(&portal.db, &known).await, ["confirm_sign_up", "account_exists"]);
    assert_eq!(mailbox::names(&portal.db, &unknown).await, ["confirm_sign_up"]);
    let told = mailbox::to(&portal.db, &known).await;
    assert!(told[1].fields.token.is_none(), "whoever signed up again gets no way in");
}

async fn a_link_is_good_for_one_thing_once_until_its_end(portal: &TestPortal) {
    let (email, late) = (unique_email(), unique_email());
    let browser = portal.browser();
    assert_eq!(browser.post("/api/auth/register", &registration(&email)).await.status, 202);
    let token = mailbox::link(&portal.db, &email, "confirm_sign_up").await;
    for (path, body) in [
        ("/api/auth/link/confirm", json!({ "token": token, "password": NEW_PASSWORD, "language": "en" })),
        ("/api/auth/password/reset", json!({ "token": token, "password": NEW_PASSWORD })),
        ("/api/auth/email/confirm", json!({ "token": token })),
    ] {
        browser.post(path, &body).await.problem(ErrorCode::LinkInvalid);
    }
    confirm(&browser, &"A".repeat(43)).await.problem(ErrorCode::LinkInvalid);
    confirm(&browser, "nonsense").await.problem(ErrorCode::Invalid);
    assert_eq!(confirm(&browser, &token).await.status, 201);
    confirm(&browser, &token).await.problem(ErrorCode::LinkInvalid);
    assert_eq!(portal.count("person").await, 1);
    assert_eq!(browser.post("/api/auth/register", &registration(&late)).await.status, 202);
    let token = mailbox::link(&portal.db, &late, "confirm_sign_up").await;
    end_links(portal).await;
    confirm(&browser, &token).await.problem(ErrorCode::LinkInvalid);
    assert_eq!(portal.count("person").await, 1);
}

async fn a_second_sign_up_replaces_the_first(portal: &TestPortal) {
    let email = unique_email();
    let browser = portal.browser();
    browser.post("/api/auth/register", &registration(&email)).await;
    let first = mailbox::link(&portal.db, &email, "confirm_sign_up").await;
    browser.post("/api/auth/register", &registration(&email)).await;
    let second = mailbox::link(&portal.db, &email, "confirm_sign_up").await;
    confirm(&browser, &first).await.problem(ErrorCode::LinkInvalid);
    assert_eq!(confirm(&browser, &second).await.status, 201);
    for _ in 0..3 {
        assert_eq!(browser.post("/api/auth/register", &registration(&email)).await.status, 202);
    }
    let problem = browser.post("/api/auth/register", &registration(&email)).await.problem(ErrorCode::TooManyRequests);
    assert!(problem.retry_after.is_some_and(|seconds| (800..=900).contains(&seconds)), "{problem:?}");
}

async fn a_forgotten_password_is_set_anew_and_every_session_ends(portal: &TestPortal) {
    let email = unique_email();
    let mut browser = portal.browser();
    browser.register(&email).await;
    let mut elsewhere = portal.browser();
    elsewhere.login(&email, PASSWORD).await;
    let asked = format!("  {} ", email.to_uppercase());
    assert_eq!(browser.post("/api/auth/password/forgot", &json!({ "email": asked })).await.status, 202);
    let token = mailbox::link(&portal.db, &email, "password_reset").await;
    let reset = json!({ "token": token, "password": NEW_PASSWORD });
    let common = json!({ "token": token, "password": "Password123" });
    browser.post("/api/auth/password/reset", &common).await.problem(ErrorCode::Invalid);
    assert_eq!(browser.post("/api/auth/password/reset", &reset).await.status, 204);
    browser.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    elsewhere.refresh().await.problem(ErrorCode::SessionEnded);
    let old = json!({ "email": email, "password": PASSWORD });
    portal.browser().post("/api/auth/login", &old).await.problem(ErrorCode::CredentialsWrong);
    portal.browser().login(&email, NEW_PASSWORD).await;
    browser.post("/api/auth/password/reset", &reset).await.problem(ErrorCode::LinkInvalid);
    assert_eq!(mailbox::names(&portal.db, &email).await.last().unwrap(), "password_changed");
    // A link that is too old.
    browser.post("/api/auth/password/forgot", &json!({ "email": email })).await;
    let token = mailbox::link(&portal.db, &email, "password_reset").await;
    end_links(portal).await;
    let late = json!({ "token": token, "password": PASSWORD });
    browser.post("/api/auth/password/reset", &late).await.problem(ErrorCode::LinkInvalid);
    portal.browser().login(&email, NEW_PASSWORD).await;
}

async fn a_password_for_nobody_sends_nothing_and_says_nothing(portal: &TestPortal) {
    let (known, unknown) = (unique_email(), unique_email());
    portal.browser().register(&known).await;
    let browser = portal.browser();
    let before = (portal.count("mail").await, portal.count("mail_token").await, portal.count("job").await);
    let first = browser.post("/api/auth/password/forgot", &json!({ "email": unknown })).await;
    let second = browser.post("/api/auth/password/forgot", &json!({ "email": known })).await;
    assert_eq!(shown(&first), shown(&second));
    let after = (portal.count("mail").await, portal.count("mail_token").await, portal.count("job").await);
    assert_eq!(after, (before.0 + 2, before.1 + 2, before.2 + 2), "one of each for either");
    assert_eq!(mailbox::states(&portal.db).await, ["waiting", "withheld", "waiting"]);
    assert!(mailbox::to(&portal.db, &unknown).await.is_empty());
    for _ in 0..4 {
        assert_eq!(browser.post("/api/auth/password/forgot", &json!({ "email": unknown })).await.status, 202);
    }
    let sixth = browser.post("/api/auth/password/forgot", &json!({ "email": unknown })).await;
    sixth.problem(ErrorCode::TooManyRequests);
}

async fn open_email_link(browser: &Browser, token: &str) -> EmailChangeState {
    let answer = browser.post("/api/auth/email/confirm", &json!({ "token": token })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json::<EmailConfirmed>().state
}

async fn an_address_changes_when_both_links_were_opened(portal: &TestPortal) {
    let (old, new) = (unique_email(), unique_email());
    let mut browser = portal.browser();
    let me = browser.register(&old).await.me;
    browser.post("/api/account/email", &json!({ "email": old })).await.problem(ErrorCode::Invalid);
    portal.browser().post("/api/account/email", &json!({ "email": new })).await.problem(ErrorCode::SignInNeeded);
    assert_eq!(browser.post("/api/account/email", &json!({ "email": new.to_uppercase() })).await.status, 202);
    let view: EmailView = browser.get("/api/account/email").await.json();
    let pending = view.pending.unwrap();
    assert_eq!((view.email.reveal(), pending.email.reveal()), (&old, &new));
    let nobody = portal.browser();
    let token = mailbox::link(&portal.db, &new, "email_confirm_new").await;
    assert_eq!(open_email_link(&nobody, &token).await, EmailChangeState::WaitingForOther);
    let again = nobody.post("/api/auth/email/confirm", &json!({ "token": token })).await;
    again.problem(ErrorCode::LinkInvalid);
    let view: EmailView = browser.get("/api/account/email").await.json();
    assert!(view.pending.is_some_and(|p| p.new_confirmed && !p.old_confirmed));
    portal.browser().login(&old, PASSWORD).await;
    let token = mailbox::link(&portal.db, &old, "email_confirm_old").await;
    assert_eq!(open_email_link(&nobody, &token).await, EmailChangeState::Changed);
    let wrong = json!({ "email": old, "password": PASSWORD });
    portal.browser().post("/api/auth/login", &wrong).await.problem(ErrorCode::CredentialsWrong);
    assert_eq!(portal.browser().login(&new, PASSWORD).await.me.user_id, me.user_id);
    for address in [&old, &new] {
        assert_eq!(mailbox::names(&portal.db, address).await.last().unwrap(), "email_changed");
    }
    let view: EmailView = browser.get("/api/account/email").await.json();
    assert_eq!((view.email.reveal(), view.pending), (&new, None));
    let account =
        accounts::customer(portal.db.conn(), Owner::for_system(me.customer_id.unwrap())).await.unwrap().unwrap();
    assert_eq!(account.email.reveal(), &new, "the account moves along");
}

async fn a_change_of_address_can_be_taken_back(portal: &TestPortal) {
    let (old, new) = (unique_email(), unique_email());
    let mut browser = portal.browser();
    browser.register(&old).await;
    browser.post("/api/account/email", &json!({ "email": new })).await;
    let links = [
        mailbox::link(&portal.db, &old, "email_confirm_old").await,
        mailbox::link(&portal.db, &new, "email_confirm_new").await,
    ];
    let withdraw = async || Browser::send(browser.request(Method::DELETE, "/api/account/email")).await.status;
    assert_eq!(
        (withdraw().await, withdraw().await),
        (reqwest::StatusCode::NO_CONTENT, reqwest::StatusCode::NO_CONTENT)
    );
    for token in links {
        let answer = browser.post("/api/auth/email/confirm", &json!({ "token": token })).await;
        answer.problem(ErrorCode::LinkInvalid);
    }
    portal.browser().login(&old, PASSWORD).await;
    assert!(browser.get("/api/account/email").await.json::<EmailView>().pending.is_none());
    // A new password ends a change that somebody else may have begun.
    browser.post("/api/account/email", &json!({ "email": new })).await;
    let token = mailbox::link(&portal.db, &new, "email_confirm_new").await;
    browser.post("/api/auth/password/forgot", &json!({ "email": old })).await;
    let reset = mailbox::link(&portal.db, &old, "password_reset").await;
    let body = json!({ "token": reset, "password": NEW_PASSWORD });
    assert_eq!(browser.post("/api/auth/password/reset", &body).await.status, 204);
    let answer = browser.post("/api/auth/email/confirm", &json!({ "token": token })).await;
    answer.problem(ErrorCode::LinkInvalid);
}

async fn an_address_of_somebody_else_is_never_taken(portal: &TestPortal) {
    let (mine, theirs, soon) = (unique_email(), unique_email(), unique_email());
    let mut browser = portal.browser();
    browser.register(&mine).await;
    portal.browser().register(&theirs).await;
    let free = browser.post("/api/account/email", &json!({ "email": soon })).await;
    let taken = browser.post("/api/account/email", &json!({ "email": theirs })).await;
    assert_eq!(shown(&free), shown(&taken), "who asks is not told");
    assert_eq!(mailbox::names(&portal.db, &theirs).await, ["confirm_sign_up", "account_exists"]);
    let token = mailbox::link(&portal.db, &mine, "email_confirm_old").await;
    assert_eq!(open_email_link(&browser, &token).await, EmailChangeState::WaitingForOther);
    assert_eq!(portal.browser().login(&theirs, PASSWORD).await.me.email.reveal(), &theirs);
    // Free when it was asked for, and not any more when the last link is opened.
    browser.post("/api/account/email", &json!({ "email": soon })).await;
    let links = [
        mailbox::link(&portal.db, &mine, "email_confirm_old").await,
        mailbox::link(&portal.db, &soon, "email_confirm_new").await,
    ];
    portal.browser().register(&soon).await;
    assert_eq!(open_email_link(&browser, &links[0]).await, EmailChangeState::WaitingForOther);
    let answer = browser.post("/api/auth/email/confirm", &json!({ "token": links[1] })).await;
    answer.problem(ErrorCode::LinkInvalid);
    portal.browser().login(&mine, PASSWORD).await;
}

fn asking(number: &str, email: &str) -> serde_json::Value {
    json!({ "customer_number": number, "email": email, "language": "ja" })
}

async fn an_existing_customer_is_asked_for_in_the_background(portal: &TestPortal) {
    let browser = portal.browser();
    let right = browser.post("/api/auth/link", &asking(" c-100001 ", "Mika@Example.com")).await;
    let wrong = browser.post("/api/auth/link", &asking("C-999999", &unique_email())).await;
    assert_eq!(right.status, 202);
    assert_eq!(shown(&right), shown(&wrong), "who asks is not told");
    assert!(portal.world().calls().is_empty(), "nobody is looked for while the browser waits");
    let jobs = jobs(portal.db.conn()).await;
    let [Work::LinkCustomer { request_id }, Work::LinkCustomer { .. }] = jobs[..] else { panic!("{jobs:?}") };
    let asked = link_requests::find(portal.db.conn(), request_id).await.unwrap().unwrap();
    assert_eq!(
        (asked.customer_number.reveal().as_str(), asked.email.reveal().as_str()),
        ("C-100001", "mika@example.com")
    );
    browser.post("/api/auth/link", &asking("'; --", "mika@example.com")).await.problem(ErrorCode::Invalid);
}

async fn the_sixth_try_waits_and_says_how_long(portal: &TestPortal) {
    let browser = portal.browser();
    for number in ["C-100001", "C-100002", "C-999999", "C-100003", "C-100004"] {
        assert_eq!(browser.post("/api/auth/link", &asking(number, &unique_email())).await.status, 202);
    }
    let sixth = browser.post("/api/auth/link", &asking("C-100001", "mika@example.com")).await;
    let problem = sixth.problem(ErrorCode::TooManyRequests);
    assert!(problem.retry_after.is_some_and(|seconds| (800..=900).contains(&seconds)), "{problem:?}");
    assert_eq!(problem.detail.as_deref(), Some("Please try again in 15 minutes."));
    assert_eq!(jobs(portal.db.conn()).await.len(), 5);
}

async fn linked(portal: &TestPortal, number: &str, email: &str, client: u64) -> String {
    let text = |s: &str| Pii::new(s.to_owned());
    let secret = Secret::new().unwrap();
    let record = LinkedRecord {
        customer_number: number.to_owned(),
        customer: KnownCustomer {
            family_name: text("Sato"),
            given_name: text("Mika"),
            email: text(email),
            phone: text("07000200001"),
            address: Address::default(),
        },
        whmcs_client_id: Some(client),
    };
    let data = serde_json::to_value(&record).unwrap();
    let token =
        NewToken { hash: &secret.hash, purpose: Purpose::Link, subject: number, person: None, customer: None, data };
    mail_tokens::insert(portal.db.conn(), &token, portal.clock.now()).await.unwrap();
    secret.text.into_inner()
}

async fn a_linked_customer_sees_the_services_of_the_record(portal: &TestPortal) {
    let token = linked(portal, "C-100001", "mika@example.com", 1).await;
    let mut browser = portal.browser();
    let common = json!({ "token": token, "password": "Password123", "language": "ja" });
    browser.post("/api/auth/link/confirm", &common).await.problem(ErrorCode::Invalid);
    let body = json!({ "token": token, "password": PASSWORD, "language": "ja" });
    let reply = browser.follow("/api/auth/link/confirm", &body).await;
    assert_eq!(
        (reply.me.customer_number.as_deref(), reply.me.given_name.reveal().as_str()),
        (Some("C-100001"), "Mika")
    );
    let services = browser.get("/api/subscriptions").await;
    assert!(services.body.contains("07000300001"), "{}", services.body);
    browser.post("/api/auth/link/confirm", &body).await.problem(ErrorCode::LinkInvalid);
    // A second link for the same number, however it came about, makes no second account.
    let other = linked(portal, "C-100001", &unique_email(), 1).await;
    let body = json!({ "token": other, "password": PASSWORD, "language": "ja" });
    browser.post("/api/auth/link/confirm", &body).await.problem(ErrorCode::LinkInvalid);
    assert_eq!((portal.count("customer").await, portal.count("person").await), (1, 1));
}

async fn set_client(portal: &TestPortal, me: &Me, client: u64) {
    accounts::set_whmcs_client(portal.db.conn(), Owner::for_system(me.customer_id.unwrap()), client).await.unwrap();
}

async fn state(browser: &Browser) -> BillingLink {
    browser.get("/api/account/billing-link").await.json::<BillingLinkView>().state
}

async fn the_link_to_billing_is_looked_at_on_signing_in(portal: &TestPortal) {
    let mut mika = portal.mika().await;
    let me: Me = mika.get("/api/auth/me").await.json();
    assert_eq!((me.billing_link, state(&mika).await), (Some(BillingLink::Linked), BillingLink::Linked));
    // Billing says nothing for long: the sign-in does not wait for it.
    portal.fault(System::Whmcs, "GetClientsDetails", FaultKind::Html503, None);
    let started = Instant::now();
    let reply = mika.login("mika@example.com", PASSWORD).await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(reply.me.billing_link, Some(BillingLink::Unknown));
    assert_eq!(mika.get("/api/auth/me").await.json::<Me>().billing_link, Some(BillingLink::Linked), "as last seen");
    portal.world().clear_faults();
    // Somebody else's client, and one that does not exist.
    for client in [2, 987_654] {
        set_client(portal, &me, client).await;
        let fresh = async {
            // The breaker may still be open for a moment.
            while state(&mika).await == BillingLink::Unknown {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(40), fresh).await.expect("billing is back");
        let reply = portal.browser().login("mika@example.com", PASSWORD).await;
        assert_eq!(reply.me.billing_link, Some(BillingLink::Broken), "client {client}");
    }
    let staff = portal.staff().await;
    staff.get("/api/account/billing-link").await.problem(ErrorCode::NoCustomerAccount);
}

async fn a_broken_link_to_billing_can_be_repaired(portal: &TestPortal) {
    let browser = portal.customer().await;
    let me: Me = browser.get("/api/auth/me").await.json();
    set_client(portal, &me, 2).await;
    assert_eq!(state(&browser).await, BillingLink::Broken);
    let before = jobs(portal.db.conn()).await.len();
    assert_eq!(browser.post("/api/account/billing-link/repair", &json!({})).await.status, 202);
    assert_eq!(state(&browser).await, BillingLink::Opening);
    let jobs = jobs(portal.db.conn()).await;
    assert_eq!(jobs.len(), before + 1);
    assert!(
        matches!(jobs.last(), Some(Work::OpenCustomer { customer_id, .. }) if Some(*customer_id) == me.customer_id)
    );
    for _ in 0..4 {
        browser.post("/api/account/billing-link/repair", &json!({})).await;
    }
    let sixth = browser.post("/api/account/billing-link/repair", &json!({})).await;
    sixth.problem(ErrorCode::TooManyRequests);
}
