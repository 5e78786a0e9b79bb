//! The rows as inputs of the fuzzer: `UPDATE_CORPUS=1 cargo test -p domain --test it corpus` writes them to `fuzz/corpus`, where
//! every test run replays them against all readers at once.

use super::forms::{self, Form};
use super::{Shape, freebit, salesforce, whmcs, whmcs_lists};
use crate::sources::beside;
use serde_json::Value;
use std::collections::BTreeMap;

/// Files of these names are written from the rows; the others were found or thought of otherwise.
const PREFIX: &str = "shape_";

/// The documented replies, the twin of each form with the most places, and what must not be read.
fn inputs(table: &[Shape], forms: &[Form]) -> BTreeMap<String, String> {
    let mut inputs = BTreeMap::new();
    let mut put = |name: String, reply: &Value| {
        let plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        inputs.insert(format!("{PREFIX}{plain}"), reply.to_string());
    };
    for (at, shape) in table.iter().enumerate() {
        put(format!("{} {at}", shape.operation), &shape.documented);
        for (form, change, _) in &shape.refused {
            put(format!("{} {at} {form}", shape.operation), &shape.changed(*change));
        }
    }
    for (form, make) in forms {
        let most = table.iter().map(|shape| make(&shape.documented)).max_by_key(Vec::len);
        if let Some(twin) = most.as_ref().and_then(|twins| twins.last()) {
            put(format!("form {form}"), twin);
        }
    }
    inputs
}

#[test]
fn the_kept_corpus_holds_the_rows() {
    let billing: Vec<Shape> = whmcs::table().into_iter().chain(whmcs_lists::table()).collect();
    for (folder, inputs) in [
        ("whmcs", inputs(&billing, forms::WHMCS)),
        ("salesforce", inputs(&salesforce::table(), forms::SALESFORCE)),
        ("freebit", inputs(&freebit::table(), forms::FREEBIT)),
    ] {
        let folder = beside("../fuzz/corpus").join(folder);
        let kept = || -> BTreeMap<String, String> {
            let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
            let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
            let ours = named.filter(|(name, _)| name.starts_with(PREFIX));
            ours.map(|(name, path)| (name, std::fs::read_to_string(path).unwrap())).collect()
        };
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            kept().keys().for_each(|name| std::fs::remove_file(folder.join(name)).unwrap());
            inputs.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
        }
        assert!(kept() == inputs, "{} is out of date: run with UPDATE_CORPUS=1", folder.display());
    }
}
