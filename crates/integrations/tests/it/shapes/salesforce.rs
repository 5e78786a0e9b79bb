use super::Class::{Denied, Done, Later, NotFound, Refused, Unknown};
use super::Effect::{self, Read, Write};
use super::sign_in::token;
use super::{Class, class, html, json};
use crate::harness::{Upstreams, newcomer};
use crate::raw::{Answer, Stage, http, server_that};
use domain::common::pii::Pii;
use domain::orders::providers::salesforce::{FulfilledItem, FulfilmentReport, NewCrmOrder, NewCrmOrderLine};
use domain::support::CasePriority;
use domain::support::providers::salesforce::NewCase;
use domain::{Date, Money, ServiceId};
use integrations::UpstreamError;
use integrations::salesforce::{Client, Config, Fields};
use serde_json::{Value, json as value};
use tokio::sync::OnceCell;
use uuid::Uuid;

pub const ACCOUNT: &str = "001000000000001AAA";
pub const CASE: &str = "500000000000001AAA";
pub const ORDER: &str = "801000000000001AAA";

/// Access to a server that answers anything, with a key that can sign.
pub async fn config(base: &str) -> Config {
    static KEY: OnceCell<Config> = OnceCell::const_new();
    let known = KEY
        .get_or_init(|| async {
            let upstreams = Upstreams::start().await;
            let config = upstreams.salesforce_config();
            upstreams.sandbox.stop().await;
            config
        })
        .await;
    Config { login_url: base.parse().unwrap(), timeout_ms: 10_000, ..known.clone() }
}

pub fn page(records: &Value) -> Answer {
    let records = records.as_array().cloned().unwrap_or_default();
    json("200 OK", &value!({"totalSize": records.len(), "done": true, "records": records}).to_string())
}

pub fn no_rows() -> Answer {
    page(&value!([]))
}

fn order_row(items: &Value) -> Value {
    value!([{"attributes": {"type": "Order", "url": "/x"}, "Id": ORDER, "OrderNumber": "00001234", "Status": "Draft", "StatusCode": "Draft",
        "AccountId": ACCOUNT, "Portal_Order_Id__c": Uuid::from_u128(1).to_string(), "Activation_Status__c": null, "WHMCS_Order_ID__c": null,
        "OrderItems": items}])
}

fn order_with_item() -> Answer {
    page(&order_row(
        &value!({"totalSize": 1, "done": true, "records": [{"Id": "802000000000001AAA", "OrderItemNumber": "1",
        "PricebookEntryId": "01u000000000001AAA", "UnitPrice": 2980.0, "Description": "Item 1"}]}),
    ))
}

pub fn case_row() -> Value {
    value!([{"Id": CASE, "CaseNumber": "00001026", "Subject": null, "Status": "New", "Priority": null, "Type": null, "IsClosed": false,
        "CreatedDate": "2026-01-31T00:37:00.000+0000", "LastModifiedDate": "2026-01-31T00:37:00.000+0000", "ClosedDate": null}])
}

fn file_row() -> Value {
    value!([{"Id": "068000000000001AAA", "Title": "photo", "PathOnClient": "photo.jpg", "FileExtension": "jpg", "ContentSize": 3.0,
        "CreatedDate": "2026-01-31T00:37:00.000+0000"}])
}

fn created(id: &str) -> Answer {
    json("201 Created", &value!({"id": id, "success": true, "errors": []}).to_string())
}

fn no_content() -> Answer {
    Answer::Bytes(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec())
}

