//! Several people of one account: invitations, roles, lines, and the way between accounts.

use crate::browser::{Answer, Browser};
use crate::harness::{PASSWORD, TestPortal, on_both, unique_email};
use crate::socket::Socket;
use domain::auth::{Me, Role};
use domain::live::{ClientMessage, LiveTicket, ServerMessage};
use domain::people::{Invitation, InvitationLook, OwnAccounts, People};
use domain::subscriptions::contract::SubscriptionList;
use domain::{CustomerId, ErrorCode, OrderId, Problem, UserId};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PEOPLE: &str = "/api/account/people";
const INVITATIONS: &str = "/api/account/people/invitations";
const ACCEPT: &str = "/api/auth/invitations/accept";
const LOOK: &str = "/api/auth/invitations/look";

on_both! {
    somebody_new_accepts_once
    a_known_person_signs_in_first_and_moves_over
    a_link_ends_with_withdrawal_resending_and_time
    accepting_twice_at_once_makes_one_member
    an_admin_reaches_no_owner
    two_owners_who_remove_each_other_leave_one
    the_last_owner_stays
    who_is_removed_is_out_at_once
    a_user_of_lines_sees_these_only
    a_role_is_felt_without_signing_in_again
    a_switch_ends_the_session_of_the_other_account
    an_invitation_by_somebody_who_left_is_void
    people_of_another_account_are_not_there
}

/// The token of the newest invitation mail to this address, as its reader would have it.
async fn token_for(portal: &TestPortal, email: &str) -> String {
    let conn = portal.db.conn();
    let sql = format!(
        "SELECT fields FROM mail WHERE template = 'invitation' AND recipient = '{email}' ORDER BY created_at DESC, id DESC"
    );
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap().unwrap();
    row.try_get::<Value>("", "fields").unwrap()["token"].as_str().unwrap().to_owned()
}

