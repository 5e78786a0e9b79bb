//! Text that wants to be markup, brought in over the upstream APIs into everything that has a text. Every page that can
//! show it is read as a browser would read it.

use std::collections::BTreeSet;

use reqwest::Method;
use sandbox::{NewMail, Sandbox};
use serde_json::{Value, json};

use crate::console_pages::{Browser, LISTS};
use crate::support::{Freebit, Org, start, whmcs, whmcs_status};

/// Breaks out of text, of attributes in either quotes, of a textarea and of a title; entities must not be read twice.
const BAD: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)></textarea></title>&lt;b&gt;";

/// Tags that a page may have; whatever else begins with `<` came from outside.
const TAGS: &[&str] = &[
    "!DOCTYPE", "html", "head", "meta", "title", "link", "script", "body", "a", "header", "img", "span", "strong",
    "small", "div", "button", "nav", "p", "ul", "ol", "li", "svg", "path", "main", "h1", "h2", "section", "table",
    "caption", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "form", "input", "label", "select", "option",
    "textarea", "fieldset", "legend", "details", "summary", "time", "code", "footer", "br", "meter", "rect", "line",
    "datalist", "b",
];

/// Reads tags and attributes as the HTML standard tokenises them, well enough for pages that quote every attribute.
fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        // An end tag has a slash before its name and no attributes.
        if let Some(end) = rest.strip_prefix('/') {
            rest = &end[end.find('>').unwrap_or_else(|| panic!("an open end tag: {end:.80}"))..];
            continue;
        }
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
        let mut attributes = Vec::new();
        let mut inside = rest[name.len()..].trim_start();
        while !inside.starts_with('>') {
            let end = inside.find(['=', '>', ' ']).unwrap_or_else(|| panic!("an open tag: {name} {inside:.80}"));
            let key = inside[..end].to_owned();
            inside = &inside[end..];
            let mut value = String::new();
            if let Some(quoted) = inside.strip_prefix("=\"") {
                let close = quoted.find('"').unwrap_or_else(|| panic!("an open quote: {name} {key}"));
                value = quoted[..close].to_owned();
                inside = &quoted[close + 1..];
            } else {
                assert!(!inside.starts_with('='), "an attribute without quotes: {name} {key}");
            }
            attributes.push((key, value));
            inside = inside.trim_start();
        }
        rest = inside;
        found.push((name, attributes));
    }
    found
}

fn check(path: &str, html: &str) {
    for (name, attributes) in tags(html) {
        assert!(TAGS.contains(&name.as_str()), "{path}: <{name}> came from outside");
        if name == "script" {
            assert_eq!(
                attributes,
                [("src".to_owned(), "/console/assets/console.js".to_owned()), ("defer".to_owned(), String::new())],
                "{path}"
            );
        }
        for (key, value) in attributes {
            assert!(!key.starts_with("on"), "{path}: {name} {key}");
            if name == "img" && key == "src" {
                assert_eq!(value, "/console/assets/icon.svg", "{path}");
            }
            if ["href", "action"].contains(&key.as_str()) {
                assert!(value.starts_with('/') || value.starts_with('#'), "{path}: {name} leads to {value}");
            }
        }
    }
}

