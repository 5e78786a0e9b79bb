//! Queries beyond fields and filters: groups, semi-joins, lists of several values, searches, cursors.

use reqwest::Method;
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};

use crate::support::{Org, start};

async fn rows(org: &Org, soql: &str) -> Vec<Value> {
    let (status, page) = org.query(soql).await;
    assert_eq!(status, 200, "{soql}: {page}");
    assert_eq!(
        (page["done"].as_bool(), page["totalSize"].as_u64()),
        (Some(true), page["records"].as_array().map(|r| r.len() as u64))
    );
    page["records"].as_array().unwrap().clone()
}

async fn code(org: &Org, soql: &str) -> String {
    let (status, body) = org.query(soql).await;
    assert_eq!(status, 400, "{soql}: {body}");
    body[0]["errorCode"].as_str().unwrap().to_owned()
}

/// Four accounts of two types.
async fn world() -> (Sandbox, Org) {
    let sandbox = sandbox::start(Config { query_page_size: 2, ..Config::default() }).await.unwrap();
    let org = Org::sign_in(&sandbox).await;
    for (name, kind, client) in [
        ("Q1", Some("Red"), Some(10)),
        ("Q2", Some("red"), Some(30)),
        ("Q3", Some("Blue"), None),
        ("Q4", None, Some(5)),
    ] {
        let body = json!({ "Name": name, "AccountNumber": "grouped", "Type": kind, "WHMCS_Client_ID__c": client });
        assert_eq!(org.call(Method::POST, "/sobjects/Account", Some(body)).await.0, 201);
    }
    (sandbox, org)
}

