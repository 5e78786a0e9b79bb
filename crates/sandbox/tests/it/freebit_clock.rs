//! What time does at the network: keys end, changes stand apart, orders fall due, months turn (in Japan).

use std::time::Duration;

use sandbox::{ClockMove, Config, Delays, Sandbox};
use serde_json::{Value, json};

use crate::support::{Freebit, start};

const MIKA: &str = "07000300001";
const MINUTE: Duration = Duration::from_secs(60);
const DAY_MS: i64 = 86_400_000;

/// A day in Japan; months count on beyond December.
#[derive(Clone, Copy)]
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    /// The day of that number in a month so many months after the world's.
    fn of(sandbox: &Sandbox, months: i64, day: i64) -> Self {
        let japan = sandbox.world().clock_state().japan;
        let (year, month): (i64, i64) = (japan[..4].parse().unwrap(), japan[5..7].parse().unwrap());
        let month = year * 12 + month - 1 + months;
        Self { year: month / 12, month: month % 12 + 1, day }
    }

    fn compact(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// Days since 1970, after the well-known algorithm on civil dates.
    fn number(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// Milliseconds of a time on it.
    fn at(self, hour: i64, minute: i64) -> i64 {
        self.number() * DAY_MS + (hour - 9) * 3_600_000 + minute * 60_000
    }
}

/// A sandbox whose clock stands still at ten in the morning on the 20th of next month.
async fn on_the_20th(delays: Delays) -> Sandbox {
    let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
    stand_at(&sandbox, Day::of(&sandbox, 1, 20).at(10, 0));
    sandbox
}

fn stand_at(sandbox: &Sandbox, ms: i64) {
    sandbox.world().move_clock(ClockMove::To(ms)).unwrap();
    sandbox.world().move_clock(ClockMove::Freeze).unwrap();
}

fn slow(seconds: u64) -> Delays {
    Delays { freebit_async_min_ms: seconds * 1_000, freebit_async_max_ms: seconds * 1_000, ..Delays::default() }
}

fn advance(sandbox: &Sandbox, by: Duration) {
    sandbox.world().advance_clock(by).unwrap();
}

/// Signs in for each call: keys live shorter than what is waited for here.
async fn code(sandbox: &Sandbox, path: &str, document: Value) -> String {
    Freebit::sign_in(sandbox).await.code(path, document).await
}

async fn detail(sandbox: &Sandbox, line: &str) -> Value {
    Freebit::sign_in(sandbox).await.detail(line).await
}

async fn left(sandbox: &Sandbox) -> i64 {
    detail(sandbox, MIKA).await["quota"].as_str().unwrap().parse().unwrap()
}

fn voice(flag: &str) -> Value {
    json!({ "account": MIKA, "talkOption": { "voiceMail": flag } })
}

#[tokio::test]
async fn a_key_is_good_for_half_an_hour() {
    let sandbox = on_the_20th(Delays::default()).await;
    let freebit = Freebit::sign_in(&sandbox).await;
    let ask = || json!({ "account": MIKA });
    advance(&sandbox, 30 * MINUTE - Duration::from_millis(1));
    assert_eq!(freebit.code("mvno/getTrafficInfo", ask()).await, "100-200");
    advance(&sandbox, Duration::from_millis(1));
    assert_eq!(freebit.code("mvno/getTrafficInfo", ask()).await, "210-2");
    assert_eq!(code(&sandbox, "mvno/getTrafficInfo", ask()).await, "100-200", "a new key works");
    sandbox.stop().await;
}

#[tokio::test]
async fn changes_of_plan_voice_and_network_stand_half_an_hour_apart() {
    let sandbox = on_the_20th(Delays::default()).await;
    let plan = || json!({ "account": MIKA, "planCode": "KGM03V" });
    let network = || json!({ "account": MIKA, "contractLine": "4G" });
    let kinds = [
        ("mvno/changePlan", plan()),
        ("mvno/talkoption/changeOrder", voice("10")),
        ("mvno/contractline/change", network()),
    ];
    for (path, document) in &kinds {
        assert_eq!(code(&sandbox, path, document.clone()).await, "100-200", "{path}");
        advance(&sandbox, 30 * MINUTE - Duration::from_millis(1));
        for (other, document) in &kinds {
            assert_eq!(code(&sandbox, other, document.clone()).await, "400-303", "{other} after {path}");
        }
        // Nothing else has to wait.
        assert_eq!(code(&sandbox, "master/addSpec", json!({ "account": MIKA, "quota": "1" })).await, "100-200");
        advance(&sandbox, Duration::from_millis(1));
    }
    let line = detail(&sandbox, MIKA).await;
    assert_eq!(
        (&line["planCode"], &line["voicemail"], &line["contractLine"]),
        (&json!("KGM03V"), &json!("10"), &json!("4G"))
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn an_open_order_keeps_others_off_until_it_is_done() {
    let sandbox = on_the_20th(slow(3_600)).await;
    assert_eq!(code(&sandbox, "mvno/talkoption/changeOrder", voice("10")).await, "100-200");
    advance(&sandbox, 45 * MINUTE);
    let open = detail(&sandbox, MIKA).await;
    assert_eq!((&open["async"]["func"], &open["voicemail"]), (&json!("talkoption"), &json!("20")));
    for (path, document) in [
        ("mvno/changePlan", json!({ "account": MIKA, "planCode": "KGM03V" })),
        ("mvno/contractline/change", json!({ "account": MIKA, "contractLine": "4G" })),
        ("master/cnclAcnt", json!({ "kind": "MVNO", "account": MIKA })),
    ] {
        assert_eq!(code(&sandbox, path, document).await, "400-303", "half an hour is over, the order is open: {path}");
    }
    advance(&sandbox, 15 * MINUTE);
    let done = detail(&sandbox, MIKA).await;
    assert_eq!((done.get("async"), &done["voicemail"]), (None, &json!("10")));
    assert_eq!(
        code(&sandbox, "mvno/contractline/change", json!({ "account": MIKA, "contractLine": "4G" })).await,
        "100-200"
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn lines_open_when_their_time_has_come() {
    let sandbox = on_the_20th(slow(600)).await;
    let day = Day::of(&sandbox, 0, 20).compact();
    let eid = format!("8904999{}", "5".repeat(25));
    let physical =
        json!({ "kind": "MVNO", "account": "07001000010", "iccid": "8981100000000000010", "planCode": "KGM03V" });
    let esim = json!({ "eid": eid, "addKind": "N", "account": "07001000011", "planCode": "KGM10V", "simkind": "E0" });
    assert_eq!(code(&sandbox, "master/addAcnt", physical).await, "100-200");
    assert_eq!(code(&sandbox, "mvno/esim/addAcnt", esim).await, "100-200");
    advance(&sandbox, 10 * MINUTE - Duration::from_millis(1));
    for line in ["07001000010", "07001000011"] {
        let waiting = detail(&sandbox, line).await;
        assert_eq!(
            (&waiting["state"], &waiting["startDate"], &waiting["imsi"]),
            (&json!("waiting"), &json!(""), &json!(""))
        );
        assert_eq!(waiting["async"], json!({ "func": "regist", "date": day }));
    }
    advance(&sandbox, Duration::from_millis(1));
    for line in ["07001000010", "07001000011"] {
        let active = detail(&sandbox, line).await;
        assert_eq!((&active["state"], &active["startDate"]), (&json!("active"), &json!(day)));
        assert_eq!((active.get("async"), active["imsi"].as_str().unwrap().len()), (None, 15));
    }
    assert!(detail(&sandbox, "07001000011").await["activationCode"].as_str().unwrap().starts_with("LPA:1$"));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_new_profile_follows_after_two_minutes_and_the_line_stays_in_service() {
    let sandbox = on_the_20th(Delays::default()).await;
    let (line, old) = ("07001000012", format!("8904999{}", "6".repeat(25)));
    let open = json!({ "eid": old, "addKind": "N", "account": line, "planCode": "KGM10V", "simkind": "E0" });
    assert_eq!(code(&sandbox, "mvno/esim/addAcnt", open).await, "100-200");
    let before = detail(&sandbox, line).await;
    let new = format!("8904999{}", "7".repeat(25));
    let again = json!({ "eid": new, "addKind": "R", "account": line, "reissue": { "oldEid": old } });
    assert_eq!(code(&sandbox, "mvno/esim/addAcnt", again.clone()).await, "100-200");
    advance(&sandbox, 2 * MINUTE - Duration::from_millis(1));
    let waiting = detail(&sandbox, line).await;
    assert_eq!((&waiting["state"], &waiting["async"]["func"]), (&json!("active"), &json!("reissue")));
    assert_eq!((&waiting["iccid"], &waiting["activationCode"]), (&before["iccid"], &before["activationCode"]));
    assert_eq!(code(&sandbox, "mvno/esim/addAcnt", again).await, "400-303");
    advance(&sandbox, Duration::from_millis(1));
    let after = detail(&sandbox, line).await;
    assert_eq!((&after["state"], &after["eid"], after.get("async")), (&json!("active"), &json!(new), None));
    assert_ne!(after["iccid"], before["iccid"]);
    assert_ne!(after["activationCode"], before["activationCode"]);
    sandbox.stop().await;
}

#[tokio::test]
async fn data_comes_back_at_midnight_of_the_first_in_japan() {
    let sandbox = on_the_20th(Delays::default()).await;
    stand_at(&sandbox, Day::of(&sandbox, 1, 1).at(0, 0) - 1);
    sandbox.world().add_usage(MIKA, 9_000).unwrap();
    let evening = left(&sandbox).await;
    assert!(evening < 1_000_000, "{evening} KB of 10 GB are left on the last evening");
    advance(&sandbox, Duration::from_millis(1));
    assert_eq!(left(&sandbox).await, 10_000_000);
    sandbox.stop().await;
}

#[tokio::test]
async fn an_addition_is_there_at_once_and_ends_with_the_next_month() {
    let sandbox = on_the_20th(Delays::default()).await;
    let before = left(&sandbox).await;
    assert_eq!(
        code(&sandbox, "master/addSpec", json!({ "account": MIKA, "quota": "5000", "quotaCode": "A" })).await,
        "100-200"
    );
    assert_eq!(left(&sandbox).await, before + 5_000_000);
    let range = json!({ "account": MIKA, "fromDate": Day::of(&sandbox, 0, 1).compact(), "toDate": Day::of(&sandbox, 0, 28).compact() });
    let history = Freebit::sign_in(&sandbox).await.call("mvno/getQuotaHistory", range).await;
    let first_after = Day::of(&sandbox, 2, 1);
    let expire = history["quotaHistory"][0]["expire"].as_str().unwrap();
    assert_eq!(
        (&expire[..6], history["quotaHistory"][0]["quota"].as_str()),
        (&Day::of(&sandbox, 1, 1).compact()[..6], Some("5000000"))
    );
    let last_day: i64 = expire[6..].parse().unwrap();
    assert_eq!(
        Day { day: last_day, ..Day::of(&sandbox, 1, 1) }.number() + 1,
        first_after.number(),
        "the last of its month"
    );

    // One that says itself when it ends.
    let short = json!({ "account": MIKA, "quota": "1000", "expire": Day::of(&sandbox, 0, 22).compact() });
    assert_eq!(code(&sandbox, "master/addSpec", short).await, "100-200");
    stand_at(&sandbox, Day::of(&sandbox, 0, 23).at(0, 0) - 1);
    let with = left(&sandbox).await;
    advance(&sandbox, Duration::from_millis(1));
    let gone = with - left(&sandbox).await;
    assert!((1_000_000..1_000_100).contains(&gone), "{gone}: the addition, and what a moment used");

    stand_at(&sandbox, Day::of(&sandbox, 1, 1).at(0, 0));
    assert_eq!(left(&sandbox).await, 15_000_000, "the month's data and the whole addition");
    stand_at(&sandbox, first_after.at(0, 0) - 1);
    let evening = left(&sandbox).await;
    assert!(evening >= 5_000_000, "{evening}: it lasts to the last evening");
    advance(&sandbox, Duration::from_millis(1));
    assert_eq!(left(&sandbox).await, 10_000_000);
    sandbox.stop().await;
}

#[tokio::test]
async fn what_was_taken_of_an_addition_does_not_come_back() {
    let sandbox = on_the_20th(Delays::default()).await;
    assert_eq!(code(&sandbox, "master/addSpec", json!({ "account": MIKA, "quota": "5000" })).await, "100-200");
    // All that the month has, and two gigabytes of the addition.
    let use_up = u32::try_from(left(&sandbox).await / 1_000).unwrap() - 3_000;
    sandbox.world().add_usage(MIKA, use_up).unwrap();
    assert!((3_000_000..3_001_000).contains(&left(&sandbox).await));
    stand_at(&sandbox, Day::of(&sandbox, 1, 1).at(0, 0) - 1);
    let evening = left(&sandbox).await;
    assert!(evening < 3_001_000);
    advance(&sandbox, Duration::from_millis(1));
    let morning = left(&sandbox).await;
    // A moment before midnight still used a little.
    assert!(
        (evening - 100..=evening).contains(&(morning - 10_000_000)),
        "{morning}: the month's data, and what was left"
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn a_plan_changes_on_the_day_that_was_asked_for() {
    let sandbox = on_the_20th(Delays::default()).await;
    let first = Day::of(&sandbox, 1, 1);
    let change = json!({ "account": MIKA, "planCode": "KGM30V", "runTime": first.compact() });
    assert_eq!(code(&sandbox, "mvno/changePlan", change).await, "100-200");
    stand_at(&sandbox, first.at(0, 0) - 1);
    let open = detail(&sandbox, MIKA).await;
    assert_eq!(
        (&open["planCode"], &open["async"]),
        (&json!("KGM10V"), &json!({ "func": "changePlan", "date": first.compact() }))
    );
    assert_eq!(code(&sandbox, "mvno/talkoption/changeOrder", voice("10")).await, "400-303", "it is open until then");
    advance(&sandbox, Duration::from_millis(1));
    let done = detail(&sandbox, MIKA).await;
    assert_eq!((&done["planCode"], done.get("async")), (&json!("KGM30V"), None));
    assert_eq!(left(&sandbox).await, 30_000_000, "the new month has the new plan's data");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_cancelled_line_ends_on_its_day() {
    let sandbox = on_the_20th(Delays::default()).await;
    // The chosen month is the next one: its end is the first of the month after.
    let first = Day::of(&sandbox, 2, 1);
    let cancel = json!({ "kind": "MVNO", "account": MIKA, "runDate": first.compact() });
    assert_eq!(code(&sandbox, "master/cnclAcnt", cancel).await, "100-200");
    stand_at(&sandbox, first.at(0, 0) - 1);
    let open = detail(&sandbox, MIKA).await;
    assert_eq!(
        (&open["state"], &open["async"]),
        (&json!("active"), &json!({ "func": "cancel", "date": first.compact() }))
    );
    advance(&sandbox, Duration::from_millis(1));
    assert_eq!(detail(&sandbox, MIKA).await["state"], "obsolete");
    assert_eq!(code(&sandbox, "master/addSpec", json!({ "account": MIKA, "quota": "1" })).await, "400-302");
    sandbox.stop().await;
}

#[tokio::test]
async fn without_a_day_a_line_ends_with_its_month() {
    let sandbox = start().await;
    stand_at(&sandbox, Day::of(&sandbox, 1, 20).at(10, 0));
    assert_eq!(code(&sandbox, "mvno/releasePlan", json!({ "account": MIKA })).await, "100-200");
    stand_at(&sandbox, Day::of(&sandbox, 1, 1).at(0, 0) - 1);
    assert_eq!(detail(&sandbox, MIKA).await["state"], "active");
    advance(&sandbox, Duration::from_millis(1));
    assert_eq!(detail(&sandbox, MIKA).await["state"], "obsolete");
    sandbox.stop().await;
}
