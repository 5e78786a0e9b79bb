//! Makes typed keys out of `locales/*.json`. A text that is missing in a language, or stands twice, does not compile.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// `group.name` to text, in the order of the keys: the order that `tools/bundle.mjs` writes them in.
type Texts = BTreeMap<String, String>;

/// What the first page needs, and what comes with the pages behind it.
const PARTS: [&str; 2] = ["", ".later"];

fn main() {
    println!("cargo::rerun-if-changed=locales");
    println!("cargo::rerun-if-changed=build.rs");
    let mut code = String::new();
    let mut groups: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    let mut number = 0;
    for part in PARTS {
        let (en, ja) = (read("en", part), read("ja", part));
        let keys = |texts: &Texts| texts.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&en), keys(&ja), "locales/*{part}.json do not have the same keys");
        for key in en.keys() {
            let (group, name) = key.split_once('.').expect("read() makes keys with a dot");
            let group = groups.entry(group.to_owned()).or_default();
            assert!(group.iter().all(|(other, _)| other != name), "{key} stands in two files");
            group.push((name.to_owned(), number));
            number += 1;
        }
        let name = if part.is_empty() { "FIRST" } else { "LATER" };
        for (language, texts) in [("EN", &en), ("JA", &ja)] {
            let texts: Vec<&String> = texts.values().collect();
            let count = texts.len();
            writeln!(code, "pub const {name}_{language}: [&str; {count}] = {texts:?};").expect("a string takes it");
        }
    }
    code.push_str("pub mod keys {\n");
    for (group, names) in groups {
        writeln!(code, "pub mod {group} {{ use crate::providers::language::Tr;").expect("a string takes it");
        for (name, number) in names {
            writeln!(code, "pub const {name}: Tr = Tr::Key({number});").expect("a string takes it");
        }
        code.push_str("}\n");
    }
    code.push_str("}\n");
    let out = env::var("OUT_DIR").expect("cargo says where");
    fs::write(Path::new(&out).join("texts.rs"), code).expect("the target folder can be written to");
}

fn read(language: &str, part: &str) -> Texts {
    let name = format!("locales/{language}{part}.json");
    let file = fs::read_to_string(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let groups: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_str(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut texts = Texts::new();
    for (group, entries) in groups {
        for (key, text) in entries {
            let text = text.as_str().unwrap_or_else(|| panic!("{name}: {group}.{key} is no text"));
            // The files that a browser fetches hold one text on each line.
            assert!(!text.trim().is_empty() && !text.contains('\n'), "{name}: {group}.{key} is empty or has two lines");
            texts.insert(format!("{group}.{key}"), text.to_owned());
        }
    }
    texts
}