/// Puts the text wherever the APIs take one.
async fn plant(sandbox: &Sandbox) {
    let org = Org::sign_in(sandbox).await;
    let account = org.first("SELECT Id FROM Account WHERE Customer_Number__c = 'C-100001'").await;
    let account = account["Id"].as_str().unwrap().to_owned();
    let change = |path: String, body: Value| {
        let org = &org;
        async move {
            let (status, reply) = org.call(Method::PATCH, &path, Some(body)).await;
            assert_eq!(status, 204, "{reply}");
        }
    };
    let short = &BAD[..40];
    change(
        format!("/sobjects/Account/{account}"),
        json!({ "Name": BAD, "Phone": short, "BillingStreet": BAD, "BillingCity": short, "BillingState": short, "BillingCountry": short,
            "Internet_Eligibility__c": BAD }),
    )
    .await;
    let contact = org.first(&format!("SELECT Id FROM Contact WHERE AccountId = '{account}'")).await;
    change(
        format!("/sobjects/Contact/{}", contact["Id"].as_str().unwrap()),
        json!({ "LastName": &BAD[..60], "MobilePhone": short, "MailingStreet": BAD, "MailingCity": short }),
    )
    .await;
    let entry = org.first("SELECT Product2Id FROM PricebookEntry WHERE Product2.WHMCS_Product_ID__c = 101").await;
    change(format!("/sobjects/Product2/{}", entry["Product2Id"].as_str().unwrap()), json!({ "Name": BAD })).await;
    let order =
        org.draft_order(&BAD[..60], 101).await["compositeResponse"][0]["body"]["id"].as_str().unwrap().to_owned();
    change(
        format!("/sobjects/Order/{order}"),
        json!({ "Description": BAD, "BillingStreet": BAD, "ShippingStreet": BAD, "EID__c": &BAD[..32], "MSISDN__c": &BAD[..20],
            "WHMCS_Order_ID__c": "1", "Activation_Error_Code__c": &BAD[..60], "Activation_Error_Message__c": BAD, "Activation_Status__c": "Failed" }),
    )
    .await;
    let case = json!({ "AccountId": account, "ContactId": contact["Id"], "Subject": BAD, "Description": BAD, "Type": BAD, "Reason": BAD, "Origin": BAD });
    let (status, case) = org.call(Method::POST, "/sobjects/Case", Some(case)).await;
    assert_eq!(status, 201, "{case}");
    let comment = json!({ "ParentId": case["id"], "CommentBody": BAD, "IsPublished": true });
    assert_eq!(org.call(Method::POST, "/sobjects/CaseComment", Some(comment)).await.0, 201);
    let file =
        json!({ "Title": BAD, "PathOnClient": "x.txt", "VersionData": "eA==", "FirstPublishLocationId": case["id"] });
    let (status, reply) = org.call(Method::POST, "/sobjects/ContentVersion", Some(file)).await;
    assert_eq!(status, 201, "{reply}");
    sandbox.world().answer_case(case["id"].as_str().unwrap(), BAD, false).unwrap();

    let update = [
        ("clientid", "1"),
        ("firstname", BAD),
        ("lastname", BAD),
        ("companyname", BAD),
        ("address1", BAD),
        ("address2", BAD),
        ("city", BAD),
        ("phonenumber", BAD),
        ("notes", BAD),
        ("skipvalidation", "1"),
    ];
    assert_eq!(whmcs(sandbox, "UpdateClient", &update).await.1["result"], "success");
    let service = [("serviceid", "1"), ("domain", BAD), ("notes", BAD)];
    assert_eq!(whmcs(sandbox, "UpdateClientProduct", &service).await.1["result"], "success");
    let invoice = [
        ("userid", "1"),
        ("itemdescription1", BAD),
        ("itemamount1", "100"),
        ("itemtaxed1", "1"),
        ("notes", BAD),
        ("sendinvoice", "1"),
    ];
    let invoice = whmcs(sandbox, "CreateInvoice", &invoice).await.1["invoiceid"].to_string();
    let payment = [("invoiceid", invoice.as_str()), ("transid", BAD), ("gateway", BAD), ("date", "2026-01-01")];
    assert_eq!(whmcs(sandbox, "AddInvoicePayment", &payment).await.1["result"], "success");
    let card = [
        ("clientid", "1"),
        ("type", "RemoteCreditCard"),
        ("gateway_module_name", "stripe"),
        ("description", BAD),
        ("card_number", "4242424242424242"),
        ("card_expiry", "1230"),
    ];
    assert_eq!(whmcs(sandbox, "AddPayMethod", &card).await.1["result"], "success");
    // Names of operations go into the log as they came.
    whmcs_status(sandbox, BAD).await;

    let freebit = Freebit::sign_in(sandbox).await;
    freebit.code("master/addSpec", json!({ "account": "07000300001", "quota": "100", "quotaCode": BAD })).await;
    let world = sandbox.world();
    world.publish_event("Product_Price_Changed__e", json!({ "Sku__c": BAD, "ProductCode__c": BAD }));
    let mail = NewMail { from: BAD.into(), to: BAD.into(), subject: BAD.into(), text: BAD.into() };
    world.send_mail(&mail).unwrap();
}

