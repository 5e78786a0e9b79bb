use domain::Currency;
use domain::catalog::providers::salesforce::{RawPricebookEntry, product};
use domain::orders::providers::salesforce::{
    OrderStatuses, RawOrder, RawPage, normalise_id, order, provision_requested,
};
use domain::support::providers::salesforce::{RawCase, RawComment, RawVersion, attachment, case, description, message};
use integrations::salesforce::events::decode_untrusted;
use serde_json::Value;

/// Salesforce's records and events.
pub fn salesforce(data: &[u8]) {
    if let Ok(page) = serde_json::from_slice::<RawPage<RawOrder>>(data) {
        let word = |text: &str| text.to_owned();
        let statuses = OrderStatuses {
            approved: word("Approved"),
            fulfilled: word("Activated"),
            rejected: vec![word("Rejected")],
        };
        for raw in page.records {
            if let Ok(order) = order(raw, &statuses, Currency::Jpy) {
                assert_eq!(order.salesforce_id.len(), 18, "an id of another length");
            }
        }
    }
    if let Ok(page) = serde_json::from_slice::<RawPage<RawPricebookEntry>>(data) {
        page.records.into_iter().for_each(|raw| drop(product(raw, Currency::Jpy)));
    }
    if let Ok(page) = serde_json::from_slice::<RawPage<RawCase>>(data) {
        for raw in &page.records {
            assert!(!description(raw).contains("\r\n"), "a line end of another system");
            if let Ok(case) = case(raw) {
                assert_eq!(case.id.len(), 18, "an id of another length");
            }
        }
    }
    if let Ok(page) = serde_json::from_slice::<RawPage<RawComment>>(data) {
        for raw in &page.records {
            let shown = message(raw, "005000000000001AAA");
            assert!(raw.is_published || shown == Ok(None), "an internal comment is shown");
        }
    }
    if let Ok(page) = serde_json::from_slice::<RawPage<RawVersion>>(data) {
        page.records.iter().for_each(|raw| drop(attachment(raw)));
    }
    if let Ok(Value::Object(fields)) = serde_json::from_slice(data) {
        let _ = provision_requested("uuid", &fields);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(id) = normalise_id(text)
    {
        assert_eq!(normalise_id(&id).as_deref(), Some(id.as_str()), "the long form is its own");
    }
}

/// An Avro schema and a payload, the schema up to the first zero byte.
pub fn avro(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (Some(schema), Some(payload)) = (parts.next(), parts.next()) else { return };
    let Ok(schema) = std::str::from_utf8(schema) else { return };
    let _ = decode_untrusted(schema, payload);
}