/// An envelope whose parts all went well.
fn composed(bodies: &Value) -> Answer {
    let parts: Vec<Value> = bodies
        .as_array()
        .unwrap()
        .iter()
        .map(|body| value!({"body": body, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": "x"}))
        .collect();
    json("200 OK", &value!({ "compositeResponse": parts }).to_string())
}

/// An operation: what is answered before it, its documented success, and what is answered after it.
pub struct Row {
    pub operation: &'static str,
    effect: Effect,
    before: Vec<Answer>,
    documented: Answer,
    after: Vec<Answer>,
}

fn row(operation: &'static str, effect: Effect, documented: Answer) -> Row {
    Row { operation, effect, before: vec![], documented, after: vec![] }
}

impl Row {
    fn before(self, before: Vec<Answer>) -> Self {
        Self { before, ..self }
    }
    fn after(self, after: Vec<Answer>) -> Self {
        Self { after, ..self }
    }
}

pub fn table() -> Vec<Row> {
    let saved = value!({"id": ACCOUNT, "success": true, "errors": []});
    let upserted =
        json("201 Created", &value!({"id": ACCOUNT, "success": true, "errors": [], "created": true}).to_string());
    let contact = || {
        page(
            &value!([{"Id": "003000000000001AAA", "Email": "mika@example.com", "FirstName": null, "LastName": "Sato"}]),
        )
    };
    let rows = || json("200 OK", &value!([saved]).to_string());
    let own = || page(&value!([{ "Id": CASE }]));
    let book = || page(&value!([{"Id": "01s000000000001AAA"}]));
    vec![
        row("create record", Write, created(ACCOUNT)),
        row(
            "read record",
            Read,
            json("200 OK", &value!({"attributes": {"type": "Account"}, "Id": ACCOUNT, "Name": null}).to_string()),
        ),
        row("update record", Write, no_content()),
        row("upsert record", Write, upserted),
        row("delete record", Write, no_content()),
        row("create records", Write, rows()),
        row("update records", Write, rows()),
        row("delete records", Write, rows()),
        row(
            "create tree",
            Write,
            json(
                "201 Created",
                &value!({"hasErrors": false, "results": [{"referenceId": "a", "id": ACCOUNT}]}).to_string(),
            ),
        ),
        row(
            "upsert Account",
            Write,
            json("200 OK", &value!({"id": ACCOUNT, "success": true, "errors": [], "created": false}).to_string()),
        )
        .after(vec![contact(), no_content()]),
        row("update Contact", Write, no_content()).before(vec![created(ACCOUNT), contact()]),
        row("create Contact", Write, created("003000000000001AAA")).before(vec![created(ACCOUNT), no_rows()]),
        row("create Case", Write, created(CASE)).after(vec![page(&case_row())]),
        row("create CaseComment", Write, created("00a000000000001AAA")).before(vec![own()]),
        row("update Case", Write, no_content()).before(vec![own()]),
        row("query Case owner", Read, own()).after(vec![no_content()]),
        row("attach file", Write, composed(&value!([saved, {"ContentDocumentId": "069000000000001AAA"}, saved])))
            .before(vec![own()]),
        row("download file", Read, http("200 OK", "content-type: application/octet-stream\r\n", "abc")).before(vec![
            own(),
            page(&value!([{"ContentDocumentId": "069000000000001AAA"}])),
            page(&file_row()),
        ]),
        row("query files of Case", Read, page(&value!([]))).before(vec![page(&case_row()), no_rows()]),
        row("query CaseComment", Read, no_rows()).before(vec![page(&case_row())]).after(vec![no_rows()]),
        row("query Pricebook2", Read, book()).after(vec![composed(&value!([saved, saved])), order_with_item()]),
        row("create Order", Write, composed(&value!([saved, saved])))
            .before(vec![book()])
            .after(vec![order_with_item()]),
        row("approve Order", Write, no_content()).before(vec![page(&order_row(&Value::Null))]),
        row("report Order fulfilled", Write, composed(&value!([[saved], null])))
            .before(vec![page(&order_row(&Value::Null))]),
        row("report Order failed", Write, no_content()),
    ]
}

async fn call(crm: &Client, operation: &str) -> Result<(), UpstreamError> {
    let fields: Fields = value!({"Name": "x"}).as_object().unwrap().clone();
    let new_case = NewCase {
        id: Uuid::from_u128(2),
        account_id: ACCOUNT.to_owned(),
        contact_id: None,
        subject: Pii::new("s".to_owned()),
        description: Pii::new("d".to_owned()),
        category: None,
        priority: CasePriority::Low,
    };
    let new_order = NewCrmOrder {
        order_id: Uuid::from_u128(1).to_string().parse().unwrap(),
        account_id: ACCOUNT.to_owned(),
        effective_on: Date::new(2026, 4, 1).unwrap(),
        sim: None,
        eid: None,
        port_in: None,
        lines: vec![NewCrmOrderLine {
            pricebook_entry_id: "01u000000000001AAA".to_owned(),
            unit_price: Money::yen(2980),
            item: 1,
        }],
    };
    let report = FulfilmentReport {
        whmcs_order_id: 12,
        line_number: None,
        items: vec![FulfilledItem { order_item_id: "802000000000001AAA".to_owned(), service_id: ServiceId(41) }],
    };
    let ids = [ACCOUNT.to_owned()];
    match operation {
        "create record" => crm.create_record("Account", &fields).await.map(drop),
        "read record" => crm.read_record("Account", ACCOUNT, &["Id", "Name"]).await.map(drop),
        "update record" => crm.update_record("Account", ACCOUNT, &fields).await,
        "upsert record" => crm.upsert_record("Account", ("Customer_Number__c", "C-1"), &fields).await.map(drop),
        "delete record" => crm.delete_record("Account", ACCOUNT).await,
        "create records" => crm.create_records("Account", &[fields], true).await.map(drop),
        "update records" => crm.update_records("Account", &[(ACCOUNT.to_owned(), fields)], true).await.map(drop),
        "delete records" => crm.delete_records(&ids, true).await.map(drop),
        "create tree" => {
            let record = value!({"attributes": {"type": "Account", "referenceId": "a"}, "Name": "x"});
            crm.create_tree("Account", vec![record]).await.map(drop)
        }
        "upsert Account" | "update Contact" | "create Contact" => {
            crm.upsert_account(&newcomer("C-1", "mika@example.com")).await.map(drop)
        }
        "create Case" => crm.open_case(&new_case).await.map(drop),
        "create CaseComment" => crm.add_comment(ACCOUNT, CASE, "x").await,
        "update Case" | "query Case owner" => crm.set_case_closed(ACCOUNT, CASE, true).await,
        "attach file" => crm.attach(ACCOUNT, CASE, "photo.jpg", b"abc").await,
        "download file" => crm.download(ACCOUNT, CASE, "068000000000001AAA").await.map(drop),
        "query files of Case" | "query CaseComment" => crm.case(ACCOUNT, CASE).await.map(drop),
        "query Pricebook2" | "create Order" => crm.create_order(&new_order).await.map(drop),
        "approve Order" => crm.approve_order(ORDER).await,
        "report Order fulfilled" => crm.report_fulfilled(ORDER, &report).await,
        "report Order failed" => crm.report_failed(ORDER, "sim_in_use").await,
        other => panic!("{other} has no call"),
    }
}

/// Failures in their forms, with what they mean for a read and for a write.
fn failures() -> Vec<(&'static str, Answer, Class, Class)> {
    let error = |status: &str, code: &str| {
        json(status, &value!([{"message": "m", "errorCode": code, "fields": []}]).to_string())
    };
    let bad = "400 Bad Request";
    vec![
        ("a rule", error(bad, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), Refused, Refused),
        (
            "fields are null",
            json(bad, r#"[{"message":"m","errorCode":"UNABLE_TO_LOCK_ROW","fields":null}]"#),
            Later,
            Later,
        ),
        (
            "fields are missing",
            json(bad, r#"[{"message":"m","errorCode":"REQUIRED_FIELD_MISSING"}]"#),
            Refused,
            Refused,
        ),
        ("only a code", json(bad, r#"[{"errorCode":"UNABLE_TO_LOCK_ROW"}]"#), Later, Later),
        ("one error without its list", json(bad, r#"{"errorCode":"UNABLE_TO_LOCK_ROW","message":"m"}"#), Later, Later),
        (
            "the name of save results",
            json(bad, r#"[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"m","fields":[]}]"#),
            Later,
            Later,
        ),
        ("a code of next year", error(bad, "MOON_IN_THE_WRONG_PHASE"), Refused, Refused),
        (
            "the object of sign-in errors",
            json(bad, r#"{"error":"invalid_grant","error_description":"x"}"#),
            Refused,
            Refused,
        ),
        ("no rights", error("403 Forbidden", "INSUFFICIENT_ACCESS_OR_READONLY"), Denied, Denied),
        (
            "used up",
            json(
                "403 Forbidden",
                r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#,
            ),
            Later,
            Later,
        ),
        ("gone", error("404 Not Found", "NOT_FOUND"), NotFound, NotFound),
        ("deleted", error("404 Not Found", "ENTITY_IS_DELETED"), NotFound, NotFound),
        ("a fault of theirs", error("500 Internal Server Error", "UNKNOWN_EXCEPTION"), Later, Unknown),
        ("not now", error("503 Service Unavailable", "SERVER_UNAVAILABLE"), Later, Later),
        ("maintenance", html("503 Service Unavailable"), Later, Unknown),
        ("an address that is wrong", html("404 Not Found"), Refused, Refused),
    ]
}

pub async fn answer(row: Row, answer: Answer) -> Result<(), UpstreamError> {
    let (base, _) = server_that(|base| {
        let mut answers = vec![token(base)];
        answers.extend(row.before);
        answers.push(answer);
        answers.extend(row.after);
        answers
    })
    .await;
    call(&Client::new(config(&base).await).unwrap(), row.operation).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_succeeds_as_documented_and_knows_every_failure() {
    config("http://x").await;
    let count = table().len();
    let tasks: Vec<_> = (0..count).map(|at| tokio::spawn(check(at))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn check(at: usize) {
    let take = || table().swap_remove(at);
    let (operation, documented) = (take().operation, take().documented);
    let result = answer(take(), documented).await;
    assert_eq!(class(&result), Done, "{operation}: {result:?}");
    let stage = Stage::open().await;
    let calm = Client::new(config(&stage.base).await).unwrap();
    stage.play(vec![token(&stage.base), no_rows()]);
    calm.cases(ACCOUNT, 1).await.unwrap();
    for (form, failure, read, write) in failures() {
        let row = Row { after: vec![], ..take() };
        let expected = row.effect.of(read, write);
        // The price book is looked up once.
        let result = if expected.is_remembered() || operation.ends_with("Order") || operation.ends_with("Pricebook2") {
            // A read that fails for now is sent again, and fails again: the last answer serves all that follow.
            answer(row, failure).await
        } else {
            stage.play(row.before.into_iter().chain([failure]).collect());
            call(&calm, operation).await
        };
        assert_eq!(class(&result), expected, "{operation}, {form}: {result:?}");
    }
}
