//! Salesforce: rows of queries, and the decoded record of an event.

use super::Shape;
use super::whmcs::{bytes, shown};
use domain::Currency::Jpy;
use domain::CustomerId;
use domain::catalog::providers::salesforce::{RawPricebookEntry, product};
use domain::common::pii::Pii;
use domain::customer::providers::salesforce::{RawContact, contact_of};
use domain::customer::{Address, Customer};
use domain::orders::providers::salesforce::{OrderStatuses, RawOrder, RawPage, order, provision_requested};
use domain::support::providers::salesforce::{RawCase, RawComment, RawVersion, attachment, case, description, message};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// All rows of a page, through `read`.
fn rows<T: DeserializeOwned>(reply: &Value, read: impl Fn(T) -> Result<String, String>) -> Result<String, String> {
    let page: RawPage<T> = serde_json::from_slice(&bytes(reply)).map_err(|error| error.to_string())?;
    if !page.done && page.next_records_url.is_none() {
        return Err("nextRecordsUrl".to_owned());
    }
    let read: Vec<String> = page.records.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(format!("{} done: {}", read.join("; "), page.done))
}

fn page(object: &str, mut record: Value) -> Value {
    record["attributes"] = json!({"type": object, "url": format!("/services/data/v62.0/sobjects/{object}/x")});
    json!({"totalSize": 1, "done": true, "records": [record]})
}

/// The only record of a page.
fn record(reply: &mut Value) -> &mut Value {
    &mut reply["records"][0]
}

fn entry() -> Value {
    page(
        "PricebookEntry",
        json!({"Id": "01u000000000001AAA", "UnitPrice": 2980.0,
            "Product2": {"attributes": {"type": "Product2", "url": "/services/data/v62.0/sobjects/Product2/01t000000000001AAA"},
                "Id": "01t000000000001AAA", "Name": "Data & Voice 10 GB", "StockKeepingUnit": "SIM-VOICE-10", "Description": null,
                "Portal_Name_JA__c": "データ+通話 10GB", "Portal_Description_JA__c": null, "Portal_Category__c": "SIM",
                "Item_Class__c": "Service", "Billing_Cycle__c": "Monthly", "Portal_Sort__c": 20.0, "SIM_Data_Size__c": "10GB",
                "SIM_Plan_Type__c": "DataSmsVoice", "Internet_Plan_Tier__c": null, "WHMCS_Product_ID__c": 3.0,
                "Freebit_Plan_Code__c": "PASI_10G"}}),
    )
}

fn order_page() -> Value {
    page(
        "Order",
        json!({"Id": "801000000000001AAA", "OrderNumber": "00001234", "Status": "Approved", "StatusCode": "Draft",
            "AccountId": "001000000000001AAA", "Portal_Order_Id__c": "6f1c2b1e-5a39-4a3c-9f10-000000000001",
            "Activation_Status__c": "Not Started", "WHMCS_Order_ID__c": null,
            "OrderItems": {"totalSize": 1, "done": true, "records": [
                {"attributes": {"type": "OrderItem", "url": "/services/data/v62.0/sobjects/OrderItem/802"}, "Id": "802000000000001AAA",
                 "OrderItemNumber": "0000000001", "PricebookEntryId": "01u000000000001AAA", "Quantity": 1.0, "UnitPrice": 2980.0,
                 "Description": "Item 1", "WHMCS_Service_ID__c": 41.0}]}}),
    )
}

fn read_orders(reply: &Value) -> Result<String, String> {
    let statuses = OrderStatuses {
        approved: "Approved".to_owned(),
        fulfilled: "Activated".to_owned(),
        rejected: vec!["Rejected".to_owned()],
    };
    rows(reply, |raw: RawOrder| shown(order(raw, &statuses, Jpy)))
}

fn case_page() -> Value {
    page(
        "Case",
        json!({"Id": "500000000000001AAA", "CaseNumber": "00001026", "Subject": "圏外 & \"no signal\"", "Status": "New", "Priority": "High",
            "Type": "SIM", "IsClosed": false, "CreatedDate": "2026-01-31T00:37:00.000+0000",
            "LastModifiedDate": "2026-01-31T00:38:00.000+0000", "ClosedDate": null, "Description": "line 1\r\nline 2"}),
    )
}

