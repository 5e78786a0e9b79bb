//! The outbox, the links of its mails, and how often they may be asked for.

use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::{Timestamp, UserId};
use platform::on_both_stores;
use platform::queue::Work;
use platform::store::mail_tokens::{self, NewToken, Purpose};
use platform::store::mails::{self, Mail, MailFields, MailState, MailTemplate, Taken};
use platform::store::tries::{self, Allowance};
use platform::testing::{TestStore, jobs};
use platform::{Bus, Cause, Change};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;

on_both_stores!(
    a_mail_is_sent_once_and_then_says_nothing,
    a_try_that_broke_off_is_not_repeated,
    a_mail_goes_with_its_fact_or_not_at_all,
    a_withheld_mail_names_nobody_and_is_never_sent,
    a_link_works_once_for_its_purpose_until_its_end,
    a_later_link_replaces_the_earlier_one,
    of_two_who_use_a_link_at_once_one_gets_it,
    the_sixth_try_waits_until_the_first_is_old_enough,
    tries_at_the_same_time_count_one_by_one,
);

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const SECRET: &str = "the-token-of-the-link";

fn mail() -> Mail {
    let fields = MailFields { token: Some(Pii::new(SECRET.to_owned())), ..MailFields::default() };
    let to = Pii::new("mika@example.com".to_owned());
    Mail { fields, ..Mail::new(to, MailTemplate::ConfirmSignUp, Language::Ja) }
}

async fn change(store: &TestStore) -> Change {
    Change::begin(&store.db, Cause { person: None, request_id: None, now: NOW }).await.unwrap()
}

async fn enqueued(store: &TestStore) -> uuid::Uuid {
    let mut change = change(store).await;
    let id = mails::enqueue(&mut change, mail()).await.unwrap();
    change.commit(&Bus::new(None)).await.unwrap();
    id
}