#[tokio::test]
async fn text_from_outside_stays_text_on_every_page() {
    let sandbox = start().await;
    plant(&sandbox).await;
    let browser = Browser::of(&sandbox);
    let fault = [("system", "WHMCS"), ("operation", BAD), ("kind", "refuse"), ("text", BAD)];
    let added = browser.send("/console/faults/add", &fault).await;
    check("the notice", &added.html);
    added.shows("&lt;script&gt;alert(1)");
    let access = [("role", BAD), ("allowed_ips", BAD)];
    check("a refused form", &browser.send("/console/settings/access", &access).await.html);
    let access = [("role", BAD), ("allowed_ips", "")];
    check("a kept form", &browser.send("/console/settings/access", &access).await.html);

    // From every list to everything that it leads to.
    let mut open: Vec<String> = LISTS.iter().map(|(path, _)| (*path).to_owned()).collect();
    let bad: String = url_encoded(BAD);
    open.extend(
        ["/console/orders", "/console/calls", "/console/customers"]
            .map(|path| format!("{path}?q={bad}&show={bad}&page={bad}&notice={bad}")),
    );
    open.push(format!("/console/customers/{bad}"));
    let mut seen = BTreeSet::new();
    let mut shown = BTreeSet::new();
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) || path.contains("/assets/") || path.contains("/files/") {
            continue;
        }
        let page = browser.open(&path).await;
        check(&path, &page.html);
        if page.html.contains("&lt;script&gt;alert(1)") {
            shown.insert(path.split(['?']).next().unwrap().rsplit_once('/').unwrap().0.to_owned());
        }
        let links = tags(&page.html).into_iter().filter(|(name, _)| name == "a").flat_map(|(_, attributes)| attributes);
        open.extend(
            links.filter(|(key, to)| key == "href" && to.starts_with('/')).map(|(_, to)| to.replace("&amp;", "&")),
        );
        assert!(seen.len() < 2_000, "the console has no end");
    }
    assert!(seen.len() > 60, "{} pages were read", seen.len());
    // Each kind of page has really met the text.
    for kind in [
        "",
        "/console",
        "/console/orders",
        "/console/customers",
        "/console/invoices",
        "/console/cases",
        "/console/outbox",
        "/console/lines",
    ] {
        assert!(shown.contains(kind), "no page of {kind:?} shows the text: {shown:?}");
    }
    sandbox.stop().await;
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[test]
fn the_reader_of_tags_sees_what_a_browser_sees() {
    let found = tags("<p class=\"a b\" hidden>x &lt;b&gt;</p><img src=\"&quot;\">");
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["p", "img"]);
    assert_eq!(found[0].1, [("class".to_owned(), "a b".to_owned()), ("hidden".to_owned(), String::new())]);
    assert!(std::panic::catch_unwind(|| check("x", "<p title=\"\"><script>alert(1)</script>\">")).is_err());
    check("x", "<p>x</p><script src=\"/console/assets/console.js\" defer></script>");
    assert!(std::panic::catch_unwind(|| check("x", "<b onerror=\"a\">")).is_err());
    assert!(std::panic::catch_unwind(|| check("x", "<iframe>")).is_err());
    assert!(std::panic::catch_unwind(|| check("x", "<a href=\"javascript:x\">")).is_err());
}
