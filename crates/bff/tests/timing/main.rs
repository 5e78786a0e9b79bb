//! Whether the time of an answer tells what the answer does not. Alone in its process, and one store after the other: beside
//! other tests, what is measured is theirs.
#![expect(clippy::print_stdout, reason = "the measured times are for whoever looks at a failure")]

#[expect(dead_code, reason = "made for the other tests of this crate too")]
#[path = "../it/browser.rs"]
mod browser;
#[expect(dead_code, unused_imports, unused_macros, reason = "made for the other tests of this crate too")]
#[path = "../it/harness.rs"]
mod harness;
#[expect(dead_code, reason = "made for the other tests of this crate too")]
#[path = "../it/mailbox.rs"]
mod mailbox;

use harness::{TestPortal, on_both, unique_email};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

static ALONE: Mutex<()> = Mutex::const_new(());

on_both! { known_and_unknown_accounts_take_as_long }

/// At the real cost of hashing. A busy machine may spoil a round; a difference that tells something spoils all of them.
async fn known_and_unknown_accounts_take_as_long(portal: &TestPortal) {
    const ROUNDS: usize = 4;
    const EACH: usize = 15;
    let _alone = ALONE.lock().await;
    let portal_with_real_cost = portal.neighbour_with(|config| config.passwords = bff::PasswordCost::default());
    let mut told = Vec::new();
    let mut tries = 0;
    for _ in 0..ROUNDS {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for n in 0..EACH {
            let email = unique_email();
            portal_with_real_cost.clone().register(&email).await;
            // Each goes first as often as the other.
            let pair = [(email, true), (unique_email(), false)];
            for at in 0..2 {
                let (email, exists) = &pair[(at + n) % 2];
                let began = Instant::now();
                // From somewhere else each time: an address is slowed down after thirty failures.
                tries += 1;
                let address = format!("198.51.{}.{}", tries / 250, tries % 250);
                let form = json!({ "email": email, "password": "not the password" });
                let answer = portal_with_real_cost.post_from(&address, "/api/auth/login", &form).await;
                assert_eq!(answer.status, 401);
                if *exists { known.push(began.elapsed()) } else { unknown.push(began.elapsed()) }
            }
        }
        let (known, unknown) = (median(known), median(unknown));
        let difference = (known.as_secs_f64() - unknown.as_secs_f64()).abs() / known.as_secs_f64();
        println!("known {known:?}, unknown {unknown:?}, difference {:.1} %", difference * 100.0);
        if difference <= 0.05 {
            return;
        }
        told.push((known, unknown));
    }
    panic!("known and unknown accounts differ by more than 5 % in every round: {told:?}");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
