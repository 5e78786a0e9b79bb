//! Invoices, payments, credit and sign-on, against the sandbox's WHMCS in its plain and in its awkward forms.

use crate::harness::Upstreams;
use integrations::UpstreamErrorKind;
use integrations::whmcs::SignOnPage;
use secrecy::ExposeSecret as _;

const MIKA: u64 = 1;
const NOBODY: u64 = 987_654;

#[tokio::test]
async fn invoices_are_listed_and_opened_for_their_client_only() {
    for awkward in [false, true] {
        let upstreams = Upstreams::start_with(sandbox::Config { awkward, ..Default::default() }).await;
        let all = upstreams.whmcs.invoices(MIKA, None).await.unwrap();
        assert!(all.len() >= 10, "{} awkward: {awkward}", all.len());
        assert!(all.iter().all(|invoice| invoice.client_id == MIKA));
        let one = upstreams.whmcs.invoice(MIKA, all[0].id).await.unwrap();
        assert_eq!(one.invoice.total, all[0].total);
        assert!(!one.lines.is_empty());
        let foreign = upstreams.whmcs.invoice(NOBODY, all[0].id).await.unwrap_err();
        assert_eq!(foreign.kind, UpstreamErrorKind::NotFound);
        assert_eq!(upstreams.whmcs.invoice(MIKA, NOBODY).await.unwrap_err().kind, UpstreamErrorKind::NotFound);
        upstreams.sandbox.stop().await;
    }
}

#[tokio::test]
async fn account_payment_methods_gateways_and_credit_are_read_in_every_form() {
    for awkward in [false, true] {
        let upstreams = Upstreams::start_with(sandbox::Config { awkward, ..Default::default() }).await;
        let account = upstreams.whmcs.billing_account(MIKA).await.unwrap();
        assert_eq!(account.client_id, MIKA);
        upstreams.whmcs.credits(MIKA).await.unwrap();
        upstreams.whmcs.payment_methods(MIKA).await.unwrap();
        upstreams.whmcs.transactions(MIKA).await.unwrap();
        let gateways = upstreams.whmcs.payment_gateways().await.unwrap();
        assert!(gateways.iter().any(|gateway| gateway.system_name == "stripe"));
        assert_eq!(upstreams.whmcs.billing_account(NOBODY).await.unwrap_err().kind, UpstreamErrorKind::NotFound);
        upstreams.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_sign_on_link_leads_to_the_installation_and_does_not_print() {
    let upstreams = Upstreams::start().await;
    let link = upstreams.whmcs.sign_on(MIKA, SignOnPage::Invoices).await.unwrap();
    assert!(link.url.expose_secret().starts_with(&upstreams.sandbox.endpoints().whmcs));
    assert!(!format!("{link:?}").contains("http"));
    upstreams.sandbox.stop().await;
}
