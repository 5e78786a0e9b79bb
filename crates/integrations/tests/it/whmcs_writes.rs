//! What changes in WHMCS: payments, credit, stored ways to pay, upgrades, endings and module commands. Each in the sandbox's
//! plain and awkward forms, refused, for a stranger, and with its answer lost.

use crate::harness::Upstreams;
use domain::billing::{Invoice, InvoiceStatus, PaymentMethodKind, YearMonth};
use domain::subscriptions::ServiceStatus;
use domain::{Money, ServiceId};
use integrations::UpstreamErrorKind::{self, NotFound, OutcomeUnknown, Refused};
use integrations::whmcs::{CancelWhen, ModuleCommand, NewPaymentMethod, UpgradeTo};
use sandbox::{FaultKind, System};

const MIKA: u64 = 1;
const NOBODY: u64 = 987_654;
const LATER: YearMonth = YearMonth { year: 2_048, month: 12 };

async fn start(awkward: bool) -> Upstreams {
    Upstreams::start_with(sandbox::Config { awkward, ..Default::default() }).await
}

fn card(number: &str) -> NewPaymentMethod {
    NewPaymentMethod::Card { gateway: "stripe".to_owned(), number: number.into(), expires: LATER }
}

fn is_refused<T: std::fmt::Debug>(result: Result<T, integrations::UpstreamError>) -> bool {
    matches!(result.unwrap_err().kind, Refused { .. })
}

async fn unpaid(upstreams: &Upstreams) -> Vec<Invoice> {
    upstreams.whmcs.invoices(MIKA, Some("Unpaid")).await.unwrap()
}

/// A good card as the default, for invoices that are charged.
async fn good_card(upstreams: &Upstreams) -> u64 {
    upstreams.whmcs.add_payment_method(MIKA, &card("4242424242424242"), "Mine", true).await.unwrap()
}

