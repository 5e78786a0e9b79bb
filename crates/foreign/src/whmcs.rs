use domain::billing::providers::whmcs as billing;
use domain::billing::{Invoice, InvoiceStatus};
use domain::customer::providers::whmcs as customers;
use domain::orders::providers::whmcs as orders;
use domain::subscriptions::providers::whmcs as services;
use domain::{Currency, Money};
use serde_json::Value;

/// The clients of the kept corpus.
const CLIENTS: [u64; 2] = [1, 7];

/// WHMCS's answers and webhooks.
pub fn whmcs(data: &[u8]) {
    for currency in [Currency::Jpy, Currency::Usd] {
        if let Ok(page) = billing::invoice_page(data, currency) {
            page.invoices.iter().for_each(check_invoice);
        }
        if let Ok(detail) = billing::invoice(data, currency) {
            check_invoice(&detail.invoice);
            check_money(detail.balance);
        }
        let _ = billing::transactions(data, currency);
        let _ = billing::upgrade_quote(data, currency);
        for client in CLIENTS {
            if let Ok(account) = billing::account(data, client, currency) {
                assert_eq!(account.client_id, client, "somebody else's account");
            }
            let _ = billing::credits(data, client, currency);
        }
    }
    for client in CLIENTS {
        let _ = billing::payment_methods(data, client);
    }
    let _ = billing::gateways(data);
    let _ = domain::webhooks::providers::whmcs::delivery(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = billing::display_money(text, Currency::Jpy);
        let _ = Money::parse(text, Currency::Usd).map(check_money);
        let _ = (services::service_status(text), services::billing_cycle(text));
    }
    let Ok(json) = serde_json::from_slice::<Value>(data) else { return };
    let _ = services::service(&json, "MSISDN", Currency::Jpy);
    if let Ok(order) = billing::upgrade_order(&json) {
        assert!(order.order_id > 0, "an order without a number");
    }
    let _ = (billing::credit_applied(&json), services::wire::made(&json, "clientid"));
    let _ = orders::added_order(&json, 2);
    if let Ok(rows) = services::wire::rows(&json, "WHMCS service", "products", "product") {
        rows.into_iter().for_each(|row| drop(services::service(row, "MSISDN", Currency::Jpy)));
    }
    for (client, marker) in [(1, "marker"), (7, "sfo-00001234-1")] {
        let _ = orders::hits(&json, client, marker);
    }
    for id in [1, 3, 12] {
        let _ = (orders::order_state(&json, id), orders::line_field_id(&json, id, "MSISDN"));
    }
    let _ = customers::client_matches(&json, "mika@example.com");
    let _ = customers::customer_number_of(&json, 1);
    let _ = customers::client_record(&json);
}

fn check_invoice(invoice: &Invoice) {
    assert!(invoice.id > 0, "an invoice without a number");
    for amount in [invoice.subtotal, invoice.credit, invoice.tax, invoice.total] {
        check_money(amount);
    }
    if let InvoiceStatus::Other(_) = invoice.status {
        assert!(!invoice.status.is_settled() && !invoice.status.is_payable(), "an unknown word means nothing");
    }
}

/// Printing and reading agree.
fn check_money(amount: Money) {
    assert_eq!(Money::parse(&amount.to_decimal(), amount.currency), Ok(amount), "an amount changes on its way");
}
