//! Mails from the outbox to the mailbox, over SMTP.

use crate::bench::Bench;
use domain::common::pii::Pii;
use domain::common::text::Language;
use platform::on_both_stores;
use platform::queue::list;
use platform::store::mails::{self, Mail, MailFields, MailState, MailTemplate, Taken};
use platform::testing::TestStore;
use platform::{Cause, Change};
use sea_orm::{ConnectionTrait as _, Statement};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use uuid::Uuid;
use worker::mail::{self, Delivery};

on_both_stores!(
    both_languages_reach_the_mailbox,
    a_mailbox_that_does_not_exist_ends_the_mail,
    a_busy_mail_server_is_asked_again,
    a_lost_answer_is_unknown_and_nothing_is_sent_twice,
    a_try_that_broke_off_after_its_intent_is_not_sent_again,
    without_a_mail_server_mails_wait,
);

const TOKEN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP-";

fn mail(to: &str, template: MailTemplate, language: Language) -> Mail {
    let fields = MailFields { token: Some(Pii::new(TOKEN.to_owned())), ..MailFields::default() };
    Mail { fields, ..Mail::new(Pii::new(to.to_owned()), template, language) }
}

async fn put(bench: &Bench, mail: Mail) -> Uuid {
    let cause = Cause { person: None, request_id: Some("r-1".to_owned()), now: bench.state.clock.now() };
    let mut change = Change::begin(bench.db(), cause).await.unwrap();
    let id = mails::enqueue(&mut change, mail).await.unwrap();
    change.commit(&bench.state.bus).await.unwrap();
    bench.state.wake.now();
    id
}

/// State and reason of a mail, and whether it still says who it is for or what it says.
async fn stands(bench: &Bench, id: Uuid) -> (String, Option<String>, bool) {
    let conn = bench.db().conn();
    let sql = "SELECT state, reason, recipient IS NOT NULL OR fields IS NOT NULL AS told FROM mail WHERE id = $1";
    let sql = Statement::from_sql_and_values(conn.get_database_backend(), sql, [id.into()]);
    let row = conn.query_one_raw(sql).await.unwrap().unwrap();
    let told = row.try_get::<bool>("", "told").unwrap();
    (row.try_get("", "state").unwrap(), row.try_get("", "reason").unwrap(), told)
}

