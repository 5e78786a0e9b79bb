//! Orders which take time: openings, changes, cancellations.

use serde_json::{Map, Value, json};

use super::lines::{in_service, known};
use super::request::{MALFORMED, MISSING, account, date, digits, flag, required, text};
use super::types::{self, Change, Line, Order};
use super::{Answer, Failure, LINES, OPEN_ORDERS};
use crate::clock::{DAY_MS, Date};
use crate::config::Delays;
use crate::sentinels::{self, Opening};
use crate::world::store::{Store, Txn, numeric_key};

/// Plan, voice-option and network changes of one line stand this far apart.
const SPACING_MS: i64 = 30 * 60_000;
/// A new eSIM profile is ready after this long, whatever the delays say.
const REISSUE_MS: i64 = 120_000;
/// A line that stays waiting would be ready after this long: ten years, more than the clock goes ahead.
const NEVER_MS: i64 = 3_650 * DAY_MS;
const SMDP: &str = "smdp.example.com";

const LOCKED: Failure = Failure::code("400-303");
const UNKNOWN_PLAN: Failure = Failure::code("400-304");
const BAD_EID: Failure = Failure::code("400-306");
const UNSUPPORTED: Failure = Failure::code("400-356");

/// When an order placed now falls due.
pub(crate) fn due(delays: &Delays, now: i64) -> i64 {
    let (min, max) = (delays.freebit_async_min_ms, delays.freebit_async_max_ms.max(delays.freebit_async_min_ms));
    let span = if min == max { min } else { rand::Rng::random_range(&mut rand::rng(), min..=max) };
    now.saturating_add(i64::try_from(span).unwrap_or(i64::MAX))
}

/// Opens a line as its SIM's digits say.
fn open(txn: &mut Txn<'_>, line: &Line, fate: Opening, now: i64, due_ms: i64) {
    types::save(txn, line);
    match fate {
        Opening::Waits => place(txn, &line.account, Change::Open, now, now + NEVER_MS),
        Opening::Fails => place(txn, &line.account, Change::GiveUp, now, due_ms),
        Opening::Succeeds | Opening::Refused(_) => place(txn, &line.account, Change::Open, now, due_ms),
    }
}

fn place(txn: &mut Txn<'_>, account: &str, change: Change, now: i64, due_ms: i64) {
    let id = txn.next(OPEN_ORDERS, 0);
    let order = Order { id, account: account.to_owned(), placed_ms: now, due_ms, change };
    txn.put(OPEN_ORDERS, &numeric_key(id), &order);
}

fn plan_of(document: &Value) -> Result<&'static types::Plan, Failure> {
    let code = text(document, "planCode")?.ok_or(Failure::code("400-307"))?;
    types::plan(&code).ok_or(UNKNOWN_PLAN)
}

fn contract_line(document: &Value, plan: &types::Plan) -> Result<String, Failure> {
    match text(document, "contractLine")?.as_deref() {
        None => Ok(if plan.fast { "5G" } else { "4G" }.to_owned()),
        Some("4G") => Ok("4G".to_owned()),
        Some("5G") if plan.fast => Ok("5G".to_owned()),
        Some("5G") => Err(UNSUPPORTED),
        Some(_) => Err(MALFORMED),
    }
}

/// A number that is not a line yet. One that is being opened answers with the lock, another live one is not possible.
fn free_account(store: &Store, account: &str) -> Result<(), Failure> {
    match types::line(store, account) {
        None => Ok(()),
        Some(line) if line.state == "obsolete" => Ok(()),
        Some(_) if types::open_order(store, account).is_some() => Err(LOCKED),
        Some(_) => Err(UNSUPPORTED),
    }
}

fn live_lines(store: &Store) -> impl Iterator<Item = Line> {
    store.all::<Line>(LINES).into_iter().filter(|line| line.state != "obsolete")
}

/// `/master/addAcnt/`: a line on a physical SIM.
pub(crate) fn open_physical(txn: &mut Txn<'_>, document: &Value, delays: &Delays, now: i64) -> Answer {
    if required(document, "kind")? != "MVNO" {
        return Err(MALFORMED);
    }
    let number = account(document)?;
    let iccid = digits(required(document, "iccid")?, 19..=20)?;
    let plan = plan_of(document)?;
    free_account(txn, &number)?;
    if live_lines(txn).any(|line| line.iccid == iccid) {
        return Err(MALFORMED);
    }
    let fate = sentinels::opening(None, Some(&iccid));
    if let Opening::Refused(code) = fate {
        return Err(Failure::code(code));
    }
    let line = Line {
        account: number,
        state: "waiting".to_owned(),
        plan_code: plan.code.to_owned(),
        iccid,
        contract_line: contract_line(document, plan)?,
        size: "nano".to_owned(),
        sms: plan.voice,
        talk: plan.voice,
        ..Line::default()
    };
    open(txn, &line, fate, now, due(delays, now));
    Ok(Map::new())
}

