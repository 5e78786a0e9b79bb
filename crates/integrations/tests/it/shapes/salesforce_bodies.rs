//! Bodies of Salesforce that look like a success and are none, and the other way round.

use super::Class::{Done, Garbled, Later, NotFound, Refused, Unknown};
use super::salesforce::{ACCOUNT, CASE, ORDER, answer, case_row, config, page, table};
use super::sign_in::token;
use super::{class, json};
use crate::raw::server_that;
use integrations::salesforce::Client;
use serde_json::{Value, json as value};

/// Bodies with a status below 300 that are no success.
#[tokio::test]
async fn a_success_that_is_none_is_known() {
    let error = |code: &str| value!({"statusCode": code, "message": "m", "fields": []});
    let rolled_back = value!({"success": false, "errors": [error("ALL_OR_NONE_OPERATION_ROLLED_BACK")]});
    let locked = value!({"success": false, "errors": [error("UNABLE_TO_LOCK_ROW")]});
    let broken = value!({"success": false, "errors": [error("INVALID_CROSS_REFERENCE_KEY")]});
    let part = |status: u16, body: Value| value!({"httpStatusCode": status, "referenceId": "x", "httpHeaders": {}, "body": body});
    let halted = || part(400, value!([{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}]));
    let parts = |parts: Vec<Value>| value!({ "compositeResponse": parts });
    let rule =
        || part(400, value!([{"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "m", "fields": null}]));
    let lock = || part(400, value!([{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m"}]));
    let ok = "200 OK";
    for (operation, form, status, body, expected) in [
        ("create record", "not saved", ok, broken.clone(), Refused),
        ("create record", "no id", "201 Created", value!({"success": true, "errors": []}), Unknown),
        ("create record", "an id that is none", "201 Created", value!({"success": true, "id": "x"}), Unknown),
        ("create record", "no word", ok, value!({}), Unknown),
        ("upsert record", "not saved", ok, locked.clone(), Later),
        ("upsert record", "created is missing", ok, value!({"id": ACCOUNT, "success": true}), Done),
        (
            "upsert Account",
            "several",
            "300 Multiple Choices",
            value!(["/services/data/v62.0/sobjects/Account/001"]),
            Refused,
        ),
        ("create records", "rolled back", ok, value!([broken]), Refused),
        ("create records", "a row is held", ok, value!([locked]), Later),
        ("create records", "only consequences", ok, value!([rolled_back]), Refused),
        ("create records", "another number of rows", ok, value!([]), Unknown),
        ("create records", "null rows", ok, value!([null]), Unknown),
        ("delete records", "gone", ok, value!([{"success": false, "errors": [error("ENTITY_IS_DELETED")]}]), NotFound),
        (
            "create tree",
            "failed",
            "400 Bad Request",
            value!({"hasErrors": true, "results": [{"referenceId": "a", "errors": [error("REQUIRED_FIELD_MISSING")]}]}),
            Refused,
        ),
        (
            "create tree",
            "failed, one held",
            "400 Bad Request",
            value!({"hasErrors": true, "results": [{"referenceId": "a", "errors": [error("UNABLE_TO_LOCK_ROW")]}]}),
            Later,
        ),
        ("create tree", "says nothing", "201 Created", value!({}), Unknown),
        ("create Order", "an item is refused", ok, parts(vec![halted(), rule()]), Refused),
        ("create Order", "the order is refused", ok, parts(vec![rule(), halted()]), Refused),
        ("create Order", "a row is held", ok, parts(vec![halted(), lock()]), Later),
        ("create Order", "a part is missing", ok, parts(vec![halted()]), Unknown),
        ("create Order", "an empty envelope", ok, value!({"compositeResponse": []}), Unknown),
        ("create Order", "no envelope", ok, value!({"id": ORDER}), Unknown),
        (
            "report Order fulfilled",
            "a row inside a 200",
            ok,
            parts(vec![part(200, value!([broken, rolled_back])), halted()]),
            Refused,
        ),
        (
            "report Order fulfilled",
            "a held row inside a 200",
            ok,
            parts(vec![part(200, value!([rolled_back, locked])), halted()]),
            Later,
        ),
        ("attach file", "the link is refused", ok, parts(vec![halted(), halted(), rule()]), Refused),
        ("query Pricebook2", "no such price book", ok, value!({"totalSize": 0, "done": true, "records": []}), Garbled),
        ("query Case owner", "somebody else's", ok, value!({"totalSize": 0, "done": true, "records": []}), NotFound),
        (
            "query Case owner",
            "an error with 200",
            ok,
            value!([{"errorCode": "MALFORMED_QUERY", "message": "m"}]),
            Garbled,
        ),
        (
            "query Case owner",
            "a page without an end",
            ok,
            value!({"totalSize": 1, "done": false, "records": []}),
            Garbled,
        ),
        (
            "query Case owner",
            "a page that leads elsewhere",
            ok,
            value!({"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "@evil.example/"}),
            Garbled,
        ),
    ] {
        let row = table().into_iter().find(|row| row.operation == operation).unwrap();
        let result = answer(row, json(status, &body.to_string())).await;
        assert_eq!(class(&result), expected, "{operation}, {form}: {result:?}");
    }
}

/// One record that an agent's tool left half empty must not hide the customer's others.
#[tokio::test]
async fn a_case_that_does_not_fit_leaves_the_others_in_the_list() {
    let mut rows = vec![case_row()[0].clone(), case_row()[0].clone(), case_row()[0].clone()];
    rows[0]["CaseNumber"] = Value::Null;
    rows[1]["IsClosed"] = Value::Null;
    let (base, _) = server_that(|base| vec![token(base), page(&Value::Array(rows))]).await;
    let crm = Client::new(config(&base).await).unwrap();
    assert_eq!(crm.cases(ACCOUNT, 10).await.unwrap().len(), 1);
    let alone = crm.case(ACCOUNT, CASE).await;
    assert_eq!(class(&alone), Garbled, "a page of one is no empty page: {alone:?}");
}