async fn ended(bench: &Bench, id: Uuid) -> (String, Option<String>, bool) {
    let started = Instant::now();
    loop {
        let now = stands(bench, id).await;
        if now.0 != "waiting" && now.0 != "sending" {
            return now;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{now:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Mails of the portal in the sandbox's outbox.
fn mailbox(bench: &Bench, to: &str) -> Vec<sandbox::Mail> {
    bench.sandbox.world().outbox().into_iter().filter(|mail| mail.to == to && mail.from != "WHMCS").collect()
}

async fn facts(bench: &Bench, kind: &str) -> i64 {
    let conn = bench.db().conn();
    let sql = "SELECT count(*) AS n FROM domain_event WHERE kind = $1 AND request_id = 'r-1'";
    let sql = Statement::from_sql_and_values(conn.get_database_backend(), sql, [kind.into()]);
    conn.query_one_raw(sql).await.unwrap().unwrap().try_get("", "n").unwrap()
}

async fn both_languages_reach_the_mailbox(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let en = put(&bench, mail("en@example.com", MailTemplate::ConfirmSignUp, Language::En)).await;
    let ja = put(&bench, mail("ja@example.com", MailTemplate::PasswordReset, Language::Ja)).await;
    assert_eq!(ended(&bench, en).await, ("sent".to_owned(), None, false));
    assert_eq!(ended(&bench, ja).await, ("sent".to_owned(), None, false));
    let [read] = &mailbox(&bench, "en@example.com")[..] else { panic!("one mail") };
    assert_eq!((read.subject.as_str(), read.from.as_str()), ("Confirm your mail address", "portal@example.com"));
    assert!(read.text.contains(&format!("https://portal.example/confirm#{TOKEN}")), "{}", read.text);
    let [read] = &mailbox(&bench, "ja@example.com")[..] else { panic!("one mail") };
    assert_eq!(read.subject, "パスワードの再設定");
    assert!(read.text.contains(&format!("https://portal.example/reset#{TOKEN}")), "{}", read.text);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_mailbox_that_does_not_exist_ends_the_mail(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let id = put(&bench, mail("mail-refused@example.com", MailTemplate::PasswordChanged, Language::En)).await;
    assert_eq!(ended(&bench, id).await, ("refused".to_owned(), Some("mail_recipient_refused".to_owned()), false));
    assert_eq!(facts(&bench, "mail_refused").await, 1, "staff see it");
    stop.cancel();
    worker.await.unwrap();
    assert!(list(bench.db(), None, 10).await.unwrap().is_empty(), "no job is left");
}

async fn a_busy_mail_server_is_asked_again(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let id = put(&bench, mail("mail-busy@example.com", MailTemplate::PasswordChanged, Language::En)).await;
    assert_eq!(ended(&bench, id).await.0, "sent");
    assert_eq!(mailbox(&bench, "mail-busy@example.com").len(), 1);
    stop.cancel();
    worker.await.unwrap();
}

async fn a_lost_answer_is_unknown_and_nothing_is_sent_twice(store: TestStore) {
    let bench = Bench::start(store).await;
    let (stop, worker) = bench.worker().await;
    let id = put(&bench, mail("mail-lost@example.com", MailTemplate::PasswordChanged, Language::En)).await;
    assert_eq!(ended(&bench, id).await, ("unknown".to_owned(), Some("answer_lost".to_owned()), false));
    assert_eq!(facts(&bench, "mail_unknown").await, 1, "staff see it");
    // Long enough for another try, if there were one.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(mailbox(&bench, "mail-lost@example.com").len(), 1, "the sandbox took it before it broke the line");
    stop.cancel();
    worker.await.unwrap();
}

async fn a_try_that_broke_off_after_its_intent_is_not_sent_again(store: TestStore) {
    let bench = Bench::start(store).await;
    let id = put(&bench, mail("yui@example.com", MailTemplate::PasswordChanged, Language::En)).await;
    // What a process leaves that died between the intent and the answer.
    let taken = mails::take(bench.db().conn(), id, "m", bench.state.clock.now()).await.unwrap();
    assert!(matches!(taken, Taken::Send(_)));
    let (stop, worker) = bench.worker().await;
    assert_eq!(ended(&bench, id).await, ("unknown".to_owned(), Some("interrupted".to_owned()), false));
    assert_eq!(facts(&bench, "mail_unknown").await, 1);
    assert!(mailbox(&bench, "yui@example.com").is_empty());
    stop.cancel();
    worker.await.unwrap();
}

async fn without_a_mail_server_mails_wait(store: TestStore) {
    let bench = Bench::start(store).await;
    let id = put(&bench, mail("yui@example.com", MailTemplate::PasswordChanged, Language::En)).await;
    let config = worker::Config { mail: None, ..(*bench.state.config).clone() };
    let state = worker::WorkerState { config: Arc::new(config), ..bench.state.clone() };
    let worker = tokio::spawn(worker::run(state));
    let started = Instant::now();
    loop {
        let jobs = list(bench.db(), None, 10).await.unwrap();
        if jobs.iter().any(|job| job.last_error.as_deref() == Some("mail_unconfigured")) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stands(&bench, id).await, (MailState::Waiting.name().to_owned(), None, true));
    worker.abort();
}

/// A mail server that answers from a list, whatever is said to it.
async fn scripted(answers: &'static [&'static str]) -> mail::Config {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 64 * 1024];
        for answer in answers {
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = stream.read(&mut heard).await;
        }
        // After the last answer: silence, with the line open.
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    mail::Config {
        timeout: Duration::from_millis(500),
        ..mail::Config::plain("127.0.0.1", port, "portal@example.com", "https://portal.example/".parse().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_a_conversation_came_decides_what_is_known() {
    const HELLO: [&str; 2] = ["220 x\r\n", "250 x\r\n"];
    let cases: [(&'static [&'static str], Delivery); 8] = [
        (&["421 4.7.0 too many lines\r\n"], Delivery::NotNow("mail_not_reached")),
        (&[HELLO[0], HELLO[1], "250 ok\r\n", "550 5.1.1 nobody\r\n"], Delivery::Refused("mail_recipient_refused")),
        (&[HELLO[0], HELLO[1], "250 ok\r\n", "452 4.2.2 full\r\n"], Delivery::NotNow("mail_put_off")),
        (&[HELLO[0], HELLO[1], "553 5.7.1 not you\r\n"], Delivery::NotNow("mail_sender_refused")),
        (&[HELLO[0], HELLO[1], "250 ok\r\n", "250 ok\r\n"], Delivery::NotNow("mail_timeout")),
        (&[HELLO[0], HELLO[1], "250 ok\r\n", "250 ok\r\n", "354 go\r\n"], Delivery::Unknown),
        (
            &[HELLO[0], HELLO[1], "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "554 5.7.1 spam\r\n"],
            Delivery::Refused("mail_text_refused"),
        ),
        (
            &[HELLO[0], HELLO[1], "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "451 4.3.0 later\r\n"],
            Delivery::NotNow("mail_put_off"),
        ),
    ];
    for (answers, expected) in cases {
        let config = scripted(answers).await;
        let composed = mail::compose(&config, &outgoing()).unwrap();
        assert_eq!(mail::deliver(&config, &composed).await, expected, "{answers:?}");
    }
    // A server without STARTTLS gets nothing when it is asked for.
    let config = mail::Config { tls: mail::Tls::StartTls, ..scripted(&HELLO).await };
    let composed = mail::compose(&config, &outgoing()).unwrap();
    assert_eq!(mail::deliver(&config, &composed).await, Delivery::NotNow("mail_tls"));
}

fn outgoing() -> mails::Outgoing {
    mails::Outgoing {
        id: Uuid::from_u128(1),
        message_id: "m".to_owned(),
        to: Pii::new("yui@example.com".to_owned()),
        template: MailTemplate::PasswordChanged,
        language: Language::En,
        fields: MailFields::default(),
        created_at: domain::Timestamp(1_800_000_000_000),
    }
}
