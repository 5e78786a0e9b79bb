//! The console's pages of customers: what they are, owe, use and were written.

use sandbox::{NewMail, Sandbox};
use serde_json::{Value, json};

use crate::console_pages::Browser;
use crate::support::{Freebit, http, start, whmcs};

#[tokio::test]
async fn one_page_shows_what_all_systems_know_of_a_customer() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let list = browser.open("/console/customers?q=mika%40example.com").await;
    list.shows("佐藤 美佳").hides("田中 健司");
    let page = browser.open("/console/customers/1").await;
    page.shows("<h1>佐藤 美佳</h1>").shows("C-100001").shows("mika@example.com").shows("07000300001");
    page.shows("Kagamimachi")
        .shows("Visa ··4241")
        .shows("Expired")
        .shows("/console/invoices/")
        .shows("/console/orders/");
    // A client whom Salesforce does not know yet.
    let fields = [
        ("firstname", "Ren"),
        ("lastname", "Abe"),
        ("email", "ren@example.com"),
        ("address1", "1"),
        ("city", "X"),
        ("state", "Tokyo"),
        ("postcode", "100-0000"),
        ("country", "JP"),
        ("phonenumber", "0300001234"),
        ("password2", "x y z 1 2 3"),
        ("skipvalidation", "1"),
    ];
    let id = whmcs(&sandbox, "AddClient", &fields).await.1["clientid"].to_string();
    let page = browser.open(&format!("/console/customers/{}", id.trim_matches('"'))).await;
    page.shows("<h1>Ren Abe</h1>").shows("Salesforce does not know this customer.");
    sandbox.stop().await;
}

/// A new invoice over one position.
pub async fn invoice(sandbox: &Sandbox, client: &str, amount: &str) -> String {
    let fields = [
        ("userid", client),
        ("itemdescription1", "Router"),
        ("itemamount1", amount),
        ("itemtaxed1", "0"),
        ("sendinvoice", "0"),
    ];
    let reply = whmcs(sandbox, "CreateInvoice", &fields).await.1;
    reply["invoiceid"].as_u64().unwrap_or_else(|| panic!("{reply}")).to_string()
}

#[tokio::test]
async fn an_invoice_is_paid_charged_refunded_and_cancelled() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let state = |id: String| {
        let sandbox = &sandbox;
        async move { whmcs(sandbox, "GetInvoice", &[("invoiceid", &id)]).await.1["status"].clone() }
    };
    let credit = || async {
        whmcs(&sandbox, "GetClientsDetails", &[("clientid", "1")]).await.1["client"]["credit"]
            .as_str()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };

    let paid = invoice(&sandbox, "1", "1200").await;
    browser
        .open(&format!("/console/invoices/{paid}"))
        .await
        .shows("¥1,200")
        .shows("Mark paid")
        .hides("Refund as credit");
    browser
        .send(&format!("/console/invoices/{paid}/paid"), &[])
        .await
        .shows("A transfer of ¥1,200 is booked.")
        .hides("Mark paid");
    assert_eq!(state(paid.clone()).await, "Paid");
    browser
        .send(&format!("/console/invoices/{paid}/paid"), &[])
        .await
        .shows("Not done.")
        .shows("nothing is to be paid");

    let before = credit().await;
    browser.send(&format!("/console/invoices/{paid}/refund-credit"), &[]).await.shows("¥1,200 is now the customer");
    assert_eq!(state(paid.clone()).await, "Refunded");
    assert_eq!(credit().await - before, 1_200.0);
    browser.send(&format!("/console/invoices/{paid}/refund"), &[]).await.shows("Not done.");
    assert_eq!(credit().await - before, 1_200.0, "only once");

    let charged = invoice(&sandbox, "1", "800").await;
    browser.send(&format!("/console/invoices/{charged}/charge"), &[]).await.shows("The card was charged with ¥800.");
    browser.send(&format!("/console/invoices/{charged}/refund"), &[]).await.shows("¥800 went back");
    let rows = whmcs(&sandbox, "GetTransactions", &[("invoiceid", &charged)]).await.1;
    let rows = rows["transactions"]["transaction"].as_array().unwrap().clone();
    assert_eq!((&rows[0]["amountin"], &rows[1]["amountout"]), (&json!("800.00"), &json!("800.00")));
    assert_eq!(rows[1]["refundid"], rows[0]["id"]);

    let cancelled = invoice(&sandbox, "1", "10").await;
    browser.send(&format!("/console/invoices/{cancelled}/cancel"), &[]).await.shows("The invoice is cancelled.");
    assert_eq!(state(cancelled.clone()).await, "Cancelled");
    browser
        .open("/console/invoices?show=Cancelled")
        .await
        .shows(&format!("href=\"/console/invoices/{cancelled}\""))
        .hides(&format!("href=\"/console/invoices/{paid}\""));
    // Who pays by transfer has no card.
    let other = invoice(&sandbox, "2", "500").await;
    browser.send(&format!("/console/invoices/{other}/charge"), &[]).await.shows("Not done.").shows("The charge failed");
    assert_eq!(state(other).await, "Unpaid");
    sandbox.stop().await;
}

