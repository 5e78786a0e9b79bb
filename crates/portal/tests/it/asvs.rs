//! `docs/security/asvs.md` names every requirement of levels 1 and 2 once, and only tests that exist.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Requirements of each level in ASVS 5.0.0.
const LEVELS: [(&str, usize); 2] = [("1", 70), ("2", 183)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether a file has a test of that name: a function in Rust, the beginning of a title in JavaScript.
fn exists(root: &Path, name: &str) -> bool {
    let Some((file, test)) = name.rsplit_once("::") else { return false };
    let Ok(text) = std::fs::read_to_string(root.join(file)) else { return false };
    text.contains(&format!("fn {test}(")) || text.contains(&format!("test('{}", test.replace('_', " ")))
}

#[test]
fn each_requirement_stands_once_with_tests_that_exist_or_a_reason() {
    let root = root();
    let text = std::fs::read_to_string(root.join("docs/security/asvs.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    let (mut seen, mut levels, mut states) = (HashSet::new(), BTreeMap::new(), BTreeMap::new());
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [id, level, _, state, evidence] = cells[..] else { panic!("not five cells: {row}") };
        assert!(seen.insert(id), "{id} stands twice");
        *levels.entry(level).or_insert(0_usize) += 1;
        *states.entry(state).or_insert(0_usize) += 1;
        assert!(!evidence.is_empty(), "{id} says nothing");
        assert!(["test", "reason", "not applicable", "not yet"].contains(&state), "{id}: {state}");
        if state == "test" {
            for name in evidence.split(", ") {
                let name = name.trim_matches('`');
                assert!(exists(&root, name), "{id} names {name}, which does not exist");
            }
        }
    }
    assert_eq!(levels.into_iter().collect::<Vec<_>>(), LEVELS);
    let count = |state| states.get(state).copied().unwrap_or(0);
    let summary = format!(
        "Of 253: {} test, {} reason, {} not applicable, {} not yet.",
        count("test"),
        count("reason"),
        count("not applicable"),
        count("not yet")
    );
    assert!(text.contains(&summary), "the summary has to say: {summary}");
}

#[test]
fn a_test_that_is_not_there_is_noticed() {
    let root = root();
    assert!(exists(&root, "crates/portal/tests/it/asvs.rs::a_test_that_is_not_there_is_noticed"));
    assert!(!exists(&root, &["crates/portal/tests/it/asvs.rs::", "no_such_test"].concat()));
    assert!(!exists(&root, "crates/portal/tests/it/nowhere.rs::main"));
}
