//! The console's pages of work: orders to decide, cases to answer.

use reqwest::Method;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::console_pages::Browser;
use crate::support::{Org, start};

#[tokio::test]
async fn an_order_is_looked_at_and_decided() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let org = Org::sign_in(&sandbox).await;
    let mut ids = Vec::new();
    for portal in ["p-1", "p-2"] {
        ids.push(org.draft_order(portal, 101).await["compositeResponse"][0]["body"]["id"].as_str().unwrap().to_owned());
    }
    browser.open("/").await.shows(&format!("action=\"/console/orders/{}/approve\"", ids[0]));
    let page = browser.open(&format!("/console/orders/{}", ids[0])).await;
    page.shows("p-1").shows("Mobile 3GB").shows("佐藤 美佳").shows("Decision");
    browser.open("/console/orders?show=decide").await.shows(&ids[0]).shows(&ids[1]);
    let page = browser.send(&format!("/console/orders/{}/approve", ids[0]), &[("back", "/")]).await;
    page.shows("<h1>Overview</h1>").shows("is approved").hides(&format!("{}/approve", ids[0]));
    let page = browser.send(&format!("/console/orders/{}/reject", ids[1]), &[("back", "//evil.example/")]).await;
    page.shows("<h1>Orders</h1>").shows("is rejected");
    let page = browser.send(&format!("/console/orders/{}/reject", ids[0]), &[]).await;
    page.shows("Not done.").shows("the order is Approved, not Draft");
    let status = |id: &str| {
        let orders = sandbox.world().salesforce_orders();
        orders.iter().find(|order| order["Id"] == id).unwrap()["Status"].clone()
    };
    assert_eq!([status(&ids[0]), status(&ids[1])], [json!("Approved"), json!("Rejected")]);
    browser.open("/console/orders?show=under-way").await.shows(&ids[0]).hides(&ids[1]);
    sandbox.stop().await;
}

/// A case as the portal reads it: its status, and the comments that the customer may see.
async fn seen(org: &Org, id: &str) -> (Value, Vec<String>) {
    let soql = format!(
        "SELECT Status, (SELECT CommentBody FROM CaseComments WHERE IsPublished = true ORDER BY CreatedDate) FROM Case WHERE Id = '{id}'"
    );
    let case = org.first(&soql).await;
    let comments = case["CaseComments"]["records"].as_array().cloned().unwrap_or_default();
    (case["Status"].clone(), comments.iter().map(|row| row["CommentBody"].as_str().unwrap().to_owned()).collect())
}

