//! Shares that several processes count together.

use platform::clock::random_id;
use platform::meter::Share;
use platform::redis::Redis;

fn redis(prefix: &str) -> Redis {
    let url = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names a Redis server; scripts/test starts one");
    Redis::new(&url.parse().unwrap(), prefix).unwrap()
}

fn share(key: &str, a_minute: u32) -> Share {
    Share { key: key.to_owned(), a_minute }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_what_a_key_may_have_on_redis() {
    let prefix = random_id().to_string();
    let (one, two) = (redis(&prefix), redis(&prefix));
    let mut left = Vec::new();
    for n in 0..6 {
        let process = if n % 2 == 0 { &one } else { &two };
        let counted = process.count(&[share("k", 6)]).await.unwrap();
        assert!(counted[0].allowed);
        left.push(counted[0].remaining);
    }
    assert_eq!(left, [5, 4, 3, 2, 1, 0]);
    let refused = two.count(&[share("k", 6)]).await.unwrap()[0];
    assert!(!refused.allowed);
    assert!((9_000..=10_000).contains(&refused.wait_ms), "one of six comes back each ten seconds: {}", refused.wait_ms);
    assert!(one.count(&[share("other", 6)]).await.unwrap()[0].allowed, "each key has its own share");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_request_uses_up_no_later_share_on_redis() {
    let redis = redis(&random_id().to_string());
    let shares = [share("narrow", 1), share("wide", 100)];
    let both = redis.count(&shares).await.unwrap();
    assert_eq!(both.iter().map(|c| (c.allowed, c.remaining)).collect::<Vec<_>>(), [(true, 0), (true, 99)]);
    for _ in 0..5 {
        let refused = redis.count(&shares).await.unwrap();
        assert_eq!((refused.len(), refused[0].allowed), (1, false));
    }
    let wide = redis.count(&[share("wide", 100)]).await.unwrap()[0];
    assert!(wide.remaining >= 98, "{wide:?}");
    // A share far above what a test can use up: steps below a millisecond.
    let many = redis.count(&[share("bench", 1_000_000)]).await.unwrap()[0];
    assert!(many.allowed && many.remaining > 999_900, "{many:?}");
}
