//! Inputs of the sandbox that are faults by themselves, as customers type them: what each becomes for a caller.

use crate::harness::{Upstreams, newcomer};
use domain::common::pii::Pii;
use domain::customer::providers::whmcs::ClientLookup;
use domain::sim::LineState;
use domain::support::CasePriority;
use domain::support::providers::salesforce::NewCase;
use integrations::UpstreamErrorKind::{self, OutcomeUnknown, Refused};
use integrations::freebit::{NewEsim, ProfileKind};
use integrations::whmcs;
use uuid::Uuid;

#[tokio::test]
async fn mail_addresses_of_new_clients() {
    let upstreams = Upstreams::start().await;
    let (at, keys) = (upstreams.sandbox.endpoints(), upstreams.sandbox.credentials());
    for (n, local, made) in [(1, "whmcs-lost", true), (2, "whmcs-slow", true), (3, "whmcs-down", false)] {
        let config = whmcs::Config::new(
            at.whmcs.parse().unwrap(),
            keys.whmcs_identifier.clone().into(),
            keys.whmcs_secret.clone().into(),
        );
        let client = whmcs::Client::new(whmcs::Config { timeout_ms: 1_000, ..config }).unwrap();
        let (number, email) = (format!("C-90001{n}"), format!("{local}@example.com"));
        let added = client.add_client(&newcomer(&number, &email)).await.unwrap_err();
        assert_eq!(added.kind, OutcomeUnknown, "{local}");
        let found = upstreams.whmcs.find_client(&number, &email).await.unwrap();
        assert_eq!(matches!(found, ClientLookup::Found(_)), made, "{local}: {found:?}");
    }
    let refused = upstreams.whmcs.add_client(&newcomer("C-900019", "whmcs-refused@example.com")).await.unwrap_err();
    assert!(matches!(refused.kind, Refused { .. }), "{refused:?}");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn eids_that_the_order_form_lets_in() {
    let upstreams = Upstreams::start().await;
    let plan = upstreams.products().await.0.freebit_plan_code.unwrap();
    let open = async |number: &str, eid: &str| {
        assert!(domain::common::validation::eid(eid).is_ok(), "{eid}");
        upstreams.freebit.open_esim(NewEsim { number, eid, plan_code: &plan, profile: ProfileKind::Voice }).await
    };
    let refused = open("07001000001", "89049032000000000000000000930684").await.unwrap_err();
    assert!(matches!(refused.kind, Refused { .. }), "{refused:?}");
    for (number, eid, state) in [
        ("07001000002", "89049032000000000000000000930393", LineState::Waiting),
        ("07001000003", "89049032000000000000000000950084", LineState::Obsolete),
    ] {
        let _ = open(number, eid).await.unwrap();
        assert_eq!(upstreams.freebit.line(number).await.unwrap().line.state, state, "{eid}");
    }
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn texts_of_a_case() {
    let upstreams = Upstreams::start().await;
    let account = upstreams.salesforce.upsert_account(&newcomer("C-900020", "hanako@example.com")).await.unwrap();
    let open = async |n: u128, subject: &str| {
        let pii = |text: &str| Pii::new(text.to_owned());
        let new = NewCase {
            id: Uuid::from_u128(n),
            account_id: account.clone(),
            contact_id: None,
            subject: pii(subject),
            description: pii("d"),
            category: None,
            priority: CasePriority::Low,
        };
        upstreams.salesforce.open_case(&new).await
    };
    let refused = open(1, "No signal [validation-rule]").await.unwrap_err();
    assert!(matches!(refused.kind, Refused { .. }), "{refused:?}");
    let locked = open(2, "[row-lock]").await.unwrap_err();
    assert!(matches!(locked.kind, UpstreamErrorKind::Unavailable { .. }), "worth another try: {locked:?}");
    assert!(upstreams.salesforce.cases(&account, 10).await.unwrap().is_empty());
    upstreams.sandbox.stop().await;
}