#[tokio::test]
async fn ways_to_pay_are_stored_preferred_changed_and_forgotten() {
    for awkward in [false, true] {
        let upstreams = start(awkward).await;
        let whmcs = &upstreams.whmcs;
        let before = whmcs.payment_methods(MIKA).await.unwrap();
        let visa = good_card(&upstreams).await;
        let bank = NewPaymentMethod::Bank {
            gateway: "banktransfer".to_owned(),
            bank_name: "みずほ".to_owned(),
            bank_code: "0001".into(),
            account: "1234567".into(),
        };
        let bank = whmcs.add_payment_method(MIKA, &bank, "Salary & Söhne", false).await.unwrap();
        let now = whmcs.payment_methods(MIKA).await.unwrap();
        assert_eq!(now.len(), before.len() + 2, "awkward: {awkward}");
        assert_eq!(now[0].id, visa, "the default comes first");
        let PaymentMethodKind::Card { last_four, expires, .. } = &now[0].kind else { panic!("{:?}", now[0]) };
        assert_eq!((last_four.as_str(), *expires), ("4242", Some(LATER)));
        let stored = now.iter().find(|method| method.id == bank).unwrap();
        assert_eq!(stored.description, "Salary & Söhne");
        assert!(matches!(&stored.kind, PaymentMethodKind::Bank { .. }), "{stored:?}");

        whmcs.set_default_payment_method(MIKA, bank).await.unwrap();
        whmcs.set_default_payment_method(MIKA, bank).await.unwrap();
        let earlier = YearMonth { year: 2_040, month: 1 };
        whmcs.update_card_expiry(MIKA, visa, earlier).await.unwrap();
        let now = whmcs.payment_methods(MIKA).await.unwrap();
        assert_eq!(now[0].id, bank);
        let visa_now = now.iter().find(|method| method.id == visa).unwrap();
        assert!(matches!(&visa_now.kind, PaymentMethodKind::Card { expires, .. } if *expires == Some(earlier)));

        // Somebody else's, and none at all.
        for (client, method) in [(2, visa), (MIKA, NOBODY)] {
            assert_eq!(whmcs.set_default_payment_method(client, method).await.unwrap_err().kind, NotFound);
            assert_eq!(whmcs.update_card_expiry(client, method, LATER).await.unwrap_err().kind, NotFound);
            assert_eq!(whmcs.delete_payment_method(client, method).await.unwrap_err().kind, NotFound);
        }
        whmcs.delete_payment_method(MIKA, visa).await.unwrap();
        assert_eq!(whmcs.delete_payment_method(MIKA, visa).await.unwrap_err().kind, NotFound);
        assert!(whmcs.payment_methods(MIKA).await.unwrap().iter().all(|method| method.id != visa));
        upstreams.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_gateway_that_says_no_stores_nothing() {
    let upstreams = start(false).await;
    let whmcs = &upstreams.whmcs;
    let before = whmcs.payment_methods(MIKA).await.unwrap();
    assert!(is_refused(whmcs.add_payment_method(MIKA, &card("4000000000000002"), "Declined", false).await));
    assert_eq!(whmcs.payment_methods(MIKA).await.unwrap(), before);
    assert_eq!(
        whmcs.add_payment_method(NOBODY, &card("4242424242424242"), "", false).await.unwrap_err().kind,
        NotFound
    );
    let stuck = whmcs.add_payment_method(MIKA, &card("4000000000009979"), "Stuck", false).await.unwrap();
    assert!(is_refused(whmcs.delete_payment_method(MIKA, stuck).await));

    upstreams.fault(System::Whmcs, "AddPayMethod", FaultKind::DropAfterCommit);
    let lost = whmcs.add_payment_method(MIKA, &card("4242424242424242"), "Found again", false).await;
    assert_eq!(lost.unwrap_err().kind, OutcomeUnknown);
    let found = whmcs.payment_methods(MIKA).await.unwrap();
    assert_eq!(found.iter().filter(|method| method.description == "Found again").count(), 1, "listing tells");
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn an_invoice_is_charged_once_and_a_decline_is_told() {
    for awkward in [false, true] {
        let upstreams = start(awkward).await;
        let whmcs = &upstreams.whmcs;
        good_card(&upstreams).await;
        let open = unpaid(&upstreams).await;
        assert!(open.len() >= 2, "{}", open.len());
        whmcs.capture_payment(open[0].id, None).await.unwrap();
        let paid = whmcs.invoice(MIKA, open[0].id).await.unwrap();
        assert_eq!((&paid.invoice.status, paid.balance), (&InvoiceStatus::Paid, Money::yen(0)));
        assert_eq!(paid.transactions.len(), 1);
        assert_eq!(paid.transactions[0].amount_in, open[0].total);
        let seen = whmcs.transactions(MIKA).await.unwrap();
        assert!(seen.iter().any(|t| t.invoice_id == Some(open[0].id) && t.amount_in == open[0].total));
        assert_eq!(whmcs.capture_payment(open[0].id, None).await.unwrap_err().kind, NotFound, "paid already");
        assert_eq!(whmcs.capture_payment(NOBODY, None).await.unwrap_err().kind, NotFound);

        let bad = whmcs.add_payment_method(MIKA, &card("4000000000000341"), "Declines", true).await.unwrap();
        assert!(is_refused(whmcs.capture_payment(open[1].id, Some(&"123".into())).await));
        assert_eq!(whmcs.invoice(MIKA, open[1].id).await.unwrap().invoice.status, InvoiceStatus::Unpaid);
        whmcs.delete_payment_method(MIKA, bad).await.unwrap();

        good_card(&upstreams).await;
        upstreams.fault(System::Whmcs, "CapturePayment", FaultKind::DropAfterCommit);
        assert_eq!(whmcs.capture_payment(open[1].id, None).await.unwrap_err().kind, OutcomeUnknown);
        let paid = whmcs.invoice(MIKA, open[1].id).await.unwrap();
        assert_eq!((&paid.invoice.status, paid.transactions.len()), (&InvoiceStatus::Paid, 1), "reading tells");
        upstreams.sandbox.stop().await;
    }
}

#[tokio::test]
async fn credit_is_given_shown_and_spent() {
    for awkward in [false, true] {
        let upstreams = start(awkward).await;
        let whmcs = &upstreams.whmcs;
        let invoice = unpaid(&upstreams).await.into_iter().min_by_key(|invoice| invoice.total.minor).unwrap();
        let had = whmcs.billing_account(MIKA).await.unwrap().credit;
        whmcs.add_credit(MIKA, invoice.total, "Goodwill A-17 & more").await.unwrap();
        let has = whmcs.billing_account(MIKA).await.unwrap().credit;
        assert_eq!(Some(has), had.checked_add(invoice.total), "awkward: {awkward}");
        let log = whmcs.credits(MIKA).await.unwrap();
        let entry = log.iter().find(|entry| entry.description == "Goodwill A-17 & more").unwrap();
        assert_eq!(entry.amount, invoice.total);

        let too_much = Money::yen(invoice.total.minor + 1);
        assert!(is_refused(whmcs.apply_credit(invoice.id, Some(too_much)).await), "more than is due");
        assert!(!whmcs.apply_credit(invoice.id, Some(Money::yen(1))).await.unwrap(), "not all of it");
        assert_eq!(whmcs.invoice(MIKA, invoice.id).await.unwrap().balance, Money::yen(invoice.total.minor - 1));
        assert!(whmcs.apply_credit(invoice.id, None).await.unwrap(), "the rest");
        assert_eq!(whmcs.invoice(MIKA, invoice.id).await.unwrap().invoice.status, InvoiceStatus::Paid);
        assert_eq!(whmcs.billing_account(MIKA).await.unwrap().credit, had);
        assert_eq!(whmcs.add_credit(NOBODY, Money::yen(1), "x").await.unwrap_err().kind, NotFound);

        upstreams.fault(System::Whmcs, "AddCredit", FaultKind::Garbled);
        assert_eq!(whmcs.add_credit(MIKA, Money::yen(5), "Lost B-18").await.unwrap_err().kind, OutcomeUnknown);
        let log = whmcs.credits(MIKA).await.unwrap();
        assert_eq!(log.iter().filter(|entry| entry.description == "Lost B-18").count(), 1, "its text finds it");
        upstreams.sandbox.stop().await;
    }
}

/// A running service of the demonstration customer, and another product of the same price or dearer.
async fn service_and_dearer_product(upstreams: &Upstreams) -> (ServiceId, UpgradeTo) {
    let services = upstreams.whmcs.services(MIKA).await.unwrap();
    let products = upstreams.products().await.1;
    let price = |id: u64| products.iter().find(|p| p.whmcs_product_id == Some(id)).map(|p| p.price.minor);
    services
        .iter()
        .filter(|service| service.subscription.status == ServiceStatus::Active)
        .find_map(|service| {
            let now = price(service.product_id)?;
            let plan = products.iter().find(|p| p.freebit_plan_code.is_some() && p.price.minor > now)?;
            let to = UpgradeTo {
                product_id: plan.whmcs_product_id?,
                billing_cycle: "monthly".to_owned(),
                payment_gateway: "stripe".to_owned(),
            };
            Some((service.subscription.id, to))
        })
        .unwrap()
}

#[tokio::test]
async fn a_change_of_product_has_a_price_first_and_waits_for_its_invoice() {
    for awkward in [false, true] {
        let upstreams = start(awkward).await;
        let whmcs = &upstreams.whmcs;
        let (service, to) = service_and_dearer_product(&upstreams).await;
        let orders_before = upstreams.count_calls(System::Whmcs, "UpgradeProduct");
        let quote = whmcs.upgrade_quote(service, &to).await.unwrap();
        assert!(quote.price.minor > 0 && quote.days_until_renewal <= quote.total_days, "{quote:?}");
        assert_eq!(whmcs.upgrade_quote(service, &to).await.unwrap(), quote, "asking changes nothing");
        let order = whmcs.upgrade(service, &to).await.unwrap();
        let invoice = whmcs.invoice(MIKA, order.invoice_id.unwrap()).await.unwrap();
        assert_eq!(invoice.invoice.subtotal, quote.price);
        assert!(is_refused(whmcs.upgrade(service, &to).await), "the first change is not paid yet");
        good_card(&upstreams).await;
        whmcs.capture_payment(invoice.invoice.id, None).await.unwrap();
        assert_eq!(whmcs.service(MIKA, service).await.unwrap().product_id, to.product_id, "awkward: {awkward}");
        assert_eq!(whmcs.upgrade_quote(ServiceId(NOBODY), &to).await.unwrap_err().kind, NotFound);
        let unknown = UpgradeTo { product_id: NOBODY, ..to };
        assert!(is_refused(whmcs.upgrade(service, &unknown).await));
        assert!(upstreams.count_calls(System::Whmcs, "UpgradeProduct") > orders_before);
        upstreams.sandbox.stop().await;
    }
}

#[tokio::test]
async fn an_ending_is_asked_for_once_and_asking_again_is_harmless() {
    let upstreams = start(false).await;
    let whmcs = &upstreams.whmcs;
    let (service, _) = service_and_dearer_product(&upstreams).await;
    upstreams.fault(System::Whmcs, "AddCancelRequest", FaultKind::DropAfterCommit);
    let end = CancelWhen::AtEndOfBillingPeriod;
    let lost = whmcs.request_cancellation(service, end, "Moving abroad").await;
    assert_eq!(lost.unwrap_err().kind, OutcomeUnknown);
    whmcs.request_cancellation(service, end, "Moving abroad").await.unwrap();
    let unknown = whmcs.request_cancellation(ServiceId(NOBODY), CancelWhen::Immediately, "x").await;
    assert_eq!(unknown.unwrap_err().kind, NotFound);
    upstreams.sandbox.stop().await;
}

#[tokio::test]
async fn module_commands_change_the_service_and_their_refusals_are_told() {
    let upstreams = start(false).await;
    let whmcs = &upstreams.whmcs;
    let (service, _) = service_and_dearer_product(&upstreams).await;
    let status = async || whmcs.service(MIKA, service).await.unwrap().subscription.status;
    let running = status().await;
    let suspend = ModuleCommand::Suspend { reason: "Unpaid & late".to_owned() };
    whmcs.run_module(service, &suspend).await.unwrap();
    let suspended = status().await;
    assert_ne!(suspended, running);
    whmcs.run_module(service, &ModuleCommand::Unsuspend).await.unwrap();
    assert_eq!(status().await, running);
    whmcs.run_module(service, &ModuleCommand::ChangePackage).await.unwrap();
    whmcs.run_module(service, &ModuleCommand::Terminate).await.unwrap();
    assert!(status().await == ServiceStatus::Terminated);
    let unknown = whmcs.run_module(ServiceId(NOBODY), &ModuleCommand::Create).await.unwrap_err();
    assert_eq!(unknown.kind, NotFound);
    upstreams.fault(System::Whmcs, "ModuleCreate", FaultKind::Refuse("Module says no".to_owned()));
    let refused = whmcs.run_module(service, &ModuleCommand::Create).await.unwrap_err();
    assert_eq!(refused.kind, UpstreamErrorKind::Refused { reason: "Module says no".to_owned() });
    upstreams.sandbox.stop().await;
}
