//! No operation is called whose reply has no row.

use crate::sources::beside;
use std::collections::BTreeSet;
use std::path::Path;

/// Operations whose reply is that of another row.
const SAME_REPLY: &[(&str, &str)] = &[
    ("query Case", "query Cases"),
    ("query own Case", "query Cases"),
    ("query changed Cases", "query Cases"),
    ("query Orders", "query Order"),
    ("query approved Orders", "query Order"),
];

/// All Rust text of a folder, without what stands behind `#[cfg(test)]`.
fn sources(folder: &Path, out: &mut String) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            out.push_str(text.split("#[cfg(test)]").next().unwrap_or_default());
        }
    }
}

/// Texts in quotes that are names of operations, by their looks: an action of WHMCS, a path of Freebit, or what a Salesforce call
/// is named in metrics.
fn operations(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut calls: Vec<String> = ["Call::read(Provider::", "Call::write(Provider::"].map(str::to_owned).into();
    calls.extend(named_functions(text).into_iter().map(|name| format!("{name}(")));
    for call in calls {
        found.extend(text.split(call.as_str()).skip(1).filter_map(|rest| first_quoted(rest, 40)));
    }
    // Line by line: quotes are in pairs there.
    let all = text.lines().flat_map(|line| line.split('"').skip(1).step_by(2));
    found.extend(
        all.filter(|word| {
            let module = word.strip_prefix("Module").is_some_and(|rest| rest.starts_with(char::is_uppercase));
            let path = word.starts_with("mvno/") || word.starts_with("master/");
            module || path
        })
        .map(str::to_owned),
    );
    found
}

/// The functions that take the name of an operation.
fn named_functions(text: &str) -> BTreeSet<String> {
    let functions = text.split("fn ").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once(['(', '<'])?;
        let signature = rest.split(['{', ';']).next()?;
        let takes = ["operation: &'static str", "action: &'static str"].iter().any(|member| signature.contains(member));
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        // `Call::read` and `Call::write` take the system first.
        (takes && is_name && !matches!(name, "read" | "write" | "new")).then(|| name.to_owned())
    });
    functions.collect()
}

/// The first text in quotes that begins within so many characters and before the call ends.
fn first_quoted(rest: &str, within: usize) -> Option<String> {
    let at = rest.find('"').filter(|at| *at <= within && !rest[..*at].contains([')', ';', '{']))?;
    rest[at + 1..].split('"').next().map(str::to_owned)
}

#[test]
fn every_operation_has_a_row() {
    let mut text = String::new();
    sources(&beside("integrations/src"), &mut text);
    let called = operations(&text);
    assert!(called.len() >= 60, "{} operations are called: {called:?}", called.len());
    let here = super::whmcs::table().into_iter().chain(super::whmcs_lists::table());
    let here = here.chain(super::salesforce::table()).chain(super::freebit::table());
    let mut rows: BTreeSet<String> = here.map(|shape| shape.operation.to_owned()).collect();
    let mut others = String::new();
    sources(&beside("integrations/tests/it/shapes"), &mut others);
    rows.extend(others.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned));
    for (name, row) in SAME_REPLY {
        assert!(called.contains(*name), "{name} is not called any more");
        assert!(rows.contains(*row), "{row} is a row");
        rows.insert((*name).to_owned());
    }
    let missing: Vec<_> = called.difference(&rows).collect();
    assert!(missing.is_empty(), "operations without a row: {missing:?}");
}
