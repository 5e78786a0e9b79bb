//! The console's pages of faults and calls, as a person's browser gets them.

use sandbox::{Aim, Fault, FaultKind, System};

use crate::console_pages::Browser;
use crate::support::{start, whmcs, whmcs_status};

#[tokio::test]
async fn every_kind_of_fault_can_be_added_and_all_are_removed() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let add = |kind: &'static str, more: &[(&'static str, &'static str)]| {
        let mut form = vec![("system", "WHMCS"), ("operation", "GetCurrencies"), ("times", "1"), ("kind", kind)];
        form.extend(more);
        let browser = &browser;
        async move { browser.send("/console/faults/add", &form).await }
    };
    add("status", &[("status", "429"), ("retry", "7")])
        .await
        .shows("answers 429, Retry-After 7 s")
        .shows("GetCurrencies")
        .shows("once");
    let (status, _) = whmcs_status(&sandbox, "GetCurrencies").await;
    assert_eq!(status, 429);
    for (kind, text) in [
        ("html", "maintenance page"),
        ("drop", "closes the connection"),
        ("lost", "the answer is lost"),
        ("garbled", "breaks off"),
    ] {
        add(kind, &[]).await.shows(text);
    }
    add("refuse", &[("text", "No <b>")]).await.shows("refuses: No &lt;b&gt;");
    add("before", &[("ms", "1500")]).await.shows("waits 1500 ms before the work");
    add("after", &[("ms", "1500")]).await.shows("answers 1500 ms after the work");
    for (kind, more, text) in [
        (
            "soft",
            &[("warning", "Busy <i>")] as &[(&str, &str)],
            "success with a warning and does nothing: Busy &lt;i&gt;",
        ),
        ("page", &[], "answers 200 with a proxy"),
        ("label", &[], "says that it is HTML"),
        ("drip", &[("pieces", "30"), ("pause", "50")], "answers in 30 pieces, 50 ms before each"),
        ("large", &[("megabytes", "64")], "64 MB of blanks"),
    ] {
        add(kind, more).await.shows(text);
    }
    for (kind, more, text) in [
        ("expired", &[] as &[(&str, &str)], "ends the call's session"),
        ("twice", &[], "delivers events twice"),
        ("reverse", &[], "in reverse order"),
        ("reset", &[("events", "3")], "resets the stream after 3 more events"),
        ("interrupt", &[("events", "0")], "unavailable after 0 more events"),
        ("silent", &[], "falls silent"),
        ("replay", &[], "calls the replay id corrupted"),
    ] {
        let form = [&[("system", "Pub/Sub"), ("times", "1"), ("kind", kind)], more].concat();
        browser.send("/console/faults/add", &form).await.shows(text);
    }
    add("silent", &[]).await.shows("Not done.").shows("WHMCS cannot fail in this way.");
    add("status", &[("status", "200")]).await.shows("Not done.").shows("Status: write a whole number from 400 to 599.");
    add("nonsense", &[]).await.shows("Not done.");
    browser.open("/").await.shows("refuses: No &lt;b&gt;");
    browser.send("/console/faults/clear", &[]).await.shows("All faults are removed.").shows("None: all systems answer");
    assert_eq!(whmcs(&sandbox, "GetCurrencies", &[]).await.0, 200);
    sandbox.stop().await;
}

