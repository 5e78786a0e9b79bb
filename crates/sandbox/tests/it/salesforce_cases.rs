//! Cases with comments, mails and files; what staff write reaches the event log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Org, start};

async fn case_of(org: &Org, subject: &str) -> Value {
    org.first(&format!("SELECT Id, Status, IsClosed, ClosedDate, CaseNumber, ContactEmail, (SELECT CommentBody, IsPublished, CreatedBy.Name FROM CaseComments ORDER BY CreatedDate), (SELECT FromAddress, Incoming, Status FROM EmailMessages ORDER BY MessageDate), (SELECT Body FROM Feeds), (SELECT ContentDocumentId, ContentDocument.Title FROM ContentDocumentLinks) FROM Case WHERE Subject LIKE '{subject}%'")).await
}

fn events(sandbox: &Sandbox) -> Vec<Value> {
    let events = sandbox.world().dump()["events"].as_array().unwrap().clone();
    events
        .into_iter()
        .filter(|event| event["topic"] == "/event/CaseUpdated__e")
        .map(|event| event["fields"].clone())
        .collect()
}

#[tokio::test]
async fn a_seeded_case_has_comments_mails_and_a_file_but_no_news() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let case = case_of(&org, "Home internet").await;
    assert_eq!(case["ContactEmail"], "mika@example.com");
    let comments = case["CaseComments"]["records"].as_array().unwrap();
    assert_eq!(comments.iter().map(|c| c["IsPublished"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(comments[0]["CreatedBy"]["Name"], "Aki Hoshino");
    assert_eq!(case["EmailMessages"]["records"][1]["Status"], "3");
    assert_eq!(case["Feeds"], Value::Null);
    assert_eq!(case["ContentDocumentLinks"]["records"][0]["ContentDocument"]["Title"], "Speed test");
    assert!(events(&sandbox).is_empty());
    let closed = case_of(&org, "When does").await;
    assert_eq!((&closed["IsClosed"], closed["ClosedDate"].is_string()), (&json!(true), true));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_case_is_opened_answered_and_closed_and_the_portal_hears_of_what_concerns_the_customer() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let contact = org.first("SELECT Id, AccountId FROM Contact WHERE Email = 'mika@example.com'").await;
    let body = json!({ "Subject": "Question", "Description": "?", "Origin": "Web", "ContactId": contact["Id"], "Comments": "internal note", "Topics__c": "SIM;Billing" });
    let (status, made) = org.call(Method::POST, "/sobjects/Case", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let (_, read) = org.call(Method::GET, &format!("/sobjects/Case/{id}"), None).await;
    assert_eq!((&read["Status"], &read["IsClosed"], &read["Comments"]), (&json!("New"), &json!(false), &Value::Null));
    assert_eq!((&read["AccountId"], &read["Topics__c"]), (&contact["AccountId"], &json!("Billing;SIM")));
    assert_eq!(read["CaseNumber"].as_str().unwrap().len(), 8);
    let note = org.first(&format!("SELECT CommentBody, IsPublished FROM CaseComment WHERE ParentId = '{id}'")).await;
    assert_eq!((&note["CommentBody"], &note["IsPublished"]), (&json!("internal note"), &json!(false)));

    let by_customer = json!({ "ParentId": id, "CommentBody": "More.", "IsPublished": true });
    assert_eq!(org.call(Method::POST, "/sobjects/CaseComment", Some(by_customer)).await.0, 201);
    sandbox.world().answer_case(&id, "Only for us.", false).unwrap();
    assert!(events(&sandbox).is_empty(), "neither the customer's own words nor an internal note are news");
    let answer = sandbox.world().answer_case(&id, "Here you are.", true).unwrap();
    sandbox.world().set_case_status(&id, "Closed").unwrap();
    assert_eq!(
        events(&sandbox).iter().map(|e| [&e["CaseId__c"], &e["Status__c"], &e["CommentId__c"]]).collect::<Vec<_>>(),
        [[&json!(id), &json!("New"), &json!(answer)], [&json!(id), &json!("Closed"), &Value::Null]]
    );
    let (_, read) = org.call(Method::GET, &format!("/sobjects/Case/{id}"), None).await;
    assert!(read["IsClosed"] == true && read["ClosedDate"].is_string());
    let reopened = org.call(Method::PATCH, &format!("/sobjects/Case/{id}"), Some(json!({ "Status": "Working" }))).await;
    assert_eq!(reopened.0, 204);
    let (_, read) = org.call(Method::GET, &format!("/sobjects/Case/{id}"), None).await;
    assert!(read["IsClosed"] == false && read["ClosedDate"].is_null());
    assert!(sandbox.world().set_case_status(&id, "Odd").unwrap_err().contains("RESTRICTED_PICKLIST"));
    assert!(sandbox.world().answer_case("5005j00000000zzAAA", "x", true).is_err());
    let shown = sandbox.world().salesforce_cases();
    assert_eq!((&shown[0]["Id"], &shown[0]["ContactName"]), (&json!(id), &json!("Mika Sato")));
    assert_eq!(shown[0]["Comments"][3]["Author"], "Aki Hoshino");
    sandbox.stop().await;
}

#[tokio::test]
async fn what_must_not_be_written_about_a_case_is_refused() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let case = case_of(&org, "Home internet").await["Id"].clone();
    for (object, body, code) in [
        ("CaseComment", json!({ "CommentBody": "x" }), "REQUIRED_FIELD_MISSING"),
        ("CaseComment", json!({ "ParentId": case, "CommentBody": "x".repeat(4_001) }), "STRING_TOO_LONG"),
        ("Case", json!({ "Status": "Lost" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Case", json!({ "IsClosed": true }), "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Case", json!({ "Topics__c": "SIM;Weather" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("EmailMessage", json!({ "ParentId": case, "Status": "0" }), "FIELD_INTEGRITY_EXCEPTION"),
        ("FeedItem", json!({ "ParentId": case }), "REQUIRED_FIELD_MISSING"),
        ("FeedItem", json!({ "ParentId": "01t5j000000000zAAA", "Body": "x" }), "MALFORMED_ID"),
        ("ContentDocument", json!({ "Title": "x" }), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        ("ContentVersion", json!({ "Title": "x", "PathOnClient": "x.txt" }), "REQUIRED_FIELD_MISSING"),
        ("ContentVersion", json!({ "PathOnClient": "x.txt", "VersionData": "not base64!" }), "JSON_PARSER_ERROR"),
        ("Asset", json!({ "Name": "Router" }), "FIELD_INTEGRITY_EXCEPTION"),
        ("OrderItem", json!({ "OwnerId": "0055j000000AGNTAA4" }), "INVALID_FIELD"),
    ] {
        let (status, reply) = org.call(Method::POST, &format!("/sobjects/{object}"), Some(body)).await;
        assert_eq!((status, reply[0]["errorCode"].as_str()), (400, Some(code)), "{object}: {reply}");
    }
    let mail = json!({ "ParentId": case, "Status": "3", "Subject": "Hello", "TextBody": "…" });
    let (status, made) = org.call(Method::POST, "/sobjects/EmailMessage", Some(mail)).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/sobjects/EmailMessage/{}", made["id"].as_str().unwrap());
    let (_, late) = org.call(Method::PATCH, &path, Some(json!({ "Subject": "Other" }))).await;
    assert_eq!(late[0]["errorCode"], "INSUFFICIENT_ACCESS_OR_READONLY");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_file_is_uploaded_linked_downloaded_continued_and_deleted() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let case = case_of(&org, "Home internet").await["Id"].as_str().unwrap().to_owned();
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let body =
        json!({ "Title": "Photo", "PathOnClient": "C:\\pictures\\router.JPG", "VersionData": STANDARD.encode(&bytes) });
    let (status, made) = org.call(Method::POST, "/sobjects/ContentVersion", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    let version = made["id"].as_str().unwrap().to_owned();
    let read = org.first(&format!("SELECT ContentDocumentId, VersionData, FileType, FileExtension, ContentSize, Checksum, IsLatest FROM ContentVersion WHERE Id = '{version}'")).await;
    assert_eq!(
        (&read["FileType"], &read["ContentSize"], &read["IsLatest"]),
        (&json!("JPG"), &json!(70_000), &json!(true))
    );
    assert_eq!(read["Checksum"].as_str().unwrap().len(), 32);
    let document = read["ContentDocumentId"].as_str().unwrap().to_owned();
    let link =
        json!({ "ContentDocumentId": document, "LinkedEntityId": case, "ShareType": "V", "Visibility": "AllUsers" });
    assert_eq!(org.call(Method::POST, "/sobjects/ContentDocumentLink", Some(link.clone())).await.0, 201);
    let (_, twin) = org.call(Method::POST, "/sobjects/ContentDocumentLink", Some(link)).await;
    assert_eq!(twin[0]["errorCode"], "DUPLICATE_VALUE");
    let download =
        async |path: &str| org.http.get(format!("{}{path}", org.base)).bearer_auth(&org.token).send().await.unwrap();
    let reply = download(read["VersionData"].as_str().unwrap()).await;
    assert_eq!(reply.headers()["content-type"], "application/octet-stream");
    assert_eq!(reply.bytes().await.unwrap(), bytes);

    // The next version comes in parts, as larger files do.
    let fields = json!({ "ContentDocumentId": document, "PathOnClient": "router.png", "Title": "Newer" });
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json\r\n\r\n{fields}\r\n--edge\r\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"router.png\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let parts = [head.as_bytes(), &[0xff, 0, 1], b"\r\n--edge--\r\n"].concat();
    let url = format!("{}/services/data/v60.0/sobjects/ContentVersion", org.base);
    let kind = "multipart/form-data; boundary=\"edge\"";
    let reply =
        org.http.post(url).bearer_auth(&org.token).header("content-type", kind).body(parts).send().await.unwrap();
    assert_eq!(reply.status(), 201);
    let second = reply.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let (_, latest) = org.query(&format!("SELECT Title, LatestPublishedVersionId, LatestPublishedVersion.VersionNumber, (SELECT Id, IsLatest FROM ContentVersions ORDER BY VersionNumber) FROM ContentDocument WHERE Id = '{document}'")).await;
    let latest = &latest["records"][0];
    assert_eq!((&latest["Title"], &latest["LatestPublishedVersionId"]), (&json!("Newer"), &json!(second)));
    assert_eq!(latest["LatestPublishedVersion"]["VersionNumber"], "2");
    assert_eq!(latest["ContentVersions"]["records"][0]["IsLatest"], false);
    let path = format!("/services/data/v60.0/sobjects/ContentVersion/{second}/VersionData");
    assert_eq!(download(&path).await.bytes().await.unwrap(), vec![0xff, 0, 1]);

    let (_, refused) = org.call(Method::DELETE, &format!("/sobjects/ContentVersion/{second}"), None).await;
    assert_eq!(refused[0]["errorCode"], "INSUFFICIENT_ACCESS_OR_READONLY");
    assert_eq!(org.call(Method::DELETE, &format!("/sobjects/ContentDocument/{document}"), None).await.0, 204);
    assert_eq!(download(&path).await.status(), 404);
    let (_, links) = org.query(&format!("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{case}'")).await;
    assert_eq!(links["totalSize"], 1, "the seeded file stays");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_kept() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let large = STANDARD.encode(vec![7; (37 << 20) + 1]);
    let body = json!({ "PathOnClient": "a.bin", "VersionData": large });
    let (status, reply) = org.call(Method::POST, "/sobjects/ContentVersion", Some(body)).await;
    assert_eq!((status, reply[0]["errorCode"].as_str()), (400, Some("STORAGE_LIMIT_EXCEEDED")));
    sandbox.stop().await;
}