/// `/mvno/esim/addAcnt/`: new, port-in or a new profile for a line that is there.
pub(crate) fn open_esim(txn: &mut Txn<'_>, document: &Value, delays: &Delays, now: i64) -> Answer {
    let eid = required(document, "eid")?;
    if digits(eid.clone(), 32..=32).is_err() {
        return Err(BAD_EID);
    }
    let kind = required(document, "addKind")?;
    if kind == "R" {
        return reissue(txn, document, eid, now);
    }
    match kind.as_str() {
        "N" => {}
        "M" => {
            let number = text(&document["mnp"], "reserveNumber")?.ok_or(MISSING)?;
            let number = digits(number, 10..=10)?;
            if sentinels::reservation_is_over(&number) {
                return Err(UNSUPPORTED);
            }
        }
        _ => return Err(MALFORMED),
    }
    let number = account(document)?;
    let plan = plan_of(document)?;
    free_account(txn, &number)?;
    if live_lines(txn).any(|line| line.eid == eid) {
        return Err(BAD_EID);
    }
    let fate = sentinels::opening(Some(&eid), None);
    if let Opening::Refused(code) = fate {
        return Err(Failure::code(code));
    }
    let (talk, sms) = match text(document, "simkind")?.as_deref() {
        None => (plan.voice, plan.voice),
        Some("E0") => (true, true),
        Some("E2") => (false, false),
        Some("E3") => (false, true),
        Some(_) => return Err(MALFORMED),
    };
    if talk && !plan.voice {
        return Err(UNSUPPORTED);
    }
    let line = Line {
        account: number.clone(),
        state: "waiting".to_owned(),
        plan_code: plan.code.to_owned(),
        eid,
        contract_line: contract_line(document, plan)?,
        size: "esim".to_owned(),
        sms,
        talk,
        ..Line::default()
    };
    open(txn, &line, fate, now, due(delays, now));
    Ok(Map::from_iter([("account".to_owned(), json!(number))]))
}

fn reissue(txn: &mut Txn<'_>, document: &Value, eid: String, now: i64) -> Answer {
    let old = text(&document["reissue"], "oldEid")?.ok_or(MISSING)?;
    let line = live_lines(txn).find(|line| line.eid == old).ok_or(Failure::code("400-301"))?;
    if text(document, "account")?.is_some_and(|account| account != line.account) {
        return Err(Failure::code("400-301"));
    }
    in_service(txn, &line.account)?;
    if types::open_order(txn, &line.account).is_some() {
        return Err(LOCKED);
    }
    if eid != old && live_lines(txn).any(|line| line.eid == eid) {
        return Err(BAD_EID);
    }
    place(txn, &line.account, Change::Reissue { eid }, now, now + REISSUE_MS);
    Ok(Map::new())
}

/// A line in service whose last change lies far enough back and which has no order open.
fn changeable(txn: &Txn<'_>, document: &Value, now: i64) -> Result<Line, Failure> {
    let line = in_service(txn, &account(document)?)?;
    let too_soon = line.last_change_ms.is_some_and(|last| now - last < SPACING_MS);
    if too_soon || types::open_order(txn, &line.account).is_some() {
        return Err(LOCKED);
    }
    Ok(line)
}

fn note_change(txn: &mut Txn<'_>, mut line: Line, now: i64) {
    line.last_change_ms = Some(now);
    types::save(txn, &line);
}

/// `/mvno/changePlan/`: at once, or on the day of `runTime`.
pub(crate) fn change_plan(txn: &mut Txn<'_>, document: &Value, now: i64) -> Answer {
    let line = changeable(txn, document, now)?;
    let plan = plan_of(document)?;
    flag(document, "globalip")?;
    let change = Change::SwitchPlan { plan_code: plan.code.to_owned() };
    let due_ms = date(document, "runTime")?.map_or(now, Date::japan_start_ms);
    let ipv4 = line.ipv4.clone();
    place(txn, &line.account.clone(), change, now, due_ms);
    note_change(txn, line, now);
    apply_due(txn, now);
    Ok(Map::from_iter([("ipv4".to_owned(), json!(ipv4)), ("ipv6".to_owned(), json!(""))]))
}

