//! The alert rules speak of metrics that exist, and each rule is explained to who is woken by it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn values<'t>(rules: &'t str, key: &str) -> Vec<&'t str> {
    let key = format!("{key}: ");
    rules.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix(&key)).map(str::trim).collect()
}

fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|n| n != "target" && n != "tests") {
            sources(&path, text);
        } else if path.extension().is_some_and(|e| e == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Names of metrics in a PromQL expression: words that are no function, keyword or label.
fn metrics_of(expression: &str) -> BTreeSet<String> {
    const WORDS: [&str; 10] = ["max", "min", "sum", "by", "or", "and", "increase", "rate", "absent", "on"];
    let mut without_labels = String::new();
    let (mut depth, mut grouping) = (0, false);
    for part in expression.split_inclusive(['{', '}', '(', ')', '[', ']']) {
        let end = part.chars().last();
        let words = part.trim_end_matches(['{', '}', '(', ')', '[', ']']);
        if depth == 0 && !grouping {
            without_labels.push_str(words);
            without_labels.push(' ');
        }
        match end {
            Some('{' | '[') => depth += 1,
            Some('}' | ']') => depth -= 1,
            // `by (kind)` lists labels.
            Some('(') => grouping = words.trim_end().ends_with(" by") || words.trim() == "by",
            Some(')') => grouping = false,
            _ => {}
        }
    }
    let name = |w: &&str| w.starts_with(|c: char| c.is_ascii_lowercase()) && !WORDS.contains(w);
    without_labels.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(name).map(str::to_owned).collect()
}

#[test]
fn every_metric_of_a_rule_is_emitted() {
    let rules = read("contrib/prometheus/alerts.yml");
    let mut code = String::new();
    sources(&root().join("crates"), &mut code);
    let mut seen = 0;
    for expression in values(&rules, "expr") {
        let metrics = metrics_of(expression);
        assert!(!metrics.is_empty(), "{expression}");
        for metric in metrics {
            // A histogram is emitted under its base name.
            let base = metric.strip_suffix("_count").unwrap_or(&metric);
            let emitted = ["gauge", "counter", "histogram"].iter().any(|kind| {
                code.split(&format!("metrics::{kind}!(")).skip(1).any(|part| {
                    part.trim_start().strip_prefix('"').is_some_and(|p| p.starts_with(&format!("{base}\"")))
                })
            });
            assert!(emitted, "{metric} of `{expression}` is emitted nowhere");
            seen += 1;
        }
    }
    assert!(seen >= 14, "{seen}");
}

#[test]
fn expressions_are_taken_apart() {
    let names = |text| metrics_of(text).into_iter().collect::<Vec<_>>();
    assert_eq!(names("max by (kind) (queue_jobs{state=\"dead\"}) > 0"), ["queue_jobs"]);
    assert_eq!(names("sum by (provider) (increase(a_total{x=\"y\"}[5m])) > 0 or absent(b)"), ["a_total", "b"]);
}

#[test]
fn every_alert_has_its_paragraph_and_every_concern_of_the_page_its_alert() {
    let (rules, handbook) = (read("contrib/prometheus/alerts.yml"), read("docs/operations.md"));
    let alerts = values(&rules, "alert");
    assert!(alerts.len() >= 14);
    assert_eq!(alerts.len(), alerts.iter().collect::<BTreeSet<_>>().len(), "names are unique");
    for alert in &alerts {
        let paragraph =
            handbook.split_once(&format!("### {alert}\n")).map(|(_, rest)| rest.split("\n#").next().unwrap());
        assert!(paragraph.is_some_and(|p| p.trim().len() > 100), "docs/operations.md does not explain {alert}");
        assert!(
            rules.contains(&format!("runbook: docs/operations.md#{}", alert.to_lowercase())),
            "{alert} names its paragraph"
        );
    }
    let explained = handbook.lines().filter_map(|l| l.strip_prefix("### Portal")).count();
    assert_eq!(explained, alerts.len(), "a paragraph without its alert");
    let concerns = read("crates/domain/src/ops/concerns.rs");
    let named: Vec<&str> = concerns.split("=> \"Portal").skip(1).map(|p| p.split('"').next().unwrap()).collect();
    assert!(named.len() >= 10);
    for concern in named {
        assert!(alerts.contains(&format!("Portal{concern}").as_str()), "Portal{concern} has no rule");
    }
}
