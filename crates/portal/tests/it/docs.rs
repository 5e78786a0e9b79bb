//! The documents speak of files that exist.

use std::path::Path;

#[test]
fn every_file_that_the_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents = vec![root.join("README.md")];
    for folder in ["docs", "docs/decisions"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path());
        documents.extend(entries.filter(|p| p.extension().is_some_and(|e| e == "md")));
    }
    let mut missing = Vec::new();
    let mut named = 0;
    for document in &documents {
        let text = std::fs::read_to_string(document).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = ["crates/", "frontend/", "docs/", "scripts/", "docker/", "migrations/"]
                .iter()
                .any(|p| quoted.starts_with(p));
            if is_path && !quoted.contains([' ', '*', '<', '…']) {
                named += 1;
                if !root.join(quoted).exists() && !quoted.starts_with("frontend/dist") {
                    missing.push(format!("{}: {quoted}", document.display()));
                }
            }
        }
    }
    assert!(named > 20, "the walk-through names its files");
    assert!(missing.is_empty(), "named in documents and not there:\n{}", missing.join("\n"));
}
