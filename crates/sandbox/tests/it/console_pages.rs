//! The console's pages as a person's browser gets them: forms are sent as forms, results are read from the page that
//! the answer leads to.

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use sandbox::{NewMail, Sandbox};
use serde_json::{Value, json};

use crate::support::{Freebit, Org, http, start, whmcs, whmcs_status};

/// A browser without scripts on the console.
pub struct Browser {
    http: Client,
    base: String,
}

/// A page that was read.
pub struct Page {
    pub status: StatusCode,
    pub html: String,
}

impl Page {
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "{text:?} is not on the page:\n{}", self.html);
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "{text:?} is on the page:\n{}", self.html);
        self
    }
}

impl Browser {
    pub fn of(sandbox: &Sandbox) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, base: sandbox.endpoints().console.clone() }
    }

    pub async fn open(&self, path: &str) -> Page {
        let reply = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        Page { status: reply.status(), html: reply.text().await.unwrap() }
    }

    /// Sends a form and follows to the page with the result.
    pub async fn send(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.http.post(format!("{}{path}", self.base)).header("origin", &self.base);
        let reply = request.header("sec-fetch-site", "same-origin").form(form).send().await.unwrap();
        assert_eq!(reply.status(), 303, "{path}: {}", reply.text().await.unwrap());
        let to = reply.headers()["location"].to_str().unwrap().to_owned();
        assert!(to.starts_with('/') && to.contains("notice="), "{to}");
        self.open(&to).await
    }
}

/// Every page that is not about one thing.
pub const LISTS: &[(&str, &str)] = &[
    ("/", "Overview"),
    ("/console/orders", "Orders"),
    ("/console/cases", "Cases"),
    ("/console/customers", "Customers"),
    ("/console/invoices", "Invoices"),
    ("/console/lines", "SIMs &amp; usage"),
    ("/console/outbox", "Outbox"),
    ("/console/faults", "Faults"),
    ("/console/calls", "Calls"),
    ("/console/events", "Events"),
    ("/console/settings", "Settings"),
];

#[tokio::test]
async fn every_page_names_itself_and_marks_where_it_is() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    for (path, title) in LISTS {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        page.shows(&format!("<h1>{title}</h1>")).shows(&format!("<title>{title} · "));
        page.shows(&format!("href=\"{path}\" aria-current=\"page\""));
    }
    for path in [
        "orders/801",
        "customers/0015j0000000009AAA",
        "invoices/999999",
        "invoices/x",
        "lines/0",
        "cases/500",
        "outbox/mail-9",
    ] {
        let page = browser.open(&format!("/console/{path}")).await;
        assert_eq!(page.status, 404, "{path}");
        page.shows("<h1>Not found</h1>");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_page_may_load_and_send_nothing_but_its_own() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    for (path, _) in LISTS {
        let reply = browser.http.get(format!("{}{path}", browser.base)).send().await.unwrap();
        let policy = reply.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.headers()["cache-control"], "no-store");
        let html = reply.text().await.unwrap();
        assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick="), "{path}");
        assert_eq!(html.matches("<script").count(), 1, "{path}: only the file");
    }
    for (file, kind) in [("style.css", "text/css"), ("console.js", "text/javascript"), ("icon.svg", "image/svg+xml")] {
        let reply = browser.http.get(format!("{}/console/assets/{file}", browser.base)).send().await.unwrap();
        assert!(reply.headers()["content-type"].to_str().unwrap().starts_with(kind), "{file}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn no_form_of_another_site_or_name_does_anything() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let forms = [
        "orders/801/approve",
        "invoices/days",
        "invoices/1/paid",
        "lines/07000300001/usage",
        "cases/500/answer",
        "faults/add",
        "faults/clear",
        "faults/1/remove",
        "calls/forget",
        "settings/delays",
        "settings/access",
        "settings/sessions",
        "settings/reset",
    ];
    for form in forms {
        let to = format!("{}/console/{form}", browser.base);
        let post = || browser.http.post(&to).form(&[("a", "b")]);
        assert_eq!(post().header("origin", "http://evil.example").send().await.unwrap().status(), 403, "{form}");
        assert_eq!(post().header("origin", "null").send().await.unwrap().status(), 403, "{form}");
        assert_eq!(post().header("sec-fetch-site", "same-site").send().await.unwrap().status(), 403, "{form}");
        assert_eq!(post().header("host", "rebound.example").send().await.unwrap().status(), 403, "{form}");
        let get = browser.http.get(&to).send().await.unwrap().status();
        assert!(get == 404 || get == 405, "{form}: a link changes nothing, {get}");
    }
    sandbox.stop().await;
}

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

