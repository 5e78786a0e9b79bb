//! The console's pages as a person's browser gets them: forms are sent as forms, results are read from the page that
//! the answer leads to.

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use sandbox::Sandbox;
use serde_json::json;

use crate::support::{Freebit, start, whmcs};

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
        let reply = self.fetch(path).await;
        Page { status: reply.status(), html: reply.text().await.unwrap() }
    }

    /// What an address answers, whatever it is.
    pub async fn fetch(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
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
        "settings/allowance",
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
