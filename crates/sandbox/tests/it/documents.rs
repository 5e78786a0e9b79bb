//! `docs/sandbox.md` is current.

use std::collections::BTreeSet;
use std::path::Path;

use sandbox::{AimedFault, FaultKind};
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

/// The name of a kind as JSON writes it.
fn name(kind: &FaultKind) -> String {
    match serde_json::to_value(kind).unwrap() {
        Value::String(name) => name,
        Value::Object(members) => members.keys().next().unwrap().clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn every_kind_of_fault_has_an_example_that_is_accepted_and_a_line_that_explains_it() {
    let document = read("docs/sandbox.md");
    let mut shown = BTreeSet::new();
    for line in document.lines().filter(|line| line.starts_with("{\"system\"")) {
        let fault: AimedFault = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        shown.insert(name(&fault.fault.kind));
    }
    // Serde names every variant when it is given a wrong one.
    let error = serde_json::from_str::<FaultKind>("\"?\"").unwrap_err().to_string();
    let known: BTreeSet<String> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    assert!(known.len() > 15, "{error}");
    assert_eq!(shown, known);
    for kind in known {
        assert!(document.contains(&format!("\n| `{kind}` | ")), "{kind} is not explained");
    }
}

#[test]
fn every_route_of_the_control_api_is_in_the_table() {
    let document = read("docs/sandbox.md");
    let mut routes = 0;
    for file in ["mod", "salesforce", "whmcs"] {
        let code = read(&format!("crates/sandbox/src/console/{file}.rs"));
        for route in code.split(".route(\"").skip(1) {
            let (path, rest) = route.split_once('"').unwrap();
            let method = rest.trim_start_matches(", web::").split('(').next().unwrap().to_uppercase();
            assert!(document.contains(&format!("`{method} {path}`")), "docs/sandbox.md lacks {method} {path}");
            routes += 1;
        }
    }
    assert!(routes > 20, "{routes}");
}
