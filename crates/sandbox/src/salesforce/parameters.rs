//! What a request says, for faults that look for it and for the log of calls.

use std::collections::HashMap;

use serde_json::Value;

use super::composite;
use crate::faults::Parameters;

/// The id of the address (`id`, or the external id's own name), the address's query, and the members of the body.
/// Sub-requests of a composite come under their reference: `order.AccountId`, `order.id`.
pub(super) fn of(path: &[String], query: &HashMap<String, String>, body: &Value) -> Parameters {
    let mut parameters = Parameters::default();
    collect(&mut parameters, "", path, query, body);
    parameters
}

fn collect(parameters: &mut Parameters, prefix: &str, path: &[String], query: &HashMap<String, String>, body: &Value) {
    let path: Vec<&str> = path.iter().map(String::as_str).filter(|segment| !segment.is_empty()).collect();
    match path.as_slice() {
        ["sobjects", _, "describe"] => {}
        ["sobjects", _, field, value] => parameters.add(format!("{prefix}{field}"), *value),
        ["sobjects", _, id] => parameters.add(format!("{prefix}id"), *id),
        _ => {}
    }
    let mut asked: Vec<_> = query.iter().collect();
    asked.sort();
    for (name, value) in asked {
        parameters.add(format!("{prefix}{name}"), value.as_str());
    }
    let Some(requests) = body["compositeRequest"].as_array().filter(|_| prefix.is_empty()) else {
        parameters.add_json(prefix.trim_end_matches('.'), body);
        return;
    };
    for (at, request) in requests.iter().enumerate() {
        let reference = request["referenceId"].as_str().map_or_else(|| at.to_string(), str::to_owned);
        let Some((path, query)) = request["url"].as_str().and_then(composite::split_url) else { continue };
        collect(parameters, &format!("{reference}."), &path, &query, &request["body"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_found_wherever_the_request_names_it() {
        let body = json!({ "allOrNone": true, "compositeRequest": [
            { "method": "PATCH", "url": "/services/data/v60.0/sobjects/Order/801A", "referenceId": "order", "body": { "Status": "x" } },
            { "method": "GET", "url": "/services/data/v60.0/query?q=SELECT+Id+FROM+Case+WHERE+Id='500B'", "referenceId": "find" },
            { "method": "PATCH", "url": "/services/data/v60.0/sobjects/Account/Customer_Number__c/C-1", "referenceId": "a", "body": {} },
        ] });
        let parameters = of(&["composite".to_owned()], &HashMap::new(), &body);
        for (name, value) in [
            ("order.id", "801A"),
            ("id", "801A"),
            ("order.Status", "x"),
            ("*", "500B"),
            ("a.Customer_Number__c", "C-1"),
        ] {
            assert!(parameters.has(name, value), "{name}: {parameters:?}");
        }
        let single = of(&["sobjects", "Case", "500C"].map(str::to_owned), &HashMap::new(), &Value::Null);
        assert!(single.has("id", "500C") && !single.has("id", "500B"));
    }
}
