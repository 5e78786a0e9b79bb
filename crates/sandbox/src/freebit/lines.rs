//! Reading lines, and what takes effect at once: quota, suspension.

use serde_json::{Map, Value, json};

use super::request::{MALFORMED, MISSING, account, date, required, show_flag, text};
use super::types::{self, Line, Quota};
use super::{Answer, Failure, KB_PER_MB, QUOTA};
use crate::clock::Date;
use crate::world::store::{Store, Txn, numeric_key};

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

pub(crate) fn known(store: &Store, account: &str) -> Result<Line, Failure> {
    types::line(store, account).ok_or(Failure::code("400-301"))
}

pub(crate) fn in_service(store: &Store, account: &str) -> Result<Line, Failure> {
    let line = known(store, account)?;
    if line.state == "active" { Ok(line) } else { Err(Failure::code("400-302")) }
}

/// `/mvno/getDetail/`
pub(crate) fn detail(store: &Store, document: &Value, now: i64) -> Answer {
    let wanted = document["requestDatas"].as_array().ok_or(MISSING)?;
    if wanted.is_empty() {
        return Err(MISSING);
    }
    let mut details = Vec::new();
    for item in wanted {
        if required(item, "kind")? != "MVNO" {
            return Err(MALFORMED);
        }
        details.push(show(store, &known(store, &account(item)?)?, now));
    }
    Ok(members(json!({ "responseDatas": details })))
}

fn show(store: &Store, line: &Line, now: i64) -> Value {
    let mut shown = json!({
        "kind": "MVNO", "account": line.account, "state": line.state, "startDate": line.start_date, "planCode": line.plan_code, "iccid": line.iccid,
        "imsi": line.imsi, "eid": line.eid, "contractLine": line.contract_line, "size": line.size, "sms": show_flag(line.sms),
        "talk": show_flag(line.talk), "ipv4": line.ipv4, "ipv6": "", "quota": types::quota_left(store, line, now).to_string(),
        "voicemail": show_flag(line.voicemail), "callwaiting": show_flag(line.callwaiting), "worldwing": show_flag(line.worldwing),
    });
    if !line.activation_code.is_empty() {
        shown["smdpAddress"] = json!(line.smdp_address);
        shown["activationCode"] = json!(line.activation_code);
    }
    if let Some(order) = types::open_order(store, &line.account) {
        shown["async"] = json!({ "func": order.change.func(), "date": Date::japan(order.due_ms).compact() });
    }
    shown
}

/// `/mvno/getTrafficInfo/`
pub(crate) fn traffic(store: &Store, document: &Value, now: i64) -> Answer {
    let line = known(store, &account(document)?)?;
    let today = Date::japan(now).days();
    let recent: Vec<String> = (1..=30)
        .map(|back| types::used(store, &line, today - back, now).map(|kb| kb.to_string()).unwrap_or_default())
        .collect();
    let throttled = line.state == "active" && types::quota_left(store, &line, now) == 0;
    Ok(members(json!({
        "account": line.account,
        "traffic": {
            "today": types::used(store, &line, today, now).unwrap_or(0).to_string(),
            "inRecentDays": recent.join(","),
            "blackList": show_flag(throttled),
        },
    })))
}

/// `/mvno/getQuotaHistory/`
pub(crate) fn quota_history(store: &Store, document: &Value) -> Answer {
    let line = known(store, &account(document)?)?;
    let from = date(document, "fromDate")?.ok_or(MISSING)?;
    let to = date(document, "toDate")?.ok_or(MISSING)?;
    let mut rows: Vec<Quota> = store.all(QUOTA);
    rows.retain(|row| row.account == line.account && (from..=to).contains(&Date::japan(row.added_ms)));
    rows.sort_by_key(|row| std::cmp::Reverse((row.added_ms, row.id)));
    let total: u64 = rows.iter().map(|row| row.quota_kb).sum();
    let shown: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "addDate": Date::japan(row.added_ms).compact(), "expire": row.expire, "quota": row.quota_kb.to_string(), "quotaCode": row.quota_code,
            })
        })
        .collect();
    Ok(members(
        json!({ "account": line.account, "total": total.to_string(), "count": rows.len().to_string(), "quotaHistory": shown }),
    ))
}

/// `/master/addSpec/`: MB in, KB everywhere else.
pub(crate) fn add_quota(txn: &mut Txn<'_>, document: &Value, now: i64) -> Answer {
    let line = in_service(txn, &account(document)?)?;
    let megabytes: u64 = required(document, "quota")?.parse().map_err(|_| MALFORMED)?;
    if !(1..=512_000).contains(&megabytes) {
        return Err(Failure::code("400-305"));
    }
    let expire = match date(document, "expire")? {
        Some(date) => date,
        None => Date::japan(now).first_of_month(2).plus_days(-1),
    };
    let row = Quota {
        id: txn.next(QUOTA, 0),
        account: line.account,
        added_ms: now,
        expire: expire.compact(),
        quota_kb: megabytes * KB_PER_MB,
        quota_code: text(document, "quotaCode")?.unwrap_or_default(),
    };
    txn.put(QUOTA, &numeric_key(row.id), &row);
    Ok(Map::new())
}

/// `/mvno/suspend/` and `/mvno/resume/`
pub(crate) fn set_suspended(txn: &mut Txn<'_>, document: &Value, suspend: bool, now: i64) -> Answer {
    let mut line = known(txn, &account(document)?)?;
    let expected = if suspend { "active" } else { "suspended" };
    if line.state != expected {
        return Err(Failure::code("400-302"));
    }
    line.state = if suspend { "suspended" } else { "active" }.to_owned();
    line.suspended_since = suspend.then(|| Date::japan(now).days());
    types::save(txn, &line);
    Ok(Map::new())
}