fn customer() -> Customer {
    let pii = |text: &str| Pii::new(text.to_owned());
    Customer {
        id: CustomerId("00000000-0000-4000-8000-000000000001".parse().unwrap()),
        number: "C-100001".to_owned(),
        family_name: pii("Sato"),
        given_name: pii("Mika"),
        email: pii("mika@example.com"),
        phone: pii("0312345678"),
        address: Address::default(),
        salesforce_account_id: None,
        whmcs_client_id: None,
    }
}

pub fn table() -> Vec<Shape> {
    vec![
        Shape::new("query products", entry(), |r| rows(r, |raw: RawPricebookEntry| shown(product(raw, Jpy))))
            .says(&["SIM-VOICE-10", "minor: 2980", "Megabytes(10000)", "whmcs_product_id: Some(3)", "sort: 20"])
            .same("words of a picklist", |r| record(r)["Product2"]["Billing_Cycle__c"] = json!("MONTHLY"))
            .same("empty text beside null", |r| record(r)["Product2"]["Description"] = json!(""))
            .other("not the last page", |r| {
                r["done"] = json!(false);
                r["nextRecordsUrl"] = json!("/services/data/v62.0/query/01g000000000001-2000");
            }, "done: false")
            .refused("no parent", |r| record(r)["Product2"] = json!(null), "Product2")
            .refused("a word of next year", |r| record(r)["Product2"]["Item_Class__c"] = json!("Rental"), "Item_Class__c")
            .refused("half a yen", |r| record(r)["UnitPrice"] = json!(2980.5), "UnitPrice")
            .refused("money back", |r| record(r)["UnitPrice"] = json!(-1), "UnitPrice")
            .refused("a number that JSON rounds", |r| record(r)["UnitPrice"] = json!(9_007_199_254_740_993.0), "UnitPrice")
            .refused("an error array", |r| *r = json!([{"message": "m", "errorCode": "MALFORMED_QUERY"}]), "")
            .refused("an error object", |r| *r = json!({"error": "invalid_grant", "error_description": "x"}), "")
            .refused("a page without an end", |r| r["done"] = json!(false), "nextRecordsUrl"),
        Shape::new(
            "query Contact",
            page("Contact", json!({"Id": "003000000000001AAA", "Email": "MIKA@example.com", "FirstName": null, "LastName": "Sato"})),
            |r| {
                rows(r, |raw: RawContact| {
                    let list = [raw];
                    Ok(contact_of(&customer(), &list).map_or("nobody".to_owned(), |found| found.id.clone()))
                })
            },
        )
        .says(&["003000000000001AAA"])
        .same("by name, where the mail address is empty", |r| {
            record(r)["Email"] = json!(null);
            record(r)["FirstName"] = json!("MIKA");
        })
        .other("another person", |r| record(r)["Email"] = json!("other@example.com"), "nobody"),
        Shape::new("query Order", order_page(), read_orders)
            .says(&["state: Approved", "00001234", "minor: 2980", "Some(ServiceId(41))", "item: Some(1)"])
            .same("short id", |r| record(r)["Id"] = json!("801000000000001"))
            .same("ids of billing as text", |r| record(r)["OrderItems"]["records"][0]["WHMCS_Service_ID__c"] = json!("41"))
            .same("empty text beside null", |r| record(r)["WHMCS_Order_ID__c"] = json!(""))
            .other("no items", |r| record(r)["OrderItems"] = json!(null), "items: []")
            .other("made by hand", |r| record(r)["Portal_Order_Id__c"] = json!(null), "portal_order_id: None")
            .other("a status of this organisation", |r| record(r)["Status"] = json!("On Hold"), "state: Other")
            .other("another word of the Activated category", |r| {
                record(r)["Status"] = json!("Completed");
                record(r)["StatusCode"] = json!("Activated");
            }, "state: Activated")
            .other("turned down", |r| record(r)["Status"] = json!("Rejected"), "state: Rejected")
            .other("reported", |r| record(r)["Activation_Status__c"] = json!("Activated"), "provisioned: true")
            .refused("no status", |r| record(r)["Status"] = json!(null), "Status")
            .refused("an item without a price", |r| record(r)["OrderItems"]["records"][0]["UnitPrice"] = json!(null), "UnitPrice")
            .refused("an aggregate", |r| *r = page("AggregateResult", json!({"expr0": 3})), "Id"),
        Shape::new("query Cases", case_page(), |r| {
            rows(r, |raw: RawCase| {
                let said = description(&raw);
                shown(case(&raw).map(|case| (case, said)))
            })
        })
        .says(&["00001026", "status: New", "Some(High)", "closed_at: None", "Timestamp(1769819820000)", r"line 1\nline 2"])
        .same("short id", |r| record(r)["Id"] = json!("500000000000001"))
        .same("times of another zone", |r| record(r)["CreatedDate"] = json!("2026-01-31T09:37:00+09:00"))
        .other("a word of this organisation", |r| record(r)["Status"] = json!("Waiting"), "Other(\"Waiting\")")
        .other("another priority", |r| record(r)["Priority"] = json!("P1"), "priority: None")
        .other("no subject", |r| record(r)["Subject"] = json!(null), "subject: \"\"")
        .other("closed", |r| {
            record(r)["IsClosed"] = json!(true);
            record(r)["ClosedDate"] = json!("2026-02-01T00:00:00.000+0000");
        }, "is_closed: true")
        .refused("no number", |r| record(r)["CaseNumber"] = json!(null), "CaseNumber")
        .refused("no time", |r| record(r)["CreatedDate"] = json!(null), "CreatedDate")
        .refused("an id that leads elsewhere", |r| record(r)["Id"] = json!("../Account"), "Id"),
        Shape::new(
            "query CaseComment",
            page("CaseComment", json!({"Id": "00a000000000001AAA", "CommentBody": "line 1\r\nline 2", "CreatedDate": "2026-01-31T00:37:00.000+0000",
                "CreatedById": "005000000000009AAA", "CreatedBy": {"attributes": {"type": "Name", "url": "/x"}, "Name": "Ken Ito", "Alias": "ken"}, "IsPublished": true})),
            |r| rows(r, |raw: RawComment| shown(message(&raw, "005000000000001AAA"))),
        )
        .says(&["Ken Ito", r"line 1\nline 2"])
        .same("plain line ends", |r| record(r)["CommentBody"] = json!("line 1\nline 2"))
        .other("no author", |r| record(r)["CreatedBy"] = json!(null), "Agent { name: \"\" }")
        .other("our own user, short form", |r| record(r)["CreatedById"] = json!("005000000000001"), "author: Customer")
        .other("for colleagues only", |r| record(r)["IsPublished"] = json!(false), "None")
        .other("no text", |r| record(r)["CommentBody"] = json!(null), "body: \"\"")
        .refused("no time", |r| record(r)["CreatedDate"] = json!("yesterday"), "CreatedDate"),
        Shape::new(
            "query files of Case",
            page("ContentVersion", json!({"Id": "068000000000001AAA", "Title": "photo", "PathOnClient": null, "FileExtension": "jpg",
                "ContentSize": 1024, "CreatedDate": "2026-01-31T00:37:00.000+0000"})),
            |r| rows(r, |raw: RawVersion| shown(attachment(&raw))),
        )
        .says(&["photo.jpg", "size: 1024"])
        .same("with the sender's folders", |r| record(r)["PathOnClient"] = json!("C:\\Users\\me\\photo.jpg"))
        .refused("no size", |r| record(r)["ContentSize"] = json!(null), "ContentSize")
        .refused("half a byte", |r| record(r)["ContentSize"] = json!(1.5), "ContentSize"),
        Shape::new(
            "OrderProvisionRequested__e",
            json!({"CreatedDate": 1_790_000_000_000_i64, "CreatedById": "005000000000001AAA", "OrderId__c": "801000000000001AAA", "RequestId__c": null}),
            |r| shown(provision_requested("e-1", r.as_object().unwrap())),
        )
        .says(&["801000000000001AAA", "request_id: None"])
        .same("short id", |r| r["OrderId__c"] = json!("801000000000001"))
        .same("empty text beside null", |r| r["RequestId__c"] = json!(""))
        .other("with its request", |r| r["RequestId__c"] = json!("r-1"), "Some(\"r-1\")")
        .refused("no order", |r| r["OrderId__c"] = json!(null), "OrderId__c")
        .refused("a number", |r| r["OrderId__c"] = json!(801), "OrderId__c"),
    ]
}
