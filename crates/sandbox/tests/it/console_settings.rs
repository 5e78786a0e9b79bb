//! The console's page of settings.

use reqwest::Method;

use crate::console_customers::invoice;
use crate::console_pages::Browser;
use crate::support::{Org, start, whmcs, whmcs_status};

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

#[tokio::test]
async fn the_allowance_of_salesforce_calls_is_seen_and_set() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let org = Org::sign_in(&sandbox).await;
    org.query("SELECT Id FROM Account").await;
    browser.open("/console/settings").await.shows("name=\"max\" value=\"100000\"").shows("name=\"used\" value=\"1\"");
    let page = browser.send("/console/settings/allowance", &[("max", "20"), ("used", "19")]).await;
    page.shows("19 of 20 calls are used.").shows("name=\"max\" value=\"20\"").shows("name=\"used\" value=\"19\"");
    assert_eq!(org.call(Method::GET, "/limits", None).await.0, 200);
    let (status, refused) = org.call(Method::GET, "/limits", None).await;
    assert_eq!((status, refused[0]["errorCode"].as_str()), (403, Some("REQUEST_LIMIT_EXCEEDED")));
    let page = browser.send("/console/settings/allowance", &[("max", "-3"), ("used", "7")]).await;
    page.shows("Not done.").shows("Calls in 24 hours: write a whole number from 0 to 10000000.");
    page.shows("name=\"max\" value=\"-3\"").shows("name=\"used\" value=\"7\"");
    assert_eq!(sandbox.world().api_requests().max, 20);
    sandbox.stop().await;
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_no_other_form_shows_it() {
    let sandbox = start().await;
    let browser = Browser::of(&sandbox);
    let rules = [
        ("invoice_days_before", "99"),
        ("late_fee", "123"),
        ("late_fee_after_days", "4"),
        ("suspend_after_days", "8"),
        ("local_cards", "on"),
    ];
    let page = browser.send("/console/settings/billing", &rules).await;
    page.shows("Not done.").shows("name=\"invoice_days_before\" value=\"99\"").shows("name=\"late_fee\" value=\"123\"");
    page.shows("name=\"suspend_after_days\" value=\"8\"").shows("name=\"local_cards\" value=\"on\" checked");
    assert!(!sandbox.world().whmcs_settings().local_cards, "nothing was saved");
    // Asked for again, the page shows what holds.
    browser.open("/console/settings").await.hides("value=\"123\"").hides("name=\"local_cards\" value=\"on\" checked");

    let page = browser.send("/console/settings/forms", &[("mode", "seed"), ("seed", "many")]).await;
    page.shows("Not done.").shows("<option value=\"seed\" selected>").shows("name=\"seed\" value=\"many\"");
    let page = browser.send("/console/settings/clock", &[("wish", "ahead"), ("days", "3"), ("minutes", "5000")]).await;
    page.shows("Not done.").shows("name=\"days\" value=\"3\"").shows("name=\"minutes\" value=\"5000\"");
    let access = [
        ("role", "GetClients\nA<b>"),
        ("allowed_ips", "198.51.100.1\nhere"),
        ("banned_ips", ""),
        ("access_key", "typed-secret"),
        ("disabled", "on"),
    ];
    let page = browser.send("/console/settings/access", &access).await;
    page.shows("Not done.").shows(">GetClients\nA&lt;b&gt;</textarea>").shows(">198.51.100.1\nhere</textarea>");
    page.shows("name=\"disabled\" value=\"on\" checked").hides("typed-secret");
    assert!(!sandbox.world().whmcs_access().disabled);
    sandbox.stop().await;
}
