//! The breaker and the limit of calls at a time, over sockets, with what the metrics say.

use crate::harness::Upstreams;
use crate::raw::{Answer, client, http, read, server, server_of, whmcs_config, write};
use integrations::UpstreamErrorKind::{self, OutcomeUnknown, Unavailable};
use integrations::whmcs::{Client, Config};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use sandbox::{FaultKind, System};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_system_that_does_not_answer_is_left_alone_and_then_tried_once() {
    let (base, requests) = server(http("500 Internal Server Error", "", "")).await;
    let client = client(&base);
    for _ in 0..5 {
        assert_eq!(write(&client).await, OutcomeUnknown);
    }
    let sent = requests.load(Ordering::SeqCst);
    assert_eq!(sent, 5);
    for kind in [write(&client).await, read(&client).await] {
        let Unavailable { retry_after: Some(wait) } = kind else { panic!("{kind:?}") };
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
    }
    assert_eq!(requests.load(Ordering::SeqCst), sent, "nothing is sent while the breaker is open");

    tokio::time::sleep(Duration::from_millis(2_050)).await;
    assert_eq!(write(&client).await, OutcomeUnknown, "the probe");
    assert!(matches!(write(&client).await, Unavailable { retry_after: Some(_) }), "and no other call");
    assert_eq!(requests.load(Ordering::SeqCst), sent + 1);
}

#[tokio::test]
async fn refusals_do_not_hold_other_calls_back() {
    let (base, requests) = server(http("200 OK", "", r#"{"result":"error","message":"No"}"#)).await;
    let client = client(&base);
    for _ in 0..20 {
        assert!(matches!(write(&client).await, UpstreamErrorKind::Refused { .. }));
    }
    assert_eq!(requests.load(Ordering::SeqCst), 20);
}

#[tokio::test]
async fn no_more_calls_at_a_time_than_allowed() {
    let (base, requests) = server(Answer::Silence).await;
    let config = Config { timeout_ms: 1_000, concurrency: 3, ..whmcs_config(&base) };
    let client = Client::new(config).unwrap();
    let calls: Vec<_> = (0..9)
        .map(|_| {
            tokio::spawn({
                let client = client.clone();
                async move { write(&client).await }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(requests.load(Ordering::SeqCst), 3, "the others wait for a place");
    for call in calls {
        let kind = call.await.unwrap();
        assert!(matches!(kind, OutcomeUnknown | Unavailable { .. }), "{kind:?}");
    }
}

const FINE: &str = r#"{"result":"success","totalresults":0,"orders":{"order":[]}}"#;

/// Records what this thread does, as the portal's `/metrics` would show it.
fn recorded() -> (PrometheusHandle, metrics::LocalRecorderGuard<'static>) {
    let recorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
    (recorder.handle(), metrics::set_default_local_recorder(recorder))
}

/// The value of the first line with this name and all these labels.
fn metric(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let line =
        text.lines().find(|l| l.starts_with(&format!("{name}{{")) && labels.iter().all(|label| l.contains(label)))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_probe_that_is_answered_lets_all_calls_through_and_the_metrics_tell_the_story() {
    let (handle, _recording) = recorded();
    let down = http("500 Internal Server Error", "", "");
    let answers = [vec![down; 5], vec![http("200 OK", "", FINE)]].concat();
    let (base, requests) = server_of(answers).await;
    let client = client(&base);
    for _ in 0..5 {
        assert_eq!(write(&client).await, OutcomeUnknown);
    }
    assert!(matches!(read(&client).await, Unavailable { retry_after: Some(_) }));
    let shown = |name: &str, labels: &[&str]| metric(&handle.render(), name, labels);
    assert_eq!(shown("upstream_breaker_position", &["provider=\"whmcs\""]), Some(2.0));
    assert_eq!(shown("upstream_rejected_total", &["by=\"breaker\""]), Some(1.0));
    assert_eq!(
        shown("upstream_request_seconds_count", &["operation=\"AddOrder\"", "outcome=\"outcome_unknown\""]),
        Some(5.0)
    );

    tokio::time::sleep(Duration::from_millis(2_050)).await;
    for _ in 0..3 {
        assert_eq!(read(&client).await, UpstreamErrorKind::NotFound, "an empty list is an answer");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 8);
    assert_eq!(shown("upstream_breaker_position", &["provider=\"whmcs\""]), Some(0.0));
    for to in ["open", "half_open", "closed"] {
        assert_eq!(shown("upstream_breaker_changes_total", &[&format!("to=\"{to}\"")]), Some(1.0), "{to}");
    }
    assert_eq!(shown("upstream_calls_under_way", &["provider=\"whmcs\""]), Some(0.0));
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_hold_the_probe() {
    let down = http("500 Internal Server Error", "", "");
    let answers = [vec![down; 5], vec![Answer::Silence, http("200 OK", "", FINE)]].concat();
    let (base, _) = server_of(answers).await;
    let client = Client::new(Config { timeout_ms: 10_000, ..whmcs_config(&base) }).unwrap();
    for _ in 0..5 {
        write(&client).await;
    }
    tokio::time::sleep(Duration::from_millis(2_050)).await;
    assert!(tokio::time::timeout(Duration::from_millis(200), write(&client)).await.is_err(), "gives up on the probe");
    assert_eq!(read(&client).await, UpstreamErrorKind::NotFound, "the next call is the probe");
}

#[tokio::test]
async fn waiting_for_a_place_takes_no_time_from_a_write() {
    let answer = r#"{"result":"error","message":"No"}"#;
    let (base, requests) = server_of(vec![Answer::Silence, http("200 OK", "", answer)]).await;
    let config = Config { timeout_ms: 600, concurrency: 1, ..whmcs_config(&base) };
    let client = Client::new(config).unwrap();
    let first = tokio::spawn({
        let client = client.clone();
        async move { write(&client).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Waits for about 500 of its 600 ms, and still has all of them for the call itself.
    let second = write(&client).await;
    assert!(matches!(second, UpstreamErrorKind::Refused { .. }), "{second:?}");
    assert_eq!(first.await.unwrap(), OutcomeUnknown);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_allowance_that_is_used_up_opens_no_breaker_and_shows_in_the_metrics() {
    let (handle, _recording) = recorded();
    let upstreams = Upstreams::start().await;
    let refuse = FaultKind::Status(403, None);
    for _ in 0..8 {
        upstreams.fault(System::Salesforce, "query", refuse.clone());
        let error = upstreams.salesforce.sellable_products().await.unwrap_err();
        assert_eq!(error.kind, Unavailable { retry_after: Some(Duration::from_secs(300)) });
    }
    assert!(!upstreams.salesforce.sellable_products().await.unwrap().is_empty(), "the next call is made");
    let text = handle.render();
    let provider = "provider=\"salesforce\"";
    assert_eq!(metric(&text, "upstream_breaker_position", &[provider]), Some(0.0));
    let outcome = [provider, "outcome=\"limit_exceeded\""];
    assert_eq!(metric(&text, "upstream_request_seconds_count", &outcome), Some(8.0));
    let plain = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.trim().parse::<f64>().ok());
    assert!(plain("salesforce_api_calls_used").unwrap() > 0.0 && plain("salesforce_api_calls_allowed").unwrap() > 0.0);
    upstreams.sandbox.stop().await;
}