#[tokio::test]
async fn groups_are_counted_measured_and_filtered() {
    let (sandbox, org) = world().await;
    let found = rows(&org, "SELECT Type, COUNT(Id), SUM(WHMCS_Client_ID__c) total, AVG(WHMCS_Client_ID__c), MIN(Name), MAX(Name) FROM Account WHERE AccountNumber = 'grouped' GROUP BY Type ORDER BY COUNT(Id) DESC, Type NULLS LAST").await;
    let attributes = json!({ "type": "AggregateResult" });
    assert_eq!(
        found[0],
        json!({ "attributes": attributes, "Type": "Red", "expr0": 2, "total": 40.0, "expr1": 20.0, "expr2": "Q1", "expr3": "Q2" })
    );
    assert_eq!(
        found[1],
        json!({ "attributes": attributes, "Type": "Blue", "expr0": 1, "total": null, "expr1": null, "expr2": "Q3", "expr3": "Q3" })
    );
    assert_eq!((&found[2]["Type"], &found[2]["total"]), (&Value::Null, &json!(5.0)));
    let many = rows(&org, "SELECT Type FROM Account WHERE AccountNumber = 'grouped' GROUP BY Type HAVING COUNT(Id) > 1 OR MAX(Name) = 'Q4' ORDER BY Type").await;
    assert_eq!(many.iter().map(|row| &row["Type"]).collect::<Vec<_>>(), [&Value::Null, &json!("Red")]);
    let one = rows(
        &org,
        "SELECT COUNT_DISTINCT(Type) kinds, COUNT(Type) typed, COUNT(Id) FROM Account WHERE AccountNumber = 'grouped'",
    )
    .await;
    assert_eq!(one, [json!({ "attributes": attributes, "kinds": 2, "typed": 3, "expr0": 4 })]);
    let none = rows(&org, "SELECT COUNT(Id), MAX(Name) FROM Account WHERE Name = 'nobody'").await;
    assert_eq!(none, [json!({ "attributes": attributes, "expr0": 0, "expr1": null })]);
    let parent = rows(&org, "SELECT Account.Name, COUNT(Id) n FROM Contact GROUP BY Account.Name HAVING COUNT(Id) >= 1 ORDER BY Account.Name LIMIT 2 OFFSET 1").await;
    assert_eq!((parent.len(), parent[0]["n"].as_u64()), (2, Some(1)));
    assert!(parent[0]["Name"].is_string());
    for (soql, expected) in [
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT(Id) FROM Account GROUP BY Type", "MALFORMED_QUERY"),
        ("SELECT Type FROM Account GROUP BY Type ORDER BY Name", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Account LIMIT 1", "MALFORMED_QUERY"),
        ("SELECT Name other FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account HAVING COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT Type, COUNT(Id) a, MIN(Name) a FROM Account GROUP BY Type", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account WHERE COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account ORDER BY COUNT(Id)", "MALFORMED_QUERY"),
        ("SELECT MEDIAN(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Account", "INVALID_FIELD"),
        ("SELECT CreatedDate FROM Account GROUP BY CreatedDate", "INVALID_FIELD"),
        ("SELECT Type FROM Account GROUP BY Type HAVING COUNT(Id) = 'two'", "INVALID_FIELD"),
        ("SELECT COUNT(Nope) FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD"),
    ] {
        assert_eq!(code(&org, soql).await, expected, "{soql}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn semi_joins_lists_of_values_and_field_sets_select() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let count = async |soql: &str| rows(&org, soql).await.len();
    let all = count("SELECT Id FROM Account").await;
    let with = count("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Case WHERE Status = 'New')").await;
    let without =
        count("SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Case WHERE Status = 'New')").await;
    assert_eq!((with, without), (1, all - 1));
    assert_eq!(
        code(&org, "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Case)").await,
        "MALFORMED_QUERY"
    );
    assert_eq!(
        code(&org, "SELECT Id FROM Account WHERE Id IN (SELECT AccountId, Id FROM Case)").await,
        "MALFORMED_QUERY"
    );
    let subjects = async |filter: &str| {
        let found =
            rows(&org, &format!("SELECT Topics__c FROM Case WHERE Topics__c {filter} ORDER BY CreatedDate DESC")).await;
        found.iter().map(|row| row["Topics__c"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(subjects("INCLUDES ('SIM', 'Billing')").await, ["Billing", "Delivery;SIM"]);
    assert_eq!(subjects("INCLUDES ('SIM;Delivery')").await, ["Delivery;SIM"]);
    assert_eq!(subjects("EXCLUDES ('SIM')").await, ["Billing", "Internet"]);
    assert_eq!(code(&org, "SELECT Id FROM Case WHERE Subject INCLUDES ('x')").await, "INVALID_QUERY_FILTER_OPERATOR");
    let shown = org.first("SELECT FIELDS(ALL) FROM Case LIMIT 1").await;
    assert!(shown.get("Topics__c").is_some() && shown.get("CaseNumber").is_some());
    assert!(org.first("SELECT FIELDS(CUSTOM) FROM Case LIMIT 1").await.get("CaseNumber").is_none());
    assert_eq!(code(&org, "SELECT FIELDS(ALL) FROM Case").await, "MALFORMED_QUERY");
    assert_eq!(count("SELECT Id FROM Case WHERE CreatedDate = LAST_N_DAYS:30").await, 2);
    assert_eq!(count("SELECT Id FROM Case WHERE CreatedDate < N_DAYS_AGO:30 AND ClosedDate != null FOR VIEW").await, 1);
    assert_eq!(count("SELECT Id FROM Case WHERE CreatedDate >= LAST_N_FISCAL_QUARTERS:8").await, 3);
    for soql in [
        "SELECT Id FROM Case WHERE CreatedDate = LAST_N_DAYS:9999999999999999999",
        "SELECT Id FROM Case FOR EVER",
        "SELECT Id FROM ContentDocumentLink",
        "SELECT Id FROM ContentDocumentLink WHERE ShareType = 'V'",
    ] {
        assert_eq!(code(&org, soql).await, "MALFORMED_QUERY", "{soql}");
    }
    assert_eq!(code(&org, "SELECT Id FROM Case OFFSET 2001").await, "NUMBER_OUTSIDE_VALID_RANGE");
    sandbox.stop().await;
}

#[tokio::test]
async fn articles_and_cases_are_searched() {
    let sandbox = start().await;
    let org = Org::sign_in(&sandbox).await;
    let search = async |sosl: &str| {
        let encoded: String = sosl.bytes().map(|b| format!("%{b:02X}")).collect();
        org.call(Method::GET, &format!("/search?q={encoded}"), None).await
    };
    let articles = "RETURNING KnowledgeArticleVersion(Id, Title, UrlName WHERE PublishStatus = 'Online' AND Language =";
    let (status, found) = search(&format!("FIND {{internet slow}} IN ALL FIELDS {articles} 'en_US' LIMIT 3)")).await;
    assert_eq!(status, 200, "{found}");
    let found = found["searchRecords"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["attributes"]["type"], "KnowledgeArticleVersion");
    assert_eq!(found[0]["UrlName"], "slow-internet");
    let (_, found) = search(&format!("FIND {{請求書}} IN ALL FIELDS {articles} 'ja')")).await;
    assert_eq!(found["searchRecords"][0]["Title"], "請求書の住所を変更する");
    let (_, found) = search("FIND {internet*} IN NAME FIELDS RETURNING Case(Subject), KnowledgeArticleVersion(Title WHERE Language = 'en_US' ORDER BY Title)").await;
    let names: Vec<_> = found["searchRecords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["attributes"]["type"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Case", "KnowledgeArticleVersion", "KnowledgeArticleVersion"]);
    let (_, none) = search("FIND {zzz} RETURNING Case").await;
    assert_eq!(none, json!({ "searchRecords": [] }));
    for (sosl, expected) in [
        ("FIND {x} RETURNING Case", "MALFORMED_SEARCH"),
        ("FIND {internet} RETURNING Nothing__c", "INVALID_TYPE"),
        ("FIND {internet} RETURNING Case(Nope)", "INVALID_FIELD"),
    ] {
        let (status, refused) = search(sosl).await;
        assert_eq!((status, refused[0]["errorCode"].as_str()), (400, Some(expected)), "{sosl}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_locator_that_is_not_known_is_refused() {
    let (sandbox, org) = world().await;
    let (_, page) = org.query("SELECT Id FROM Account").await;
    let next = page["nextRecordsUrl"].as_str().unwrap().strip_prefix("/services/data/v60.0").unwrap().to_owned();
    assert_eq!(org.call(Method::GET, &next, None).await.0, 200);
    for locator in ["/query/0r8xx0000000000099-2", "/query/nonsense", &format!("{next}9999")] {
        let (status, body) = org.call(Method::GET, locator, None).await;
        assert_eq!((status, body[0]["errorCode"].as_str()), (400, Some("INVALID_QUERY_LOCATOR")), "{locator}");
    }
    sandbox.stop().await;
}
