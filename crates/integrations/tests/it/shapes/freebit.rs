use super::Class::{Denied, Done, Garbled, Later, NotFound, Refused, Unknown};
use super::Effect::{self, Read, Write};
use super::{Class, class, html, json};
use crate::raw::{Answer, Stage, http, server_of};
use domain::Date;
use domain::sim::{Megabytes, Network};
use integrations::UpstreamError;
use integrations::freebit::{Client, Config, NewEsim, ProfileKind, VoiceOptions, When};

const LINE: &str = "07012345678";
const DAY: Date = Date { year: 2026, month: 5, day: 1 };

/// Every operation with what its reply holds beside the envelope.
const OPERATIONS: &[(&str, Effect, &str)] = &[
    ("mvno/getDetail", Read, r#""responseDatas":[{"account":"07012345678","state":"active"}]"#),
    ("mvno/getTrafficInfo", Read, r#""account":"07012345678","traffic":{"today":"1","inRecentDays":",2"}"#),
    ("mvno/getQuotaHistory", Read, r#""account":"07012345678","total":"0","count":"0","quotaHistory":[]"#),
    ("mvno/suspend", Write, ""),
    ("mvno/resume", Write, ""),
    ("master/addAcnt", Write, ""),
    ("mvno/changePlan", Write, r#""ipv4":"","ipv6":"""#),
    ("mvno/releasePlan", Write, ""),
    ("master/cnclAcnt", Write, ""),
    ("mvno/talkoption/changeOrder", Write, ""),
    ("mvno/contractline/change", Write, ""),
    ("mvno/esim/addAcnt", Write, ""),
    // After the history, which shows no such top-up.
    ("master/addSpec", Write, ""),
];

async fn call(freebit: &Client, operation: &str) -> Result<(), UpstreamError> {
    let eid = "89049032000000000000000000000123";
    let new = NewEsim { number: LINE, eid, plan_code: "P", profile: ProfileKind::Voice };
    let options = VoiceOptions { voicemail: Some(true), ..VoiceOptions::default() };
    match operation {
        "mvno/getDetail" => freebit.line(LINE).await.map(drop),
        "mvno/getTrafficInfo" => freebit.usage(LINE).await.map(drop),
        "mvno/getQuotaHistory" => freebit.top_ups(LINE, DAY, DAY).await.map(drop),
        "mvno/suspend" => freebit.suspend(LINE).await,
        "mvno/resume" => freebit.resume(LINE).await,
        "master/addAcnt" => freebit.open_physical(LINE, "8981040000001234567", "P").await.map(drop),
        "mvno/changePlan" => freebit.change_plan(LINE, "P", When::On(DAY)).await.map(drop),
        "mvno/releasePlan" => freebit.release_plan(LINE, DAY).await.map(drop),
        "master/cnclAcnt" => freebit.cancel_line(LINE, DAY).await.map(drop),
        "mvno/talkoption/changeOrder" => freebit.change_voice_options(LINE, options).await.map(drop),
        "mvno/contractline/change" => freebit.change_network(LINE, Network::FiveG).await.map(drop),
        "mvno/esim/addAcnt" => freebit.open_esim(new).await.map(drop),
        "master/addSpec" => freebit.top_up(LINE, Megabytes(500), "t-1", DAY, DAY).await,
        other => panic!("{other} has no call"),
    }
}

fn forms(success: &str) -> Vec<(&'static str, Answer, Class, Class)> {
    let ok = "200 OK";
    let more = if success.is_empty() { String::new() } else { format!(",{success}") };
    let code = |result: &str, status: &str| {
        json(ok, &format!(r#"{{"resultCode":{result},"status":{{"message":"NG","statusCode":{status}}}}}"#))
    };
    vec![
        (
            "as documented",
            json(ok, &format!(r#"{{"resultCode":"100","status":{{"message":"OK","statusCode":"200"}}{more}}}"#)),
            Done,
            Done,
        ),
        (
            "codes as numbers",
            json(ok, &format!(r#"{{"resultCode":100,"status":{{"message":"OK","statusCode":200}}{more}}}"#)),
            Done,
            Done,
        ),
        ("without a status", json(ok, &format!(r#"{{"resultCode":"100"{more}}}"#)), Done, Done),
        ("the status is null", json(ok, &format!(r#"{{"resultCode":"100","status":null{more}}}"#)), Done, Done),
        (
            "content of another type",
            http(ok, "content-type: text/html\r\n", &format!(r#"{{"resultCode":"100"{more}}}"#)),
            Done,
            Done,
        ),
        ("wrong key", code("\"210\"", "\"1\""), Denied, Denied),
        ("a member is missing", code("300", "2"), Refused, Refused),
        ("no such line", code("\"400\"", "\"301\""), NotFound, NotFound),
        ("not in service", code("\"400\"", "302"), Refused, Refused),
        ("another order is open", code("400", "\"303\""), Later, Later),
        ("not for this line", code("400", "356"), Refused, Refused),
        ("a code of next year", code("\"777\"", "\"1\""), Refused, Refused),
        ("a system error", code("500", "1"), Later, Unknown),
        ("maintenance", code("\"503\"", "\"1\""), Later, Later),
        ("a page", html(ok), Later, Unknown),
        ("a page with 502", html("502 Bad Gateway"), Later, Unknown),
        ("no code", json(ok, r#"{"status":{"statusCode":"200"}}"#), Garbled, Unknown),
        ("a word for a code", json(ok, r#"{"resultCode":"OK"}"#), Garbled, Unknown),
        ("cut", json(ok, r#"{"resultCode":"10"#), Later, Unknown),
    ]
}

fn key() -> Answer {
    json("200 OK", r#"{"resultCode":"100","status":{"message":"OK","statusCode":"200"},"authKey":"k-1"}"#)
}

fn client(base: &str) -> Client {
    Client::new(Config { timeout_ms: 10_000, ..Config::new(base.parse().unwrap(), "oem".to_owned(), "key".into()) })
        .unwrap()
}

#[tokio::test]
async fn every_operation_knows_every_form_of_success_and_failure() {
    for (operation, effect, success) in OPERATIONS {
        let stage = Stage::open().await;
        let calm = client(&stage.base);
        stage.play(vec![key(), json("200 OK", r#"{"resultCode":"100"}"#)]);
        calm.resume(LINE).await.unwrap();
        for (form, answer, read, write) in forms(success) {
            let expected = effect.of(read, write);
            let history = || json("200 OK", r#"{"resultCode":"100","account":"07012345678","quotaHistory":""}"#);
            let before = (*operation == "master/addSpec").then(history);
            let answers = before.into_iter().chain([answer]);
            let result = if expected.is_remembered() {
                stage.play([key()].into_iter().chain(answers).collect());
                call(&client(&stage.base), operation).await
            } else {
                stage.play(answers.collect());
                call(&calm, operation).await
            };
            assert_eq!(class(&result), expected, "{operation}, {form}: {result:?}");
        }
    }
}

#[tokio::test]
async fn a_key_is_asked_for_in_every_form() {
    // `authOem`
    for (answer, expected) in [
        (key(), Done),
        (json("200 OK", r#"{"resultCode":100,"authKey":"k-1","extra":[]}"#), Done),
        (json("200 OK", r#"{"resultCode":"100","authKey":""}"#), Garbled),
        (json("200 OK", r#"{"resultCode":"100","authKey":null}"#), Garbled),
        (json("200 OK", r#"{"resultCode":"210","status":{"statusCode":"1"}}"#), Denied),
        (json("200 OK", r#"{"resultCode":"503","status":{"statusCode":"1"}}"#), Later),
        (html("200 OK"), Later),
    ] {
        let line =
            json("200 OK", r#"{"resultCode":"100","responseDatas":[{"account":"07012345678","state":"active"}]}"#);
        // Asking for a key is a read: it is sent three times at most.
        let answers = if expected == Done { vec![answer, line] } else { vec![answer] };
        let (base, _) = server_of(answers).await;
        let result = client(&base).line(LINE).await;
        assert_eq!(class(&result), expected, "{result:?}");
    }
}

/// A key that has expired is renewed once, and the call is sent again.
#[tokio::test]
async fn an_expired_key_is_renewed_whatever_form_says_so() {
    for expired in [
        r#"{"resultCode":"210","status":{"message":"NG","statusCode":"2"}}"#,
        r#"{"resultCode":210,"status":{"message":"NG","statusCode":2}}"#,
    ] {
        let done = json("200 OK", r#"{"resultCode":"100"}"#);
        let (base, count) = server_of(vec![key(), json("200 OK", expired), key(), done]).await;
        assert_eq!(class(&client(&base).suspend(LINE).await), Done);
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 4);
    }
}