async fn invoice(sandbox: &Sandbox, client: &str, amount: &str) -> String {
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

#[tokio::test]
async fn the_log_of_calls_and_events_is_searched() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    whmcs(&sandbox, "GetCurrencies", &[]).await;
    whmcs(&sandbox, "GetInvoice", &[("invoiceid", "0")]).await;
    Freebit::sign_in(&sandbox).await;
    browser.open("/console/calls").await.shows("GetCurrencies").shows("authOem").shows("Invoice ID Not Found");
    browser
        .open("/console/calls?show=WHMCS&q=invoice")
        .await
        .shows("GetInvoice")
        .hides("authOem")
        .hides("<code>GetCurrencies");
    sandbox.world().publish_event("Product_Price_Changed__e", json!({}));
    browser.open("/console/events?q=price").await.shows("Product_Price_Changed__e");
    browser.open("/console/events?q=nothing-like-it").await.hides("Product_Price_Changed__e");
    sandbox.stop().await;
}

#[tokio::test]
async fn settings_are_saved_or_explained() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let delays = |least: &'static str, most: &'static str| {
        [
            ("latency_ms", "5"),
            ("freebit_async_min_ms", least),
            ("freebit_async_max_ms", most),
            ("pubsub_keep_alive_ms", "60000"),
        ]
    };
    browser
        .send("/console/settings/delays", &delays("10", "20"))
        .await
        .shows("The delays hold from now on")
        .shows("name=\"freebit_async_max_ms\" value=\"20\"");
    browser
        .send("/console/settings/delays", &delays("30", "20"))
        .await
        .shows("Not done.")
        .shows("swap the two")
        .shows("name=\"freebit_async_max_ms\" value=\"20\"");

    let rules = [
        ("invoice_days_before", "7"),
        ("late_fee", "300"),
        ("late_fee_after_days", "3"),
        ("suspend_after_days", ""),
        ("local_cards", "on"),
    ];
    browser.send("/console/settings/billing", &rules).await.shows("The rules of billing are saved.");
    let saved = sandbox.world().whmcs_settings();
    assert_eq!(
        (saved.invoice_days_before, saved.late_fee, saved.suspend_after_days, saved.local_cards),
        (7, 300, None, true)
    );

    browser.send("/console/settings/forms", &[("mode", "all")]).await.shows("every quirk");
    assert!(
        whmcs(&sandbox, "GetCurrencies", &[]).await.1["currencies"]["currency"].is_object(),
        "one element without its list"
    );
    browser.send("/console/settings/forms", &[("mode", "seed"), ("seed", "x")]).await.shows("Not done.");
    browser.send("/console/settings/forms", &[("mode", "plain")]).await.shows("answers plainly");
    assert!(whmcs(&sandbox, "GetCurrencies", &[]).await.1["currencies"]["currency"].is_array());

    let access = |key: &'static str, banned: &'static str| {
        [("role", "GetCurrencies\nGetInvoice"), ("allowed_ips", ""), ("banned_ips", banned), ("access_key", key)]
    };
    browser
        .send("/console/settings/access", &access("s3cret-key", "here"))
        .await
        .shows("Not done.")
        .shows("“here” is no IP address");
    browser
        .send("/console/settings/access", &access("s3cret-key", "192.0.2.7"))
        .await
        .shows("from the next call on")
        .shows("One is set")
        .hides("s3cret-key");
    let saved = sandbox.world().whmcs_access();
    assert_eq!(saved.access_key.as_deref(), Some("s3cret-key"));
    assert_eq!(saved.banned_ips, ["192.0.2.7"]);
    assert_eq!(whmcs_status(&sandbox, "GetClients").await.0, 403, "the role has two actions");
    browser.send("/console/settings/access", &access("", "")).await.shows("from the next call on");
    assert!(sandbox.world().whmcs_access().access_key.is_some(), "an empty field keeps the key");
    let drop = [("role", ""), ("drop_key", "on")];
    browser.send("/console/settings/access", &drop).await.shows("from the next call on");
    assert!(sandbox.world().whmcs_access().access_key.is_none());

    let org = Org::sign_in(&sandbox).await;
    browser.send("/console/settings/sessions", &[]).await.shows("sessions have ended");
    assert_eq!(org.query("SELECT Id FROM Account").await.0, 401);
    let id = invoice(&sandbox, "1", "10").await;
    browser.send("/console/settings/reset", &[]).await.shows("<h1>Overview</h1>").shows("as at the beginning");
    assert_eq!(browser.open(&format!("/console/invoices/{id}")).await.status, 404);
    sandbox.stop().await;
}
