//! What this crate logs, with every level on, holds no personal data and no secret.

use crate::harness::{Upstreams, newcomer};
use crate::log::Log;
use domain::catalog::{Cycle, SimKind};
use domain::common::pii::Pii;
use domain::orders::providers::salesforce::{NewCrmOrder, NewCrmOrderLine};
use domain::orders::providers::whmcs::{BillingLine, NewBillingOrder};
use integrations::freebit::{NewEsim, ProfileKind};
use sandbox::{FaultKind, System};
use tracing_subscriber::fmt::format::FmtSpan;

const EID: &str = "89049032000000000000000000000123";
const CARD: &str = "8981040000001000001";
const NUMBER: &str = "07001000001";

#[tokio::test]
async fn nothing_personal_and_no_secret_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("integrations=trace")
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
        .finish();
    // For the whole process: what the other tests log in the meantime must be clean too.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let upstreams = Upstreams::start().await;
    let customer = newcomer("C-900005", "hanako.canary@example.com");
    let account = upstreams.salesforce.upsert_account(&customer).await.unwrap();
    let (plan, _) = upstreams.products().await;
    let new = NewCrmOrder {
        order_id: "00000000-0000-4000-8000-000000000077".parse().unwrap(),
        account_id: account,
        effective_on: domain::Date::new(2026, 11, 23).unwrap(),
        sim: Some(SimKind::Esim),
        eid: Some(Pii::new(EID.to_owned())),
        port_in: None,
        lines: vec![NewCrmOrderLine { pricebook_entry_id: plan.pricebook_entry_id, unit_price: plan.price, item: 1 }],
    };
    let mut errors = String::new();
    let text = format!("INVALID_EMAIL_ADDRESS: Email: invalid email address: hanako.canary@example.com for {NUMBER}");
    upstreams.fault(System::Salesforce, "composite", FaultKind::Refuse(text));
    errors += &format!("{:?}", upstreams.salesforce.create_order(&new).await.unwrap_err());
    upstreams.sandbox.world().drop_sessions();
    upstreams.salesforce.create_order(&new).await.unwrap();

    let client = upstreams.whmcs.add_client(&customer).await.unwrap();
    let line = BillingLine {
        product_id: plan.whmcs_product_id.unwrap(),
        marker: "sfo-00007777-1".to_owned(),
        cycle: Cycle::Monthly,
        line_number: Some(NUMBER.to_owned()),
    };
    let order = NewBillingOrder { client_id: client, lines: vec![line] };
    upstreams.fault(
        System::Whmcs,
        "AddOrder",
        FaultKind::Refuse(format!("{NUMBER} of hanako.canary@example.com in use")),
    );
    errors += &format!("{:?}{order:?}{new:?}", upstreams.whmcs.add_order(&order).await.unwrap_err());
    upstreams.whmcs.add_order(&order).await.unwrap();
    let code = plan.freebit_plan_code.unwrap();
    let _ = upstreams.freebit.open_physical(NUMBER, CARD, &code).await.unwrap();
    let again = NewEsim { number: NUMBER, eid: EID, plan_code: &code, profile: ProfileKind::Voice };
    errors += &format!("{:?}", upstreams.freebit.open_esim(again).await.unwrap_err());
    errors += &format!("{:?}{:?}{:?}", upstreams.salesforce, upstreams.whmcs, upstreams.freebit);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap() + &errors;
    assert!(log.contains("AddOrder") && log.contains("elapsed_ms"), "the log is read: {} bytes", log.len());
    let keys = upstreams.sandbox.credentials();
    let secrets = [&keys.whmcs_secret, &keys.whmcs_identifier, &keys.freebit_oem_key, &keys.salesforce_private_key_pem];
    let personal = ["hanako.canary", "O'Hara", "花子", "千代田", "0312345678", EID, CARD, NUMBER];
    for canary in personal.into_iter().chain(secrets.into_iter().map(String::as_str)) {
        assert!(!log.contains(canary), "{canary:?} is in the log");
    }
    upstreams.sandbox.stop().await;
}