async fn invite(by: &Browser, email: &str, role: &str, lines: &[u64]) -> Invitation {
    let answer = by.post(INVITATIONS, &json!({ "email": email, "role": role, "lines": lines })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

fn newcomer(token: &str) -> Value {
    json!({ "token": token, "password": PASSWORD, "family_name": "Tanaka", "given_name": "Ren", "language": "ja" })
}

/// Somebody new who has accepted.
async fn member(portal: &TestPortal, by: &Browser, role: &str, lines: &[u64]) -> Browser {
    let email = unique_email();
    invite(by, &email, role, lines).await;
    let mut browser = portal.browser();
    let answer = browser.post(ACCEPT, &newcomer(&token_for(portal, &email).await)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    browser.keep(&answer);
    browser
}

async fn me(browser: &Browser) -> Me {
    browser.get("/api/auth/me").await.json()
}

async fn id_of(browser: &Browser) -> UserId {
    me(browser).await.user_id
}

async fn people(browser: &Browser) -> People {
    browser.get(PEOPLE).await.json()
}

async fn remove(by: &Browser, who: UserId) -> Answer {
    by.delete(&format!("{PEOPLE}/{who}")).await
}

async fn change(by: &Browser, who: UserId, role: &str, lines: &[u64]) -> Answer {
    by.patch(&format!("{PEOPLE}/{who}"), &json!({ "role": role, "lines": lines })).await
}

async fn page(portal: &TestPortal, browser: &Browser) -> Socket {
    let ticket = browser.post("/api/live/ticket", &json!({})).await.json::<LiveTicket>().ticket;
    let mut socket = Socket::open(&portal.url, &portal.url).await.unwrap();
    socket.send(&ClientMessage::Auth { ticket }).await;
    assert_eq!(Socket::expect(socket.receive().await), ServerMessage::Ready);
    socket
}

async fn somebody_new_accepts_once(portal: &TestPortal) {
    let owner = portal.customer().await;
    let email = unique_email();
    let invitation = invite(&owner, &email.to_uppercase(), "billing", &[]).await;
    assert_eq!(invitation.email.reveal(), &email);
    assert_eq!(people(&owner).await.invitations, std::slice::from_ref(&invitation));
    let token = token_for(portal, &email).await;
    let look: InvitationLook = portal.browser().post(LOOK, &json!({ "token": token })).await.json();
    assert_eq!((look.role, look.needs_password), (Role::Billing, true));
    assert_eq!(look.customer_name.reveal(), "Yamaneko Hanako");
    let bare = portal.browser().post(ACCEPT, &json!({ "token": token })).await.problem(ErrorCode::Invalid);
    let pointers: Vec<_> = bare.errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(pointers, ["#/password", "#/family_name", "#/given_name"]);
    let mut weak = newcomer(&token);
    weak["password"] = "password123".into();
    portal.browser().post(ACCEPT, &weak).await.problem(ErrorCode::Invalid);
    let mut browser = portal.browser();
    let answer = browser.post(ACCEPT, &newcomer(&token)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let reply = browser.keep(&answer);
    assert_eq!((reply.me.role, reply.me.customer_id), (Some(Role::Billing), me(&owner).await.customer_id));
    assert_eq!((reply.me.given_name.reveal().as_str(), reply.me.family_name.reveal().as_str()), ("Ren", "Tanaka"));
    portal.browser().post(ACCEPT, &newcomer(&token)).await.problem(ErrorCode::LinkInvalid);
    portal.browser().post(LOOK, &json!({ "token": token })).await.problem(ErrorCode::LinkInvalid);
    let found = people(&owner).await;
    assert!(found.invitations.is_empty());
    assert_eq!(found.people.len(), 2);
    assert!(found.people[0].me && found.people[0].role == Role::Owner);
    assert_eq!(found.people[1].given_name.reveal(), "Ren");
    owner.post(INVITATIONS, &json!({ "email": email, "role": "admin" })).await.problem(ErrorCode::AlreadyMember);
    portal.browser().login(&email, PASSWORD).await;
    for kind in ["invitation_sent", "invitation_accepted"] {
        assert_eq!(portal.count(&format!("domain_event WHERE kind = '{kind}'")).await, 1, "{kind}");
    }
    assert_eq!(portal.count("invitation WHERE email <> ''").await, 0, "no address is kept that is not needed");
}

async fn a_known_person_signs_in_first_and_moves_over(portal: &TestPortal) {
    let (owner, other) = (portal.customer().await, portal.customer().await);
    let email = unique_email();
    let mut guest = portal.browser();
    guest.register(&email).await;
    invite(&owner, &email, "admin", &[]).await;
    let token = token_for(portal, &email).await;
    let look: InvitationLook = portal.browser().post(LOOK, &json!({ "token": token })).await.json();
    assert!(!look.needs_password);
    // The link alone, and a new password for an address that has a person, open nothing.
    portal.browser().post(ACCEPT, &newcomer(&token)).await.problem(ErrorCode::SignInNeeded);
    other.post(ACCEPT, &json!({ "token": token })).await.problem(ErrorCode::SignInNeeded);
    let old = guest.clone();
    let answer = guest.post(ACCEPT, &json!({ "token": token })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let reply = guest.keep(&answer);
    assert_eq!((reply.me.role, reply.me.customer_id), (Some(Role::Admin), me(&owner).await.customer_id));
    old.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    let accounts: OwnAccounts = guest.get("/api/account/customers").await.json();
    assert_eq!(accounts.customers.len(), 2);
    assert_eq!(accounts.customers.iter().filter(|a| a.current).count(), 1);
}

async fn a_link_ends_with_withdrawal_resending_and_time(portal: &TestPortal) {
    let owner = portal.customer().await;
    let email = unique_email();
    let invitation = invite(&owner, &email, "admin", &[]).await;
    let resend = format!("{INVITATIONS}/{}/resend", invitation.id);
    let too_soon = owner.post(&resend, &json!({})).await.problem(ErrorCode::TooManyRequests);
    assert!(too_soon.retry_after.is_some_and(|s| (1..=60).contains(&s)));
    owner.post(INVITATIONS, &json!({ "email": email, "role": "admin" })).await.problem(ErrorCode::TooManyRequests);
    let first = token_for(portal, &email).await;
    let a_minute = "UPDATE invitation SET sent_at = sent_at - 61000";
    portal.db.conn().execute_unprepared(a_minute).await.unwrap();
    assert_eq!(owner.post(&resend, &json!({})).await.status, 200);
    let second = token_for(portal, &email).await;
    assert_ne!(first, second);
    portal.browser().post(LOOK, &json!({ "token": first })).await.problem(ErrorCode::LinkInvalid);
    assert_eq!(portal.browser().post(LOOK, &json!({ "token": second })).await.status, 200);
    // Inviting again replaces role and link, not the invitation.
    portal.db.conn().execute_unprepared(a_minute).await.unwrap();
    let again = invite(&owner, &email, "billing", &[]).await;
    assert_eq!((again.id, again.role), (invitation.id, Role::Billing));
    portal.browser().post(LOOK, &json!({ "token": second })).await.problem(ErrorCode::LinkInvalid);
    let third = token_for(portal, &email).await;
    assert_eq!(owner.delete(&format!("{INVITATIONS}/{}", again.id)).await.status, 204);
    portal.browser().post(ACCEPT, &newcomer(&third)).await.problem(ErrorCode::LinkInvalid);
    owner.delete(&format!("{INVITATIONS}/{}", again.id)).await.problem(ErrorCode::NotFound);
    owner.post(&resend, &json!({})).await.problem(ErrorCode::NotFound);
    // Seven days.
    let late = unique_email();
    let invitation = invite(&owner, &late, "admin", &[]).await;
    assert_eq!(invitation.expires_at.millis() - invitation.sent_at.millis(), 7 * 86_400_000);
    for table in ["mail_token", "invitation"] {
        let sql = format!("UPDATE {table} SET expires_at = expires_at - {}", 7 * 86_400_000_i64);
        portal.db.conn().execute_unprepared(&sql).await.unwrap();
    }
    portal.browser().post(ACCEPT, &newcomer(&token_for(portal, &late).await)).await.problem(ErrorCode::LinkInvalid);
    assert!(people(&owner).await.invitations[0].expired);
    for odd in ["", "x", "A", &"A".repeat(43)] {
        let answer = portal.browser().post(LOOK, &json!({ "token": odd })).await;
        let code = answer.json::<Problem>().code;
        assert!(matches!(code, ErrorCode::Invalid | ErrorCode::LinkInvalid), "{odd}: {code:?}");
    }
}

async fn accepting_twice_at_once_makes_one_member(portal: &TestPortal) {
    let owner = portal.customer().await;
    let email = unique_email();
    invite(&owner, &email, "admin", &[]).await;
    let (token, browser) = (token_for(portal, &email).await, portal.browser());
    let answers: Vec<Answer> =
        futures_util::future::join_all((0..4).map(|_| async { browser.post(ACCEPT, &newcomer(&token)).await })).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1, "{answers:?}");
    for lost in answers.iter().filter(|a| a.status != 201) {
        let code = lost.json::<Problem>().code;
        assert!(matches!(code, ErrorCode::LinkInvalid | ErrorCode::SignInNeeded), "{}", lost.body);
    }
    assert_eq!(people(&owner).await.people.len(), 2);
    // And by somebody who is known, from two pages.
    let known = unique_email();
    let mut guest = portal.browser();
    guest.register(&known).await;
    invite(&owner, &known, "admin", &[]).await;
    let form = json!({ "token": token_for(portal, &known).await });
    let (one, two) = tokio::join!(guest.post(ACCEPT, &form), guest.post(ACCEPT, &form));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201, "{} {}", one.body, two.body);
    assert!(statuses[1] == 410 || statuses[1] == 401, "{} {}", one.body, two.body);
    assert_eq!(people(&owner).await.people.len(), 3);
}

async fn an_admin_reaches_no_owner(portal: &TestPortal) {
    let owner = portal.customer().await;
    let (admin, billing) = (member(portal, &owner, "admin", &[]).await, member(portal, &owner, "billing", &[]).await);
    let (owner_id, admin_id, billing_id) = (id_of(&owner).await, id_of(&admin).await, id_of(&billing).await);
    remove(&admin, owner_id).await.problem(ErrorCode::NotAllowed);
    change(&admin, owner_id, "billing", &[]).await.problem(ErrorCode::NotAllowed);
    change(&admin, billing_id, "owner", &[]).await.problem(ErrorCode::NotAllowed);
    change(&admin, admin_id, "owner", &[]).await.problem(ErrorCode::NotAllowed);
    admin.post(INVITATIONS, &json!({ "email": unique_email(), "role": "owner" })).await.problem(ErrorCode::NotAllowed);
    let of_owner = invite(&owner, &unique_email(), "owner", &[]).await;
    admin.delete(&format!("{INVITATIONS}/{}", of_owner.id)).await.problem(ErrorCode::NotAllowed);
    admin.post(&format!("{INVITATIONS}/{}/resend", of_owner.id), &json!({})).await.problem(ErrorCode::NotAllowed);
    let again = json!({ "email": of_owner.email, "role": "admin" });
    admin.post(INVITATIONS, &again).await.problem(ErrorCode::NotAllowed);
    for (who, role) in [(&billing, "billing")] {
        who.get(PEOPLE).await.problem(ErrorCode::NotAllowed);
        who.post(INVITATIONS, &json!({ "email": unique_email(), "role": role })).await.problem(ErrorCode::NotAllowed);
        remove(who, admin_id).await.problem(ErrorCode::NotAllowed);
    }
    assert_eq!(change(&admin, billing_id, "admin", &[]).await.status, 204);
    assert_eq!(remove(&admin, billing_id).await.status, 204);
    assert_eq!(change(&owner, admin_id, "owner", &[]).await.status, 204);
    assert_eq!(change(&admin, owner_id, "admin", &[]).await.status, 204, "an owner by now");
}

async fn two_owners_who_remove_each_other_leave_one(portal: &TestPortal) {
    for _ in 0..3 {
        let first = portal.customer().await;
        let second = member(portal, &first, "owner", &[]).await;
        let (one, two) = (id_of(&first).await, id_of(&second).await);
        let (a, b) = tokio::join!(remove(&first, two), remove(&second, one));
        let won = [&a, &b].iter().filter(|r| r.status == 204).count();
        assert_eq!(won, 1, "{} {}", a.body, b.body);
        let (rest, out) = if a.status == 204 { (first, second) } else { (second, first) };
        assert_eq!(people(&rest).await.people.len(), 1);
        out.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    }
    // Both step down at once.
    let first = portal.customer().await;
    let second = member(portal, &first, "owner", &[]).await;
    let (one, two) = (id_of(&first).await, id_of(&second).await);
    let (a, b) = tokio::join!(change(&first, one, "admin", &[]), change(&second, two, "admin", &[]));
    assert_eq!([&a, &b].iter().filter(|r| r.status == 204).count(), 1, "{} {}", a.body, b.body);
    assert_eq!([&a, &b].iter().filter(|r| r.status == 409).count(), 1, "{} {}", a.body, b.body);
}

async fn the_last_owner_stays(portal: &TestPortal) {
    let owner = portal.customer().await;
    let own = id_of(&owner).await;
    member(portal, &owner, "admin", &[]).await;
    remove(&owner, own).await.problem(ErrorCode::LastOwner);
    change(&owner, own, "admin", &[]).await.problem(ErrorCode::LastOwner);
    assert_eq!(change(&owner, own, "owner", &[]).await.status, 204, "no change");
    let second = member(portal, &owner, "owner", &[]).await;
    assert_eq!(remove(&owner, own).await.status, 204, "with another owner one may leave");
    owner.get("/api/auth/me").await.problem(ErrorCode::SessionEnded);
    assert_eq!(people(&second).await.people.len(), 2);
}

async fn who_is_removed_is_out_at_once(portal: &TestPortal) {
    let deaf = portal.beside(None, |_| ());
    let owner = portal.customer().await;
    let email = unique_email();
    let mut guest = portal.browser();
    guest.register(&email).await;
    let at_home = guest.clone();
    invite(&owner, &email, "admin", &[]).await;
    let mut second = portal.browser();
    second.login(&email, PASSWORD).await;
    let form = json!({ "token": token_for(portal, &email).await });
    second.keep(&second.post(ACCEPT, &form).await);
    let mut open = page(portal, &second).await;
    let there = deaf.browser(&second);
    assert_eq!(there.get("/api/orders").await.status, 200);
    let started = Instant::now();
    assert_eq!(remove(&owner, id_of(&second).await).await.status, 204);
    second.get("/api/orders").await.problem(ErrorCode::SessionEnded);
    second.refresh().await.problem(ErrorCode::SessionEnded);
    assert_eq!(Socket::expect(open.receive().await), ServerMessage::SignedOut);
    while there.get("/api/orders").await.status == 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "by a process that heard nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(at_home.get("/api/orders").await.status, 200, "their own account is another matter");
    let reply = portal.browser().login(&email, PASSWORD).await;
    assert_eq!(reply.me.customer_id, me(&at_home).await.customer_id);
    // Somebody who belongs nowhere any more cannot sign in, until they are invited again.
    let lone = member(portal, &owner, "billing", &[]).await;
    let address = me(&lone).await.email.into_inner();
    assert_eq!(remove(&owner, id_of(&lone).await).await.status, 204);
    let form = json!({ "email": address, "password": PASSWORD });
    portal.browser().post("/api/auth/login", &form).await.problem(ErrorCode::CredentialsWrong);
    invite(&owner, &address, "admin", &[]).await;
    let mut lone = portal.browser();
    assert_eq!(lone.login(&address, PASSWORD).await.me.customer_id, None);
    lone.get("/api/orders").await.problem(ErrorCode::NoCustomerAccount);
    let answer = lone.post(ACCEPT, &json!({ "token": token_for(portal, &address).await })).await;
    assert_eq!(lone.keep(&answer).me.role, Some(Role::Admin));
    deaf.stop().await;
}

async fn a_user_of_lines_sees_these_only(portal: &TestPortal) {
    let mika = portal.mika().await;
    let all: SubscriptionList = mika.get("/api/subscriptions").await.json();
    let given = all.items.iter().find(|s| s.number.is_some()).unwrap();
    let hidden = all.items.iter().find(|s| s.id != given.id).unwrap();
    let foreign = json!({ "email": unique_email(), "role": "line_user", "lines": [given.id, 999_999] });
    let refused = mika.post(INVITATIONS, &foreign).await.problem(ErrorCode::Invalid);
    assert_eq!((refused.errors[0].pointer.as_str(), refused.errors[0].code.as_str()), ("#/lines/1", "unknown_line"));
    let user = member(portal, &mika, "line_user", &[given.id.0]).await;
    let list: SubscriptionList = user.get("/api/subscriptions").await.json();
    assert_eq!(list.items.iter().map(|s| s.id).collect::<Vec<_>>(), [given.id]);
    assert_eq!(user.get(&format!("/api/subscriptions/{}", given.id)).await.status, 200);
    user.get(&format!("/api/subscriptions/{}", hidden.id)).await.problem(ErrorCode::NotFound);
    user.get("/api/orders").await.problem(ErrorCode::NotAllowed);
    user.order("k", &portal.sim_order().await).await.problem(ErrorCode::NotAllowed);
    assert_eq!(people(&mika).await.people[1].lines, [given.id]);
    // Their page hears of services, not of orders and bills.
    let (mut theirs, mut owners) = (page(portal, &user).await, page(portal, &mika).await);
    let account = me(&mika).await.customer_id.unwrap();
    let order = ServerMessage::OrderChanged { order_id: OrderId(platform::clock::new_id()) };
    for message in [order.clone(), ServerMessage::InvoicesChanged, ServerMessage::SubscriptionsChanged] {
        portal.bus.send_customer(account, message).await;
    }
    assert_eq!(Socket::expect(theirs.receive().await), ServerMessage::SubscriptionsChanged);
    assert_eq!(Socket::expect(owners.receive().await), order);
    assert_eq!(Socket::expect(owners.receive().await), ServerMessage::InvoicesChanged);
    // Another line instead.
    assert_eq!(change(&mika, id_of(&user).await, "line_user", &[hidden.id.0]).await.status, 204);
    user.get(&format!("/api/subscriptions/{}", given.id)).await.problem(ErrorCode::NotFound);
    let list: SubscriptionList = user.get("/api/subscriptions").await.json();
    assert_eq!(list.items.iter().map(|s| s.id).collect::<Vec<_>>(), [hidden.id]);
    portal.world().add_fault(sandbox::Fault {
        system: sandbox::System::Whmcs,
        operation: None,
        kind: sandbox::FaultKind::Html503,
        times: None,
    });
    change(&mika, id_of(&user).await, "line_user", &[given.id.0]).await.problem(ErrorCode::UpstreamUnavailable);
}

async fn a_role_is_felt_without_signing_in_again(portal: &TestPortal) {
    let deaf = portal.beside(None, |_| ());
    let owner = portal.customer().await;
    let user = member(portal, &owner, "admin", &[]).await;
    let there = deaf.browser(&user);
    assert_eq!(
        (user.get(PEOPLE).await.status, there.get(PEOPLE).await.status),
        (reqwest::StatusCode::OK, reqwest::StatusCode::OK)
    );
    let mut open = page(portal, &user).await;
    let started = Instant::now();
    let id = id_of(&user).await;
    assert_eq!(change(&owner, id, "billing", &[]).await.status, 204);
    user.get(PEOPLE).await.problem(ErrorCode::NotAllowed);
    assert_eq!(me(&user).await.role, Some(Role::Billing));
    // A change is refused even where nothing was heard: the role is read again with the lock held.
    let victim = id_of(&owner).await;
    let refused = there.delete(&format!("{PEOPLE}/{victim}")).await;
    refused.problem(ErrorCode::NotAllowed);
    while there.get(PEOPLE).await.status == 200 {
        assert!(started.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    portal.bus.send_customer(me(&owner).await.customer_id.unwrap(), ServerMessage::InvoicesChanged).await;
    assert_eq!(Socket::expect(open.receive().await), ServerMessage::InvoicesChanged, "the page stays open");
    deaf.stop().await;
}

async fn a_switch_ends_the_session_of_the_other_account(portal: &TestPortal) {
    let owner = portal.customer().await;
    let target = me(&owner).await.customer_id.unwrap();
    let email = unique_email();
    let mut person = portal.browser();
    person.register(&email).await;
    let home = me(&person).await.customer_id.unwrap();
    let to = |id: CustomerId| json!({ "customer_id": id });
    person.post("/api/auth/switch", &to(target)).await.problem(ErrorCode::NotFound);
    invite(&owner, &email, "billing", &[]).await;
    person.keep(&person.post(ACCEPT, &json!({ "token": token_for(portal, &email).await })).await);
    assert_eq!(person.order("k", &portal.sim_order().await).await.problem(ErrorCode::NotAllowed).status, 403);
    let old_page = person.clone();
    let answer = person.post("/api/auth/switch", &to(home)).await;
    assert_eq!(person.keep(&answer).me.customer_id, Some(home));
    assert_eq!(person.order("k", &portal.sim_order().await).await.status, 201, "the owner at home");
    old_page.get("/api/orders").await.problem(ErrorCode::SessionEnded);
    old_page.refresh().await.problem(ErrorCode::SessionEnded);
    let spans = "session WHERE ended_at IS NULL AND expires_at - created_at > 604800000";
    assert_eq!(portal.count(spans).await, 0, "a switch makes no session live longer");
    // Of two at once one wins.
    let (there, back) = (to(target), to(home));
    let (a, b) = tokio::join!(person.post("/api/auth/switch", &there), person.post("/api/auth/switch", &back));
    assert_eq!([&a, &b].iter().filter(|r| r.status == 200).count(), 1, "{} {}", a.body, b.body);
}

async fn an_invitation_by_somebody_who_left_is_void(portal: &TestPortal) {
    let owner = portal.customer().await;
    let admin = member(portal, &owner, "admin", &[]).await;
    let (email, kept) = (unique_email(), unique_email());
    invite(&admin, &email, "admin", &[]).await;
    invite(&owner, &kept, "admin", &[]).await;
    let token = token_for(portal, &email).await;
    assert_eq!(remove(&owner, id_of(&admin).await).await.status, 204);
    portal.browser().post(ACCEPT, &newcomer(&token)).await.problem(ErrorCode::LinkInvalid);
    assert_eq!(people(&owner).await.invitations.len(), 1);
    let answer = portal.browser().post(ACCEPT, &newcomer(&token_for(portal, &kept).await)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

async fn people_of_another_account_are_not_there(portal: &TestPortal) {
    let (mine, theirs) = (portal.customer().await, portal.customer().await);
    let stranger = member(portal, &theirs, "admin", &[]).await;
    let id = id_of(&stranger).await;
    remove(&mine, id).await.problem(ErrorCode::NotFound);
    change(&mine, id, "billing", &[]).await.problem(ErrorCode::NotFound);
    let invitation = invite(&theirs, &unique_email(), "admin", &[]).await;
    mine.delete(&format!("{INVITATIONS}/{}", invitation.id)).await.problem(ErrorCode::NotFound);
    mine.post(&format!("{INVITATIONS}/{}/resend", invitation.id), &json!({})).await.problem(ErrorCode::NotFound);
    assert_eq!(people(&mine).await.people.len(), 1);
    assert_eq!(people(&theirs).await.people.len(), 2);
}
