//! Freebit: lines, usage, top-ups, and the envelope of every answer.

use super::Shape;
use super::whmcs::shown;
use domain::sim::CarrierUnits;
use domain::sim::providers::freebit as carrier;
use serde_json::{Value, json};

const LINE: &str = "07012345678";

fn detail() -> Value {
    json!({"resultCode": "100", "status": {"message": "OK", "statusCode": "200"}, "responseDatas": [
        {"kind": "MVNO", "account": LINE, "state": "active", "startDate": "20260115", "planCode": "PASI_10G", "iccid": "8981040000001234567",
         "imsi": "440101234567890", "eid": "", "contractLine": "5G", "size": "nano", "sms": "10", "talk": "10", "ipv4": "", "ipv6": "",
         "quota": "4200000", "smdpAddress": "", "activationCode": "", "voicemail": "10", "callwaiting": "20", "worldwing": "20"}]})
}

/// The line with what it does not print.
fn read_line(reply: &Value) -> Result<String, String> {
    shown(carrier::line(reply, LINE, CarrierUnits::default()).map(|line| {
        let (iccid, eid) =
            (line.iccid.as_ref().map(|n| n.reveal().clone()), line.eid.as_ref().map(|n| n.reveal().clone()));
        (line, iccid, eid)
    }))
}

fn line(reply: &mut Value) -> &mut Value {
    &mut reply["responseDatas"][0]
}

pub fn table() -> Vec<Shape> {
    let envelope = || json!({"resultCode": "210", "status": {"message": "NG", "statusCode": "2"}});
    vec![
        Shape::new("authOem", json!({"resultCode": "100", "status": {"message": "OK", "statusCode": "200"}, "authKey": "k-1"}), |r| {
            shown(carrier::result_code(r))
        })
        .says(&["(100, 200)"])
        .other("no status", |r| r["status"] = json!(null), "(100, 0)")
        .other("wrong key", |r| *r = json!({"resultCode": 210, "status": {"statusCode": 1}}), "(210, 1)")
        .refused("no code", |r| r["resultCode"] = json!(null), "resultCode")
        .refused("a word", |r| r["resultCode"] = json!("OK"), "resultCode"),
        Shape::new("the envelope of every answer", envelope(), |r| shown(carrier::result_code(r)))
            .says(&["(210, 2)"])
            .other("no status", |r| r["status"] = json!(""), "(210, 0)")
            .refused("something else", |r| *r = json!({"error": "x"}), "resultCode"),
        Shape::new("mvno/getDetail", detail(), read_line)
            .says(&["state: Active", "FiveG", "Physical", "8981040000001234567", "Kilobytes(4200000)", "voicemail: true", "roaming: false", "change_running: false"])
            .same("the account lost its zero", |r| line(r)["account"] = json!(7_012_345_678_u64))
            .same("no order open, in every writing", |r| line(r)["async"] = json!(null))
            .same("no order open, as list", |r| line(r)["async"] = json!([]))
            .same("no order open, as object", |r| line(r)["async"] = json!({}))
            .same("words in capitals", |r| line(r)["state"] = json!("ACTIVE"))
            .other("an order is open", |r| line(r)["async"] = json!({"func": "changePlan", "date": "20260115120000"}), "change_running: true")
            .other("an eSIM", |r| line(r)["eid"] = json!("89049032000000000000000000000001"), "kind: Esim")
            .other("an eSIM that has no number yet", |r| line(r)["size"] = json!("esim"), "kind: Esim")
            .other("a word of next year", |r| line(r)["state"] = json!("paused"), "state: Unknown")
            .other("waiting", |r| line(r)["state"] = json!("waiting"), "state: Waiting")
            .other("a network of next year", |r| line(r)["contractLine"] = json!("6G"), "network: None")
            .other("a switch that is none", |r| line(r)["voicemail"] = json!("1"), "voicemail: false")
            .refused("another line", |r| line(r)["account"] = json!("07099999999"), "responseDatas")
            .refused("no line", |r| r["responseDatas"] = json!([]), "responseDatas")
            .refused("no state", |r| line(r)["state"] = json!(""), "state")
            .refused("a day that is none", |r| line(r)["startDate"] = json!("20260231"), "startDate")
            .refused("a card number that JSON rounds", |r| line(r)["iccid"] = json!(8.98e19), "iccid")
            .refused("an EID that JSON rounds", |r| line(r)["eid"] = json!(8.9e31), "eid"),
        Shape::new(
            "mvno/getTrafficInfo",
            json!({"resultCode": "100", "status": {"message": "OK", "statusCode": "200"}, "account": LINE,
                "traffic": {"today": "120", "inRecentDays": "300,,5", "blackList": "10"}}),
            |r| shown(carrier::usage(r, LINE, CarrierUnits::default())),
        )
        .says(&["Kilobytes(120)", "[Some(Kilobytes(300)), None, Some(Kilobytes(5))]", "throttled: true"])
        .same("the account lost its zero", |r| r["account"] = json!(7_012_345_678_u64))
        .same("the account is missing", |r| r["account"] = json!(null))
        .same("blanks", |r| r["traffic"]["inRecentDays"] = json!("300, ,5"))
        .other("one day, as number", |r| r["traffic"]["inRecentDays"] = json!(300), "[Some(Kilobytes(300))]")
        .other("no days", |r| r["traffic"]["inRecentDays"] = json!(""), "recent_days: []")
        .other("only days without a record", |r| r["traffic"]["inRecentDays"] = json!(",,"), "[None, None, None]")
        .other("not throttled", |r| r["traffic"]["blackList"] = json!("20"), "throttled: false")
        .refused("another line", |r| r["account"] = json!("07099999999"), "another line")
        .refused("a volume that is none", |r| r["traffic"]["today"] = json!("x"), "today")
        .refused("a day that is none", |r| r["traffic"]["inRecentDays"] = json!("1,-2"), "inRecentDays"),
        Shape::new(
            "mvno/getQuotaHistory",
            json!({"resultCode": "100", "status": {"message": "OK", "statusCode": "200"}, "account": LINE, "total": "500000", "count": "1",
                "quotaHistory": [{"addDate": "20260115", "expire": "20260228", "quota": "500000", "quotaCode": "t-1"}]}),
            |r| shown(carrier::top_ups(r, LINE, CarrierUnits::default())),
        )
        .says(&["Kilobytes(500000)", "Some(\"t-1\")"])
        .same("a time behind the day", |r| r["quotaHistory"][0]["addDate"] = json!("20260115093000"))
        .other("no end", |r| r["quotaHistory"][0]["expire"] = json!(""), "expires_on: None")
        .other("no rows, as text", |r| r["quotaHistory"] = json!(""), "[]")
        .other("no rows, as list", |r| r["quotaHistory"] = json!([]), "[]")
        .other("no rows, as null", |r| r["quotaHistory"] = json!(null), "[]")
        .refused("another line", |r| r["account"] = json!(7_099_999_999_u64), "another line")
        .refused("a word", |r| r["quotaHistory"] = json!("none"), "quotaHistory")
        .refused("no day", |r| r["quotaHistory"][0]["addDate"] = json!(""), "addDate"),
    ]
}