async fn new_case(org: &Org) -> String {
    let contact = org.first("SELECT Id, AccountId FROM Contact WHERE Email = 'mika@example.com'").await;
    let body =
        json!({ "Subject": "Console", "ContactId": contact["Id"], "AccountId": contact["AccountId"], "Origin": "Web" });
    let (status, made) = org.call(Method::POST, "/sobjects/Case", Some(body)).await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

/// Published events of a case, oldest first: status and whether a comment is named.
fn told(sandbox: &Sandbox, id: &str) -> Vec<(Value, bool)> {
    let world = sandbox.world().dump();
    let events = world["events"].as_array().unwrap().iter().filter(|event| event["fields"]["CaseId__c"] == id);
    events.map(|event| (event["fields"]["Status__c"].clone(), event["fields"]["CommentId__c"].is_string())).collect()
}

#[tokio::test]
async fn a_case_is_answered_noted_and_closed() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let org = Org::sign_in(&sandbox).await;
    let id = new_case(&org).await;
    let path = format!("/console/cases/{id}");
    browser.open("/console/cases?show=waiting").await.shows(&path);

    let answer = [("text", "Please restart <it>.\r\nThen write again."), ("reader", "customer"), ("status", "Working")];
    let page = browser.send(&format!("{path}/answer"), &answer).await;
    page.shows("The answer is written; the customer can read it.").shows("Please restart &lt;it&gt;.");
    page.shows("name=\"text\" required maxlength=\"4000\" rows=\"5\"></textarea>");
    browser.open("/console/cases?show=waiting").await.hides(&path);
    let (status, comments) = seen(&org, &id).await;
    assert_eq!((status, comments), (json!("Working"), vec!["Please restart <it>.\nThen write again.".to_owned()]));

    let note = [("text", "Mast 12 is down."), ("reader", "staff"), ("status", "")];
    let page = browser.send(&format!("{path}/answer"), &note).await;
    page.shows("The internal note is written.")
        .shows("internal, the customer does not see it")
        .shows("Mast 12 is down.");
    assert_eq!(seen(&org, &id).await.1.len(), 1, "the customer sees the answer only");

    let page = browser.send(&format!("{path}/status"), &[("status", "Closed")]).await;
    page.shows("The case is Closed.");
    assert_eq!(seen(&org, &id).await.0, "Closed");
    browser.open("/console/cases?show=closed").await.shows(&path);
    // The portal hears of the answer and of both changes, and nothing of the note.
    let events = told(&sandbox, &id);
    assert_eq!(events.iter().filter(|(_, comment)| *comment).count(), 1, "{events:?}");
    assert!(
        events.iter().any(|(status, _)| status == "Working") && events.iter().any(|(status, _)| status == "Closed")
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn a_refused_answer_need_not_be_typed_again() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let org = Org::sign_in(&sandbox).await;
    let id = new_case(&org).await;
    let path = format!("/console/cases/{id}");
    // Japanese, so that it is three times as long on the wire as in characters.
    let long = "障害".repeat(2_001);
    let page = browser
        .send(&format!("{path}/answer"), &[("text", long.as_str()), ("reader", "staff"), ("status", "Closed")])
        .await;
    page.shows("Not done.").shows("Write up to 4000 characters.").shows(&format!(">{long}</textarea>"));
    page.shows("value=\"staff\" checked")
        .hides("value=\"customer\" checked")
        .shows("<option value=\"Closed\" selected>");
    assert_eq!(seen(&org, &id).await, (json!("New"), Vec::new()));
    browser.open(&path).await.hides(&long).shows("value=\"customer\" checked");

    // What was written does not come back into the field, even when the status stays.
    let half = [("text", "Half done"), ("reader", "customer"), ("status", "Nonsense")];
    let page = browser.send(&format!("{path}/answer"), &half).await;
    page.shows("The answer is written, but the status stays").hides(">Half done</textarea>");
    assert_eq!(seen(&org, &id).await, (json!("New"), vec!["Half done".to_owned()]));
    browser.send(&format!("{path}/status"), &[("status", "Nonsense")]).await.shows("Not done.");
    browser.send(&format!("{path}/status"), &[]).await.shows("Not done.").shows("Choose a status.");
    let page = browser.send("/console/cases/500/answer", &[("text", "x")]).await;
    page.shows("<h1>Cases</h1>").shows("There is no such case any more.");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_file_of_a_case_is_saved_and_not_shown() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let org = Org::sign_in(&sandbox).await;
    let (id, other) = (new_case(&org).await, new_case(&org).await);
    let page = json!({ "Title": "見積 \"1\"", "PathOnClient": "offer.html", "FirstPublishLocationId": id, "VersionData": "PHNjcmlwdD4=" });
    let (status, made) = org.call(Method::POST, "/sobjects/ContentVersion", Some(page)).await;
    assert_eq!(status, 201, "{made}");
    let version = made["id"].as_str().unwrap();
    let link = format!("/console/cases/{id}/files/{version}");
    browser
        .open(&format!("/console/cases/{id}"))
        .await
        .shows(&format!("href=\"{link}\""))
        .shows("見積 &quot;1&quot;.html");
    let reply = browser.fetch(&link).await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["content-type"], "application/octet-stream");
    let disposition = reply.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(disposition, "attachment; filename*=UTF-8''%E8%A6%8B%E7%A9%8D%20%221%22%2Ehtml");
    assert_eq!(reply.text().await.unwrap(), "<script>");
    for wrong in [format!("/console/cases/{other}/files/{version}"), format!("/console/cases/{id}/files/068")] {
        assert_eq!(browser.fetch(&wrong).await.status(), 404, "{wrong}");
    }
    sandbox.stop().await;
}
