//! Generated and hand-written documents are current.

use crate::harness::TestPortal;
use domain::ErrorCode;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn the_openapi_file_is_current() {
    let file = docs().join("api/openapi.json");
    let now = format!("{}\n", bff::openapi().to_pretty_json().unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &now).unwrap();
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == now, "docs/api/openapi.json is stale: run UPDATE_DOCS=1 cargo test -p bff the_openapi_file");
}

#[test]
fn every_operation_is_documented() {
    let document = serde_json::to_value(bff::openapi()).unwrap();
    assert_eq!(document["info"]["title"], "Customer portal API");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{what}");
            let responses = operation["responses"].as_object().unwrap();
            let failing = responses.iter().filter(|(status, _)| status.starts_with(['4', '5']));
            for (status, response) in failing {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{what} {status}");
            }
            for status in ["500", "503"] {
                assert!(responses.contains_key(status), "{what} {status}");
            }
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
    // Every schema that is named is there.
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not in the document");
    }
}

#[test]
fn every_error_code_is_explained() {
    let text = std::fs::read_to_string(docs().join("errors.md")).unwrap_or_default();
    for code in ErrorCode::ALL {
        let heading = format!("## `{}` ({})\n", code.slug(), code.status());
        let explained = text.split_once(&heading).and_then(|(_, rest)| rest.split("\n## ").next());
        assert!(
            explained.is_some_and(|words| words.trim().len() > 60),
            "docs/errors.md does not explain {}",
            code.slug()
        );
    }
    let headings = text.lines().filter(|l| l.starts_with("## `")).count();
    assert_eq!(headings, ErrorCode::ALL.len(), "docs/errors.md explains a code that does not exist");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_the_document() {
    let portal = TestPortal::start().await;
    let browser = portal.browser();
    let served: Value = browser.get("/api/openapi.json").await.json();
    assert_eq!(served, serde_json::to_value(bff::openapi()).unwrap());
    let page = browser.get("/api/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.contains("create_order") && page.body.contains("/api/docs/style.css"));
    assert!(!page.body.contains("<script"));
    assert_eq!(browser.get("/api/docs/style.css").await.header("content-type"), "text/css; charset=utf-8");
    portal.stop().await;
}