/// Every column of the table as text, to look for what must not be there.
async fn dump(store: &TestStore) -> String {
    let sql = "SELECT state, COALESCE(reason, '') AS reason, COALESCE(recipient, '') AS recipient,
               COALESCE(CAST(fields AS text), '') AS fields FROM mail";
    let conn = store.db.conn();
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
    let text = |row: &sea_orm::QueryResult, name: &str| row.try_get::<String>("", name).unwrap();
    rows.iter()
        .map(|row| {
            ["state", "reason", "recipient", "fields"].map(|name| text(row, name)).join(" ").trim_end().to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n")
}

async fn a_mail_is_sent_once_and_then_says_nothing(store: TestStore) {
    let id = enqueued(&store).await;
    let conn = store.db.conn();
    assert!(dump(&store).await.contains(SECRET));
    let Taken::Send(first) = mails::take(conn, id, "one", NOW).await.unwrap() else { panic!("it waits") };
    assert_eq!((first.to.reveal().as_str(), first.language), ("mika@example.com", Language::Ja));
    assert_eq!(first.fields.token.as_ref().unwrap().reveal(), SECRET);
    mails::again(conn, id, "busy").await.unwrap();
    let Taken::Send(second) = mails::take(conn, id, "two", NOW).await.unwrap() else { panic!("it waits again") };
    assert_eq!(second.message_id, "one", "every try has the same Message-ID");
    assert!(mails::end(conn, id, MailState::Sent, None, NOW).await.unwrap());
    assert_eq!(dump(&store).await, "sent", "neither recipient nor token stay");
    assert!(matches!(mails::take(conn, id, "x", NOW).await.unwrap(), Taken::Nothing));
}

async fn a_try_that_broke_off_is_not_repeated(store: TestStore) {
    let id = enqueued(&store).await;
    let conn = store.db.conn();
    assert!(matches!(mails::take(conn, id, "one", NOW).await.unwrap(), Taken::Send(_)));
    assert!(matches!(mails::take(conn, id, "one", NOW).await.unwrap(), Taken::WasUnderWay));
    assert_eq!(dump(&store).await, "unknown interrupted");
    assert!(matches!(mails::take(conn, id, "one", NOW).await.unwrap(), Taken::Nothing));
    // The answer of the slow try comes after all.
    assert!(mails::end(conn, id, MailState::Sent, None, NOW).await.unwrap());
    assert_eq!(dump(&store).await, "sent");
}

async fn a_mail_goes_with_its_fact_or_not_at_all(store: TestStore) {
    let mut undone = change(&store).await;
    mails::enqueue(&mut undone, mail()).await.unwrap();
    drop(undone);
    assert!(jobs(store.db.conn()).await.is_empty());
    assert_eq!(dump(&store).await, "");
    let id = enqueued(&store).await;
    assert_eq!(jobs(store.db.conn()).await, [Work::SendMail { mail_id: id }]);
}

async fn a_withheld_mail_names_nobody_and_is_never_sent(store: TestStore) {
    let mut change = change(&store).await;
    mails::enqueue_withheld(&mut change, mail()).await.unwrap();
    change.commit(&Bus::new(None)).await.unwrap();
    assert_eq!(dump(&store).await, "withheld");
    let [Work::SendMail { mail_id }] = jobs(store.db.conn()).await[..] else { panic!("one job") };
    assert!(matches!(mails::take(store.db.conn(), mail_id, "x", NOW).await.unwrap(), Taken::Nothing));
    assert_eq!(dump(&store).await, "withheld");
}

async fn keep(store: &TestStore, hash: u8, purpose: Purpose) -> Timestamp {
    let person = Some(UserId(uuid::Uuid::from_u128(7)));
    let data = json!({ "secret": "data" });
    let token = NewToken { hash: &[hash; 32], purpose, subject: "s", person, customer: None, data };
    mail_tokens::insert(store.db.conn(), &token, NOW).await.unwrap()
}

async fn a_link_works_once_for_its_purpose_until_its_end(store: TestStore) {
    let conn = store.db.conn();
    let end = keep(&store, 1, Purpose::SignUp).await;
    assert_eq!(end.millis() - NOW.millis(), 24 * 3_600_000);
    for (hash, purpose, at) in
        [([2; 32], Purpose::SignUp, NOW), ([1; 32], Purpose::PasswordReset, NOW), ([1; 32], Purpose::SignUp, end)]
    {
        assert!(mail_tokens::take(conn, &hash, purpose, at).await.unwrap().is_none());
    }
    let found = mail_tokens::take(conn, &[1; 32], Purpose::SignUp, NOW).await.unwrap().unwrap();
    assert_eq!((found.data, found.person.unwrap().0.as_u128()), (json!({ "secret": "data" }), 7));
    assert!(mail_tokens::take(conn, &[1; 32], Purpose::SignUp, NOW).await.unwrap().is_none(), "once");
    let sql = Statement::from_string(conn.get_database_backend(), "SELECT data FROM mail_token");
    let row = conn.query_one_raw(sql).await.unwrap().unwrap();
    assert_eq!(row.try_get::<serde_json::Value>("", "data").unwrap(), json!({}), "what it stood for goes");
}

async fn a_later_link_replaces_the_earlier_one(store: TestStore) {
    keep(&store, 1, Purpose::PasswordReset).await;
    keep(&store, 2, Purpose::EmailNew).await;
    keep(&store, 3, Purpose::PasswordReset).await;
    let works = async |hash: u8, purpose| {
        mail_tokens::look(store.db.conn(), &[hash; 32], purpose, NOW).await.unwrap().is_some()
    };
    assert!(!works(1, Purpose::PasswordReset).await);
    assert!(works(2, Purpose::EmailNew).await, "another purpose is left alone");
    assert!(works(3, Purpose::PasswordReset).await);
}

async fn of_two_who_use_a_link_at_once_one_gets_it(store: TestStore) {
    keep(&store, 1, Purpose::SignUp).await;
    let use_it = async || {
        let tx = store.db.begin().await.unwrap();
        let found = mail_tokens::take(&tx, &[1; 32], Purpose::SignUp, NOW).await.unwrap().is_some();
        tx.commit().await.unwrap();
        found
    };
    let (a, b, c) = tokio::join!(use_it(), use_it(), use_it());
    assert_eq!([a, b, c].iter().filter(|got| **got).count(), 1);
}

const FIVE: Allowance = Allowance { kind: "link", tries: 5, window_ms: 900_000 };

async fn the_sixth_try_waits_until_the_first_is_old_enough(store: TestStore) {
    let at = |seconds: i64| NOW.plus_millis(seconds * 1_000);
    let count = async |subject: u8, now| tries::count(store.db.conn(), FIVE, &[subject; 32], now).await.unwrap();
    for second in [0, 60, 61, 62, 63] {
        assert_eq!(count(1, at(second)).await, Ok(()));
    }
    assert_eq!(count(1, at(100)).await, Err(800_000), "the first try is 15 minutes old then");
    assert_eq!(count(2, at(100)).await, Ok(()), "another subject has its own tries");
    assert_eq!(count(1, at(899)).await, Err(1_000));
    assert_eq!(count(1, at(900)).await, Ok(()));
    assert_eq!(count(1, at(901)).await, Err(59_000), "the window slides: the second try is next");
    tries::forget(store.db.conn(), "link", at(950)).await.unwrap();
    assert_eq!(count(1, at(902)).await, Ok(()), "forgotten");
}

async fn tries_at_the_same_time_count_one_by_one(store: TestStore) {
    let one = async || {
        let tx = store.db.begin().await.unwrap();
        let counted = tries::count(&tx, FIVE, &[1; 32], NOW).await.unwrap();
        tx.commit().await.unwrap();
        counted.is_ok()
    };
    let counted = tokio::join!(one(), one(), one(), one(), one(), one(), one());
    let counted = [counted.0, counted.1, counted.2, counted.3, counted.4, counted.5, counted.6];
    assert_eq!(counted.iter().filter(|ok| **ok).count(), 5);
}
