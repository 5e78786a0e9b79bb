//! The kept corpus of `fuzz/corpus`, replayed.

use std::path::Path;

#[test]
fn every_kept_input_is_survived() {
    for (name, target) in foreign::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        let inputs: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(inputs.len() >= 5, "{name} has a corpus of {}", inputs.len());
        for input in inputs {
            let data = std::fs::read(&input).unwrap();
            assert!(std::panic::catch_unwind(|| target(&data)).is_ok(), "{}", input.display());
        }
    }
}
