use super::wire;
use crate::common::map_error::MapError;
use crate::subscriptions::contract::{BillingCycle, ServiceStatus, Subscription};
use crate::{Currency, ServiceId};
use serde_json::Value;

const WHAT: &str = "WHMCS service";

/// A service with the ids that only the server uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhmcsService {
    /// `category` and `order_id` are `None`: billing knows neither.
    pub subscription: Subscription,
    /// WHMCS `clientid`: the owner. Compare it with the customer before showing anything.
    pub client_id: u64,
    /// WHMCS `pid`.
    pub product_id: u64,
    /// The `domain` of the service: our marker for services that the portal ordered.
    pub marker: String,
    /// WHMCS `orderid`; `None` for services that were made without an order.
    pub order_id: Option<u64>,
}

/// Reads one row of `GetClientsProducts`. Its clear-text `password` is not looked at.
///
/// `line_number_field` is the name of the custom field that holds the phone number.
///
/// # Errors
/// When an id, a date or the recurring amount does not fit.
pub fn service(row: &Value, line_number_field: &str, currency: Currency) -> Result<WhmcsService, MapError> {
    let cycle = billing_cycle(&wire::text(row, "billingcycle"));
    // One-time and free services have a recurring amount of 0.00; what was paid stands in the first payment.
    let amount = match cycle {
        BillingCycle::OneTime => "firstpaymentamount",
        _ => "recurringamount",
    };
    let number: Option<String> = wire::custom_field(row, line_number_field)
        .map(|n| n.chars().filter(char::is_ascii_digit).collect::<String>())
        .filter(|n| !n.is_empty());
    Ok(WhmcsService {
        subscription: Subscription {
            id: ServiceId(wire::id(row, WHAT, "id")?),
            name: wire::text(row, "name"),
            category: None,
            status: service_status(&wire::text(row, "status")),
            cycle,
            price: wire::money(row, WHAT, amount, currency)?,
            started_on: wire::date(row, WHAT, "regdate")?,
            next_due_on: wire::date(row, WHAT, "nextduedate")?,
            number,
            order_id: None,
        },
        client_id: wire::id(row, WHAT, "clientid")?,
        product_id: wire::id(row, WHAT, "pid")?,
        marker: wire::text(row, "domain"),
        order_id: wire::optional_id(row, "orderid"),
    })
}

/// WHMCS service status, whatever its case.
pub fn service_status(text: &str) -> ServiceStatus {
    match text.trim().to_ascii_lowercase().as_str() {
        "pending" => ServiceStatus::Pending,
        "active" => ServiceStatus::Active,
        "suspended" => ServiceStatus::Suspended,
        "terminated" => ServiceStatus::Terminated,
        "cancelled" => ServiceStatus::Cancelled,
        "fraud" => ServiceStatus::Fraud,
        "completed" => ServiceStatus::Completed,
        _ => ServiceStatus::Unknown,
    }
}

/// WHMCS billing cycle in its output form (`Semi-Annually`) or its input form (`semiannually`).
pub fn billing_cycle(text: &str) -> BillingCycle {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    match letters.as_str() {
        "free" | "freeaccount" => BillingCycle::Free,
        "onetime" => BillingCycle::OneTime,
        "monthly" => BillingCycle::Monthly,
        "quarterly" => BillingCycle::Quarterly,
        "semiannually" => BillingCycle::SemiAnnually,
        "annually" => BillingCycle::Annually,
        "biennially" => BillingCycle::Biennially,
        "triennially" => BillingCycle::Triennially,
        _ => BillingCycle::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Date, Money};
    use serde_json::json;

    fn row() -> Value {
        json!({
            "id": "41", "qty": "1", "clientid": "7", "orderid": "12", "pid": "3", "regdate": "2026-01-15",
            "name": "Data &amp; Voice 10 GB", "domain": "sfo-00001234-1", "firstpaymentamount": "5980.00",
            "recurringamount": "2980.00", "billingcycle": "Monthly", "nextduedate": "0000-00-00", "status": "Active",
            "password": "secret", "serverip": null, "addon_added_key": {"x": 1},
            "customfields": {"customfield": [{"id": 9, "name": "MSISDN", "translated_name": "MSISDN", "value": "070-1234-5678"}]},
            "configoptions": {"configoption": []}
        })
    }

    #[test]
    fn a_service_with_ids_as_strings_is_read() {
        let service = service(&row(), "MSISDN", Currency::Jpy).unwrap();
        assert_eq!(service.subscription.id, ServiceId(41));
        assert_eq!(service.subscription.name, "Data & Voice 10 GB");
        assert_eq!(service.subscription.price, Money::yen(2980));
        assert_eq!(service.subscription.number.as_deref(), Some("07012345678"));
        assert_eq!(service.subscription.started_on, Date::new(2026, 1, 15));
        assert_eq!(service.subscription.next_due_on, None);
        assert_eq!((service.client_id, service.product_id, service.order_id), (7, 3, Some(12)));
        assert_eq!(service.marker, "sfo-00001234-1");
    }

    #[test]
    fn a_one_time_service_costs_its_first_payment() {
        let mut raw = row();
        raw["billingcycle"] = json!("One Time");
        raw["recurringamount"] = json!("0.00");
        assert_eq!(service(&raw, "MSISDN", Currency::Jpy).unwrap().subscription.price, Money::yen(5980));
    }

    #[test]
    fn a_row_that_does_not_fit_names_the_member() {
        for (field, value) in [
            ("id", json!("x")),
            ("clientid", json!(null)),
            ("recurringamount", json!("¥2980")),
            ("regdate", json!("soon")),
        ] {
            let mut raw = row();
            raw[field] = value;
            assert_eq!(service(&raw, "MSISDN", Currency::Jpy).unwrap_err().field, field);
        }
    }

    #[test]
    fn unknown_words_are_never_active() {
        assert_eq!(service_status("Grace Period"), ServiceStatus::Unknown);
        assert_eq!(service_status(" ACTIVE"), ServiceStatus::Active);
        assert_eq!(billing_cycle("Semi-Annually"), billing_cycle("semiannually"));
        assert_eq!(billing_cycle("Fortnightly"), BillingCycle::Unknown);
    }
}