#[tokio::test]
async fn one_fault_of_several_is_removed() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let put = |kind| {
        let fault = Fault { system: System::Whmcs, operation: None, kind, times: None };
        let parameters = [("clientid".to_owned(), "7".to_owned())].into();
        let aim = Aim { skip: 2, every: Some(3), share: Some(40), seed: 5, parameters };
        sandbox.world().add_fault(fault.aimed(aim)).0
    };
    let (first, second) = (put(FaultKind::Garbled), put(FaultKind::Html503));
    let page = browser.open("/console/faults").await;
    page.shows("breaks off").shows("maintenance page");
    page.shows("after 2 calls, every 3. call, 40 % of calls (seed 5), clientid = 7");
    let page = browser.send(&format!("/console/faults/{first}/remove"), &[]).await;
    page.shows("The fault is removed.")
        .hides("does its work, the answer breaks off<")
        .shows("answers with a maintenance page");
    browser.send(&format!("/console/faults/{first}/remove"), &[]).await.shows("It is not in force any more.");
    assert_eq!(sandbox.world().faults().iter().map(|fault| fault.id.0).collect::<Vec<_>>(), [second]);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let typed = [
        ("system", "Freebit"),
        ("operation", "mvno/\"><b>"),
        ("kind", "drip"),
        ("pieces", "77"),
        ("pause", "0"),
        ("times", "12"),
        ("parameters", "account=070"),
    ];
    let page = browser.send("/console/faults/add", &typed).await;
    page.shows("Pause: write a whole number from 1 to 600000.").shows("None: all systems answer as they should.");
    page.shows("<option value=\"Freebit\" selected>").shows("<option value=\"drip\" selected>");
    page.shows("value=\"mvno/&quot;&gt;&lt;b&gt;\"").hides("mvno/\"><b>");
    page.shows("name=\"pieces\" value=\"77\"").shows("name=\"pause\" value=\"0\"");
    page.shows("name=\"times\" value=\"12\"").shows("value=\"account=070\"").shows("<details open>");
    let good: Vec<_> = typed.iter().map(|(name, value)| (*name, if *name == "pause" { "10" } else { value })).collect();
    let page = browser.send("/console/faults/add", &good).await;
    page.shows("Freebit does its work, answers in 77 pieces, 10 ms before each from now on.").shows("account = 070");
    page.hides("name=\"pieces\" value=\"77\"").hides("<details open>");
    for wrong in [("parameters", "account"), ("share", "101"), ("every", "0")] {
        let form = [("system", "WHMCS"), ("kind", "garbled"), wrong];
        browser.send("/console/faults/add", &form).await.shows("Not done.");
    }
    assert_eq!(sandbox.world().faults().len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_call_shows_its_status_its_fault_and_what_was_sent() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let (system, kind) = (System::Whmcs, FaultKind::Status(503, None));
    let operation = Some("GetInvoices".to_owned());
    sandbox.world().add_fault(Fault { system, operation, kind, times: Some(1) });
    whmcs_status(&sandbox, "GetInvoices").await;
    whmcs(&sandbox, "GetClients", &[("search", "<b>name</b>")]).await;
    let calls = sandbox.world().calls();
    let list = browser.open("/console/calls").await;
    list.shows(">503<").shows(">200<").shows("<span class=\"badge bad\">fault</span>");
    browser.open("/console/calls?show=faults").await.shows("GetInvoices").hides("<code>GetClients</code>");
    browser
        .open("/console/calls?q=%3Cb%3Ename")
        .await
        .shows("<code>GetClients</code>")
        .hides("<code>GetInvoices</code>");
    let struck = browser.open(&format!("/console/calls/{}", calls[0].sequence)).await;
    struck.shows("<h1>Call</h1>").shows("answers 503").shows("<code>responsetype</code>").shows("Call after");
    struck.shows("<code>***</code>").hides(&sandbox.credentials().whmcs_secret);
    let other = browser.open(&format!("/console/calls/{}", calls[1].sequence)).await;
    other.shows("&lt;b&gt;name&lt;/b&gt;").hides("<b>name").shows("Call before").hides("Call after");
    let gone = browser.send("/console/calls/forget", &[]).await;
    gone.shows("All calls are forgotten.").shows("No call fits.");
    assert_eq!(browser.open(&format!("/console/calls/{}", calls[0].sequence)).await.status, 404);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_page_lists_the_inputs_that_are_faults_by_themselves() {
    let sandbox = start().await;
    let page = Browser::of(&sandbox).open("/console/faults").await;
    for input in ["4000000000000341", "modulefail", "whmcs-lost@", "9306", "[validation-rule]"] {
        page.shows(input);
    }
    sandbox.stop().await;
}
