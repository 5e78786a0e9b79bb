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

/// A short run without the fuzzer: every kept input changed in 200 ways, the same at every run.
#[test]
fn every_kept_input_is_survived_with_changes() {
    let mut luck = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = move |bound: usize| {
        luck ^= luck << 13;
        luck ^= luck >> 7;
        luck ^= luck << 17;
        usize::try_from(luck % u64::try_from(bound.max(1)).unwrap()).unwrap()
    };
    for (name, target) in foreign::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        let mut inputs: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        let all: Vec<Vec<u8>> = inputs.iter().map(|path| std::fs::read(path).unwrap()).collect();
        for _ in 0..all.len().min(40) * 200 {
            let mut data = all[below(all.len())].clone();
            for _ in 0..=below(3) {
                let at = below(data.len());
                match below(5) {
                    0 if !data.is_empty() => data[at] ^= 1 << below(8),
                    1 => data.truncate(at),
                    2 => data.insert(at.min(data.len()), b"\0\"'{}[].,;=\xff9-"[below(14)]),
                    3 if !data.is_empty() => drop(data.drain(at..(at + below(8)).min(data.len()))),
                    _ => {
                        let other = &all[below(all.len())];
                        let tail = &other[below(other.len())..];
                        data.truncate(at);
                        data.extend_from_slice(tail);
                    }
                }
            }
            let shown = String::from_utf8_lossy(&data).into_owned();
            assert!(std::panic::catch_unwind(|| target(&data)).is_ok(), "{name}: {shown:?}");
        }
    }
}
