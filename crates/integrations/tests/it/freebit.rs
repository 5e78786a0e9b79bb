use crate::harness::Upstreams;
use domain::catalog::SimKind;
use domain::sim::LineState;
use integrations::UpstreamErrorKind;
use integrations::freebit::{NewEsim, ProfileKind};
use sandbox::{Delays, FaultKind, System};

const CARD: &str = "8981040000001000001";
const EID: &str = "89049032000000000000000000000123";

fn esim<'n>(number: &'n str, eid: &'n str, plan_code: &'n str) -> NewEsim<'n> {
    NewEsim { number, eid, plan_code, profile: ProfileKind::Voice }
}

#[tokio::test]
async fn a_card_is_opened_and_becomes_active() {
    let delays = Delays { freebit_async_min_ms: 300, freebit_async_max_ms: 300, ..Delays::default() };
    let upstreams = Upstreams::start_with(sandbox::Config { delays, ..sandbox::Config::default() }).await;
    let (plan, _) = upstreams.products().await;
    let plan = plan.freebit_plan_code.unwrap();
    let freebit = &upstreams.freebit;
    assert_eq!(freebit.line("07001000001").await.unwrap_err().kind, UpstreamErrorKind::NotFound);
    let _ = freebit.open_physical("07001000001", CARD, &plan).await.unwrap();
    let opening = freebit.line("07001000001").await.unwrap();
    assert!(opening.line.change_running, "accepted is not done");
    assert_eq!(opening.line.state, LineState::Waiting);
    let open = loop {
        let line = freebit.line("07001000001").await.unwrap();
        if !line.line.change_running {
            break line;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!((open.line.state, open.line.kind), (LineState::Active, SimKind::Physical));
    assert_eq!(open.plan_code.as_deref(), Some(plan.as_str()));
    assert_eq!(open.iccid.unwrap().reveal(), CARD);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_esim_is_opened_and_a_lost_answer_is_found() {
    let upstreams = Upstreams::start().await;
    let (plan, _) = upstreams.products().await;
    let plan = plan.freebit_plan_code.unwrap();
    upstreams.fault(System::Freebit, "mvno/esim/addAcnt", FaultKind::DropAfterCommit);
    let error = upstreams.freebit.open_esim(esim("07001000002", EID, &plan)).await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::OutcomeUnknown);
    let line = upstreams.freebit.line("07001000002").await.unwrap();
    assert_eq!(line.line.kind, SimKind::Esim);
    assert_eq!(line.eid.unwrap().reveal(), EID);

    let error = upstreams.freebit.open_esim(esim("07001000003", "123", &plan)).await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Refused { .. }), "{:?}", error.kind);
    let error = upstreams.freebit.open_physical("07001000003", CARD, "NO_SUCH_PLAN").await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Refused { .. }), "{:?}", error.kind);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_expired_key_is_renewed_once() {
    let upstreams = Upstreams::start().await;
    let (plan, _) = upstreams.products().await;
    let plan = plan.freebit_plan_code.unwrap();
    let _ = upstreams.freebit.open_physical("07001000001", CARD, &plan).await.unwrap();
    let before = upstreams.count_calls(System::Freebit, "authOem");
    upstreams.fault(System::Freebit, "mvno/getDetail", FaultKind::Refuse("210-2".to_owned()));
    upstreams.freebit.line("07001000001").await.unwrap();
    assert_eq!(upstreams.count_calls(System::Freebit, "authOem") - before, 1);

    let world = upstreams.sandbox.world();
    let kind = FaultKind::Refuse("210-2".to_owned());
    world.add_fault(sandbox::Fault {
        system: System::Freebit,
        operation: Some("mvno/getDetail".to_owned()),
        kind,
        times: None,
    });
    let error = upstreams.freebit.line("07001000001").await.unwrap_err();
    assert_eq!(error.kind, UpstreamErrorKind::Denied, "a new key that is refused too does not loop");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn a_busy_line_asks_to_wait_and_wrong_keys_are_denied() {
    let upstreams = Upstreams::start().await;
    upstreams.fault(System::Freebit, "master/addAcnt", FaultKind::Refuse("400-303".to_owned()));
    let error = upstreams.freebit.open_physical("07001000001", CARD, "ANY").await.unwrap_err();
    assert!(matches!(error.kind, UpstreamErrorKind::Unavailable { retry_after: Some(_) }), "{:?}", error.kind);
    let address = upstreams.sandbox.endpoints().freebit.parse().unwrap();
    let config = integrations::freebit::Config::new(address, "x".to_owned(), "y".into());
    let stranger = integrations::freebit::Client::new(config).unwrap();
    assert_eq!(stranger.line("07001000001").await.unwrap_err().kind, UpstreamErrorKind::Denied);
    upstreams.sandbox.stop().await;
}
