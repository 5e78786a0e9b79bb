use super::mapper::normalise_id;
use crate::common::map_error::MapError;
use serde_json::{Map, Value};

/// An approved order is to be provisioned (`OrderProvisionRequested__e`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionRequested {
    /// `ProducerEvent.id`: the same at every delivery of this event, so that a duplicate is recognised.
    pub event_uuid: String,
    /// 18 characters.
    pub salesforce_order_id: String,
    /// Made by the Salesforce flow, for its log.
    pub request_id: Option<String>,
}

/// Reads the decoded Avro record of an `OrderProvisionRequested__e` event.
///
/// # Errors
/// When the event has no UUID or names no order.
pub fn provision_requested(event_uuid: &str, fields: &Map<String, Value>) -> Result<ProvisionRequested, MapError> {
    const WHAT: &str = "Salesforce OrderProvisionRequested__e";
    if event_uuid.is_empty() {
        return Err(MapError::missing(WHAT, "id"));
    }
    let text = |field: &str| fields.get(field).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let order = text("OrderId__c").ok_or_else(|| MapError::missing(WHAT, "OrderId__c"))?;
    let salesforce_order_id =
        normalise_id(order).ok_or_else(|| MapError::new(WHAT, "OrderId__c", "is not a Salesforce id"))?;
    Ok(ProvisionRequested {
        event_uuid: event_uuid.to_owned(),
        salesforce_order_id,
        request_id: text("RequestId__c").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn an_event_names_its_order_in_the_long_form() {
        let event = fields(
            json!({"CreatedDate": 1_790_000_000_000_i64, "CreatedById": "005", "OrderId__c": "801000000000001", "RequestId__c": null}),
        );
        let request = provision_requested("e-1", &event).unwrap();
        assert_eq!(request.salesforce_order_id, "801000000000001AAA");
        assert_eq!(request.request_id, None);
    }

    #[test]
    fn an_event_without_an_order_is_refused() {
        for bad in [
            json!({}),
            json!({"OrderId__c": null}),
            json!({"OrderId__c": "12"}),
            json!({"OrderId__c": "801' OR Id != '"}),
        ] {
            assert!(provision_requested("e-1", &fields(bad)).is_err());
        }
        assert!(provision_requested("", &fields(json!({"OrderId__c": "801000000000001AAA"}))).is_err());
    }
}