#[tokio::test]
async fn billing_days_run_ahead_and_mails_come_to_the_outbox() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let count = || sandbox.world().dump()["whmcs"]["invoices"].as_array().unwrap().len();
    let (before, mails) = (count(), sandbox.world().outbox().len());
    browser.send("/console/invoices/days", &[("until", "")]).await.shows("Not done.").shows("Choose the day");
    browser.send("/console/invoices/days", &[("until", "31-12-2026")]).await.shows("Not done.");
    let until = browser.open("/console/invoices").await.html;
    let until = until.split(" max=\"").nth(1).and_then(|rest| rest.get(..10)).unwrap().to_owned();
    browser.send("/console/invoices/days", &[("until", &until)]).await.shows("Billing ran for 366 days.");
    assert!(count() > before + 10, "{} invoices after a year", count() - before);
    assert!(sandbox.world().outbox().len() > mails);
    sandbox
        .world()
        .send_mail(&NewMail {
            from: "portal@example.com".into(),
            to: "mika@example.com".into(),
            subject: "Welcome".into(),
            text: "Hello\nMika".into(),
        })
        .unwrap();
    let page = browser.open("/console/outbox?show=others").await;
    page.shows("Welcome").hides("Customer Invoice");
    browser.open("/console/outbox?show=whmcs").await.shows("Customer Invoice").hides("Welcome");
    browser.open("/console/outbox/mail-1").await.shows("Hello\nMika").shows("portal@example.com");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_mail_over_the_api_has_a_receiver_and_a_size() {
    let sandbox = start().await;
    let to = format!("{}/console/api/outbox", sandbox.endpoints().console);
    let http = http();
    let send = |mail: Value| http.post(&to).json(&mail).send();
    let mail = json!({ "from": "portal@example.com", "to": "a@example.com", "subject": "S", "text": "T" });
    assert_eq!(send(mail.clone()).await.unwrap().status(), 201);
    let mut bad = mail.clone();
    bad["to"] = json!(" ");
    assert_eq!(send(bad).await.unwrap().status(), 422);
    let mut large = mail;
    large["text"] = json!("x".repeat(300 * 1_024));
    assert_eq!(send(large).await.unwrap().status(), 422);
    let mails: Vec<Value> = http.get(&to).send().await.unwrap().json().await.unwrap();
    assert_eq!(mails.last().unwrap()["subject"], "S");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_line_shows_its_data_and_uses_more_of_it() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let freebit = Freebit::sign_in(&sandbox).await;
    let left = |detail: Value| detail["quota"].as_str().unwrap().parse::<u64>().unwrap();
    let before = left(freebit.detail("07000300001").await);
    browser.open("/console/lines?q=07000300001").await.shows("KGM10V").shows("GB left");
    let page = browser.open("/console/lines/07000300001").await;
    page.shows("Mika Sato").shows("30 days");
    browser
        .send("/console/lines/07000300001/usage", &[("megabytes", "500")])
        .await
        .shows("The line used 500 MB more today.");
    let after = left(freebit.detail("07000300001").await);
    assert!((500_000..501_000).contains(&(before - after)), "{before} {after}");
    for wrong in ["", "-1", "0", "2000000", "a"] {
        browser
            .send("/console/lines/07000300001/usage", &[("megabytes", wrong)])
            .await
            .shows("Not done.")
            .shows("from 1 to 1000000");
    }
    browser
        .send("/console/lines/07099999999/usage", &[("megabytes", "1")])
        .await
        .shows("There is no such line.")
        .hides("used 1 MB");
    sandbox.stop().await;
}