/// `/mvno/talkoption/changeOrder/`
pub(crate) fn talk_options(txn: &mut Txn<'_>, document: &Value, delays: &Delays, now: i64) -> Answer {
    let options = &document["talkOption"];
    let (voicemail, callwaiting, worldwing) =
        (flag(options, "voiceMail")?, flag(options, "callWaiting")?, flag(options, "worldWing")?);
    if voicemail.is_none() && callwaiting.is_none() && worldwing.is_none() {
        return Err(MISSING);
    }
    let line = changeable(txn, document, now)?;
    if !line.talk {
        return Err(UNSUPPORTED);
    }
    place(txn, &line.account.clone(), Change::Talk { voicemail, callwaiting, worldwing }, now, due(delays, now));
    note_change(txn, line, now);
    Ok(Map::new())
}

/// `/mvno/contractline/change/`
pub(crate) fn change_network(txn: &mut Txn<'_>, document: &Value, delays: &Delays, now: i64) -> Answer {
    required(document, "contractLine")?;
    let line = changeable(txn, document, now)?;
    let plan = types::plan(&line.plan_code).ok_or(UNKNOWN_PLAN)?;
    let contract_line = contract_line(document, plan)?;
    place(txn, &line.account.clone(), Change::ContractLine { contract_line }, now, due(delays, now));
    note_change(txn, line, now);
    Ok(Map::new())
}

/// `/mvno/releasePlan/` and `/master/cnclAcnt/`: without a date, at the end of this month.
pub(crate) fn end(txn: &mut Txn<'_>, document: &Value, date_field: &str, change: Change, now: i64) -> Answer {
    let line = known(txn, &account(document)?)?;
    if !["active", "suspended"].contains(&line.state.as_str()) {
        return Err(Failure::code("400-302"));
    }
    if types::open_order(txn, &line.account).is_some() {
        return Err(LOCKED);
    }
    let day = date(document, date_field)?.unwrap_or_else(|| Date::japan(now).first_of_month(1));
    place(txn, &line.account, change, now, day.japan_start_ms());
    apply_due(txn, now);
    Ok(Map::new())
}

/// Does what has fallen due.
pub(crate) fn apply_due(txn: &mut Txn<'_>, now: i64) {
    let due: Vec<Order> = txn.all::<Order>(OPEN_ORDERS).into_iter().filter(|order| order.due_ms <= now).collect();
    for order in due {
        txn.delete(OPEN_ORDERS, &numeric_key(order.id));
        let Some(mut line) = types::line(txn, &order.account) else { continue };
        match order.change {
            Change::Open => {
                line.state = "active".to_owned();
                line.start_date = Date::japan(order.due_ms).compact();
                let serial = txn.next("freebit.imsi", 0);
                // 440 is Japan; network code 99 and the zeros are not in use.
                line.imsi = format!("44099{serial:010}");
                line.ipv4 = format!("192.0.2.{}", serial % 250 + 1);
                if line.size == "esim" {
                    new_profile(txn, &mut line);
                }
            }
            Change::SwitchPlan { plan_code } => line.plan_code = plan_code,
            Change::Release | Change::Cancel | Change::GiveUp => line.state = "obsolete".to_owned(),
            Change::Talk { voicemail, callwaiting, worldwing } => {
                line.voicemail = voicemail.unwrap_or(line.voicemail);
                line.callwaiting = callwaiting.unwrap_or(line.callwaiting);
                line.worldwing = worldwing.unwrap_or(line.worldwing);
            }
            Change::ContractLine { contract_line } => line.contract_line = contract_line,
            Change::Reissue { eid } => {
                line.eid = eid;
                new_profile(txn, &mut line);
            }
        }
        types::save(txn, &line);
    }
}

fn new_profile(txn: &mut Txn<'_>, line: &mut Line) {
    let serial = txn.next("freebit.profiles", 0);
    line.iccid = format!("89819900{serial:011}");
    line.smdp_address = SMDP.to_owned();
    line.activation_code = format!("LPA:1${SMDP}$KGM-{serial:08}-{}", crate::keys::random_text(8).to_uppercase());
}
