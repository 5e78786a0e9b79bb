//! What customers change on a line: data, options, plan, network, card, end.

use crate::harness::Upstreams;
use domain::Date;
use domain::sim::{CarrierUnits, Kilobytes, LineState, Megabytes, Network};
use integrations::UpstreamErrorKind::{self, NotFound, OutcomeUnknown, Refused, Unavailable};
use integrations::freebit::{Client, Config, NewEsim, ProfileKind, VoiceOptions, When};
use sandbox::{Delays, FaultKind, System};

const EID: &str = "89049032000000000000000000000123";
const OTHER_EID: &str = "89049032000000000000000000000456";
const LINE: &str = "07001000001";
const NOBODY: &str = "07009999999";

/// An eSIM line in service, on a plan with voice.
async fn start() -> (Upstreams, String) {
    let upstreams = Upstreams::start().await;
    let plan = upstreams.products().await.0.freebit_plan_code.unwrap();
    let new = NewEsim { number: LINE, eid: EID, plan_code: &plan, profile: ProfileKind::Voice };
    let _ = upstreams.freebit.open_esim(new).await.unwrap();
    wait_until_done(&upstreams).await;
    (upstreams, plan)
}

async fn wait_until_done(upstreams: &Upstreams) {
    for _ in 0..200 {
        if !upstreams.freebit.line(LINE).await.unwrap().line.change_running {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the change does not end");
}

fn today() -> Date {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    domain::Timestamp(i64::try_from(now).unwrap()).date_in_japan()
}

fn is_refused<T: std::fmt::Debug>(result: Result<T, integrations::UpstreamError>) -> bool {
    matches!(result.unwrap_err().kind, Refused { .. })
}

#[tokio::test]
async fn data_is_added_once_whatever_happens_to_the_answer() {
    let (upstreams, _) = start().await;
    let freebit = &upstreams.freebit;
    let day = today();
    let had = freebit.line(LINE).await.unwrap().line.remaining_kb.unwrap();
    for fault in [FaultKind::DropAfterCommit, FaultKind::Garbled, FaultKind::DropBefore] {
        upstreams.fault(System::Freebit, "master/addSpec", fault.clone());
        let tag = format!("order-{fault:?}");
        let lost = freebit.top_up(LINE, Megabytes(500), &tag, day, day).await.unwrap_err();
        assert_eq!(lost.kind, OutcomeUnknown, "{fault:?}");
        freebit.top_up(LINE, Megabytes(500), &tag, day, day).await.unwrap();
        freebit.top_up(LINE, Megabytes(500), &tag, day, day).await.unwrap();
        assert!(is_refused(freebit.top_up(LINE, Megabytes(600), &tag, day, day).await), "another amount");
    }
    let history = freebit.top_ups(LINE, day, day.plus_days(1)).await.unwrap();
    assert_eq!(history.len(), 3, "{history:?}");
    assert!(history.iter().all(|top_up| top_up.amount == Kilobytes(500_000) && top_up.expires_on > Some(day)));
    let has = freebit.line(LINE).await.unwrap().line.remaining_kb.unwrap();
    assert_eq!(has.0 - had.0, 1_500_000);

    let calls = upstreams.count_calls(System::Freebit, "master/addSpec");
    for amount in [0, 512_001] {
        assert!(is_refused(freebit.top_up(LINE, Megabytes(amount), "t", day, day).await));
    }
    assert!(is_refused(freebit.top_up(LINE, Megabytes(1), "", day, day).await));
    assert_eq!(upstreams.count_calls(System::Freebit, "master/addSpec"), calls, "refused before the call");
    assert_eq!(freebit.top_up(NOBODY, Megabytes(1), "t", day, day).await.unwrap_err().kind, NotFound);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn usage_is_read_and_shown_in_megabytes_as_sold() {
    let (upstreams, _) = start().await;
    let usage = upstreams.freebit.usage(LINE).await.unwrap();
    assert!(usage.recent_days.len() <= 30);
    assert_eq!(upstreams.freebit.usage(NOBODY).await.unwrap_err().kind, NotFound);
    let (at, keys) = (upstreams.sandbox.endpoints(), upstreams.sandbox.credentials());
    let base =
        Config::new(at.freebit.parse().unwrap(), keys.freebit_oem_id.clone(), keys.freebit_oem_key.clone().into());
    let binary = Client::new(Config { units: CarrierUnits::new(1024).unwrap(), ..base }).unwrap();
    let decimal = upstreams.freebit.line(LINE).await.unwrap().line.remaining_kb.unwrap();
    let shown = binary.line(LINE).await.unwrap().line.remaining_kb.unwrap();
    assert_eq!(shown.0, decimal.0 * 1000 / 1024);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_line_is_stopped_and_goes_on() {
    let (upstreams, _) = start().await;
    let freebit = &upstreams.freebit;
    upstreams.fault(System::Freebit, "mvno/suspend", FaultKind::DropAfterCommit);
    assert_eq!(freebit.suspend(LINE).await.unwrap_err().kind, OutcomeUnknown);
    assert_eq!(freebit.line(LINE).await.unwrap().line.state, LineState::Suspended, "looking tells");
    assert!(is_refused(freebit.suspend(LINE).await));
    freebit.resume(LINE).await.unwrap();
    assert_eq!(freebit.line(LINE).await.unwrap().line.state, LineState::Active);
    assert_eq!(freebit.resume(NOBODY).await.unwrap_err().kind, NotFound);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn options_are_changed_and_the_next_change_has_to_wait() {
    let (upstreams, plan) = start().await;
    let freebit = &upstreams.freebit;
    let none = freebit.change_voice_options(LINE, VoiceOptions::default()).await;
    assert!(is_refused(none));
    let wish = VoiceOptions { voicemail: Some(true), roaming: Some(true), call_waiting: None };
    let _ = freebit.change_voice_options(LINE, wish).await.unwrap();
    wait_until_done(&upstreams).await;
    let line = freebit.line(LINE).await.unwrap().line;
    assert_eq!((line.voicemail, line.call_waiting, line.roaming), (true, false, true));
    // Plan, voice options and network stand 30 minutes apart.
    for kind in [
        freebit.change_plan(LINE, &plan, When::Now).await.unwrap_err().kind,
        freebit.change_network(LINE, Network::FiveG).await.unwrap_err().kind,
    ] {
        assert!(matches!(kind, Unavailable { retry_after: Some(_) }), "{kind:?}");
    }
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_plan_changes_now_or_later_and_unknown_ones_are_refused() {
    let (upstreams, plan) = start().await;
    let freebit = &upstreams.freebit;
    let refused = freebit.change_plan(LINE, "NO_SUCH_PLAN", When::Now).await.unwrap_err().kind;
    assert_eq!(refused, UpstreamErrorKind::Refused { reason: "400-304".to_owned() });
    let other = upstreams.products().await.1;
    let other = other.iter().filter_map(|p| p.freebit_plan_code.clone()).find(|code| *code != plan).unwrap();
    let next_month = today().plus_days(31);
    let first = Date::new(next_month.year, next_month.month, 1).unwrap();
    let _ = freebit.change_plan(LINE, &other, When::On(first)).await.unwrap();
    let line = freebit.line(LINE).await.unwrap();
    assert!(line.line.change_running, "accepted is not done");
    assert_eq!(line.plan_code, Some(plan));
    assert_eq!(freebit.change_plan(NOBODY, &other, When::Now).await.unwrap_err().kind, NotFound);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_network_is_changed_where_the_plan_has_it() {
    let (upstreams, _) = start().await;
    let before = upstreams.freebit.line(LINE).await.unwrap().line.network.unwrap();
    let to = if before == Network::FiveG { Network::FourG } else { Network::FiveG };
    let _ = upstreams.freebit.change_network(LINE, to).await.unwrap();
    wait_until_done(&upstreams).await;
    assert_eq!(upstreams.freebit.line(LINE).await.unwrap().line.network, Some(to));
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_esim_gets_a_new_profile_and_a_number_comes_from_elsewhere() {
    let (upstreams, plan) = start().await;
    let freebit = &upstreams.freebit;
    let before = freebit.line(LINE).await.unwrap();
    assert_eq!(freebit.reissue_esim(LINE, OTHER_EID, OTHER_EID).await.unwrap_err().kind, NotFound, "not its EID");
    let _ = freebit.reissue_esim(LINE, OTHER_EID, EID).await.unwrap();
    let waiting = freebit.line(LINE).await.unwrap();
    assert!(waiting.line.change_running && waiting.line.state == LineState::Active);
    assert_eq!(waiting.iccid, before.iccid, "the old profile until the new one is ready");
    upstreams.sandbox.world().advance_clock(std::time::Duration::from_secs(120)).unwrap();
    wait_until_done(&upstreams).await;
    let after = freebit.line(LINE).await.unwrap();
    assert_eq!(after.line.state, LineState::Active);
    assert_eq!(after.eid.as_ref().unwrap().reveal(), OTHER_EID);
    assert_ne!(after.iccid, before.iccid);
    assert_ne!(after.activation_code, before.activation_code);

    let ported = "07001000009";
    let new = NewEsim { number: ported, eid: EID, plan_code: &plan, profile: ProfileKind::Voice };
    assert!(is_refused(freebit.port_in_esim(new, &"12".into()).await), "not ten digits");
    let _ = freebit.port_in_esim(new, &"1234567890".into()).await.unwrap();
    assert_eq!(freebit.line(ported).await.unwrap().eid.unwrap().reveal(), EID);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_line_ends_on_its_day_and_only_one_order_is_open() {
    let (upstreams, plan) = start().await;
    let freebit = &upstreams.freebit;
    let later = today().plus_days(40);
    let _ = freebit.cancel_line(LINE, later).await.unwrap();
    let line = freebit.line(LINE).await.unwrap().line;
    assert_eq!((line.state, line.change_running), (LineState::Active, true));
    for kind in [
        freebit.release_plan(LINE, later).await.unwrap_err().kind,
        freebit.change_plan(LINE, &plan, When::Now).await.unwrap_err().kind,
    ] {
        assert!(matches!(kind, Unavailable { retry_after: Some(_) }), "{kind:?}");
    }
    assert_eq!(freebit.release_plan(NOBODY, later).await.unwrap_err().kind, NotFound);

    let delays = Delays::default();
    assert_eq!(delays.freebit_async_max_ms, 0, "the other tests rest on it");
    upstreams.sandbox.stop().await;
}
