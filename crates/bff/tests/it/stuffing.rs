//! Stolen passwords tried on many accounts from many addresses, beside people who sign in as ever. Short in the ordinary run;
//! `STUFFING_LOGINS=10000` makes it the long form, over 500 accounts.
#![expect(clippy::print_stdout, reason = "the figures of the long form are for whoever runs it")]

use crate::browser::Browser;
use crate::harness::{PASSWORD, TestPortal, unique_email};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const ADDRESSES: usize = 50;
const TRIES_OF_EACH_ACCOUNT: usize = 20;
const AT_ONCE: usize = 16;
const HONEST: usize = 10;

mod stuffed {
    use crate::harness::TestPortal;

    async fn portal(on_postgres: bool) -> TestPortal {
        // The counters in the database alone have to hold: what a process counts in its memory is out of the way.
        let wide = |config: &mut bff::Config| {
            config.trust_forwarded_for = true;
            config.rates.login = 1_000_000;
            config.rates.login_per_account = 1_000_000;
            config.rates.register = 1_000_000;
        };
        if on_postgres {
            TestPortal::start_on_postgres_with("", wide).await
        } else {
            TestPortal::start_with(wide).await
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        let portal = portal(false).await;
        super::a_flood_of_stolen_passwords_finds_few_tries_and_stops_nobody(&portal).await;
        portal.stop().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        let portal = portal(true).await;
        super::a_flood_of_stolen_passwords_finds_few_tries_and_stops_nobody(&portal).await;
        portal.stop().await;
    }
}

async fn a_flood_of_stolen_passwords_finds_few_tries_and_stops_nobody(portal: &TestPortal) {
    let logins: usize = std::env::var("STUFFING_LOGINS").ok().and_then(|n| n.parse().ok()).unwrap_or(600);
    let accounts: Vec<String> = (0..logins / TRIES_OF_EACH_ACCOUNT).map(|_| unique_email()).collect();
    // Every other account exists: the attacker cannot know which.
    for email in accounts.iter().step_by(2) {
        portal.browser().register(email).await;
    }
    let honest: Vec<String> = (0..HONEST).map(|_| unique_email()).collect();
    for email in &honest {
        portal.browser().register(email).await;
    }
    let processes = [portal.browser(), portal.neighbour()];
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let began = Instant::now();
    let attack = async {
        let attackers = (0..AT_ONCE).map(|_| attacker(&processes, &accounts, &next, logins));
        let looked_at = join_all(attackers).await;
        over.store(true, Ordering::SeqCst);
        looked_at
    };
    let people = honest.iter().enumerate().map(|(n, email)| honest_person(&processes[n % 2], n, email, &over));
    let (looked_at, came_in) = tokio::join!(attack, join_all(people));
    let mut guesses: HashMap<String, usize> = HashMap::new();
    for (account, count) in looked_at.into_iter().flatten() {
        *guesses.entry(account).or_default() += count;
    }
    // Two free tries, then one when 0, 1, 3, 7 … seconds have passed.
    let limit = 3 + (began.elapsed().as_secs() + 1).ilog2() as usize;
    let most = guesses.values().max().copied().unwrap_or_default();
    let (right, all) = came_in.iter().fold((0, 0), |(r, a), (right, all)| (r + right, a + all));
    println!(
        "stuffing: {logins} logins over {} accounts in {:?}; most guesses of one account {most} (limit {limit}); honest {right} of {all}",
        accounts.len(),
        began.elapsed()
    );
    assert_eq!(guesses.len(), accounts.len(), "every account was guessed at");
    assert!(most <= limit, "{most} guesses of one account, at most {limit} fit into {:?}", began.elapsed());
    assert!(all >= HONEST && right * 100 >= all * 99, "{right} of {all} honest sign-ins");
}

/// How many guesses of each account were looked at.
async fn attacker(
    processes: &[Browser; 2],
    accounts: &[String],
    next: &AtomicUsize,
    logins: usize,
) -> HashMap<String, usize> {
    let mut looked_at = HashMap::new();
    loop {
        let n = next.fetch_add(1, Ordering::SeqCst);
        if n >= logins {
            return looked_at;
        }
        let email = &accounts[n % accounts.len()];
        let address = format!("198.51.100.{}", n % ADDRESSES);
        let form = json!({ "email": email, "password": format!("stolen password {n}") });
        let answer = processes[n % 2].post_from(&address, "/api/auth/login", &form).await;
        match answer.status.as_u16() {
            401 => *looked_at.entry(email.clone()).or_default() += 1,
            429 => assert!(!answer.header("retry-after").is_empty()),
            other => panic!("{other}: {}", answer.body),
        }
    }
}

/// Signs in until the attack is over; how often that went well, and how often it was tried.
async fn honest_person(browser: &Browser, n: usize, email: &str, over: &AtomicBool) -> (usize, usize) {
    let (mut right, mut all) = (0, 0);
    while all == 0 || !over.load(Ordering::SeqCst) {
        let form = json!({ "email": email, "password": PASSWORD });
        let answer = browser.post_from(&format!("203.0.113.{n}"), "/api/auth/login", &form).await;
        all += 1;
        right += usize::from(answer.status == 200);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    (right, all)
}
