//! One loader, stale while the source is away, and drops that reach other processes over a real Redis.

use domain::live::ServerMessage;
use domain::{CustomerId, Timestamp};
use platform::bus::BusMessage;
use platform::cache::CacheKey;
use platform::clock::random_id;
use platform::redis::{Redis, Unreachable};
use platform::{Bus, Cache, Clock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

struct Plans;
impl CacheKey for Plans {
    type Value = Vec<String>;
    fn key(&self) -> String {
        "plans".to_owned()
    }
    const FRESH: Duration = Duration::from_secs(300);
    const STALE: Duration = Duration::from_secs(900);
}

fn value(n: u32) -> Vec<String> {
    vec![format!("plan {n}")]
}

fn redis(prefix: &str) -> Redis {
    let url = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names a Redis server; scripts/test starts one");
    Redis::new(&url.parse().unwrap(), prefix).unwrap()
}

#[tokio::test]
async fn many_askers_cause_one_fetch() {
    let cache = Cache::new(None, Bus::new(None), Clock::system());
    let fetches = Arc::new(AtomicU32::new(0));
    let askers = (0..50).map(|_| {
        let (cache, fetches) = (cache.clone(), Arc::clone(&fetches));
        tokio::spawn(async move {
            let load = || async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok::<_, ()>(value(fetches.fetch_add(1, Ordering::SeqCst)))
            };
            cache.get_or_load(&Plans, load).await.unwrap().value
        })
    });
    for asker in askers.collect::<Vec<_>>() {
        assert_eq!(*asker.await.unwrap(), value(0));
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_last_value_serves_while_the_source_is_away_but_not_for_ever() {
    let clock = Clock::fixed(Timestamp(0));
    let cache = Cache::new(None, Bus::new(None), clock.clone());
    cache.get_or_load(&Plans, || async { Ok::<_, &str>(value(1)) }).await.unwrap();
    clock.set(Timestamp(301_000));
    let stale = cache.get_or_load(&Plans, || async { Err("down") }).await.unwrap();
    assert!(stale.stale && stale.as_of == Timestamp(0));
    // For a moment the source is left alone.
    let still = cache.get_or_load(&Plans, || async { Ok::<_, &str>(value(2)) }).await.unwrap();
    assert!(still.stale);
    clock.set(Timestamp(307_000));
    let fresh = cache.get_or_load(&Plans, || async { Ok::<_, &str>(value(2)) }).await.unwrap();
    assert_eq!((fresh.stale, &*fresh.value), (false, &value(2)));
    clock.set(Timestamp(307_000 + 901_000));
    assert_eq!(cache.get_or_load(&Plans, || async { Err("down") }).await.err(), Some("down"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis_processes_share_values_and_drops() {
    let prefix = format!("test-{}", random_id());
    let process = || {
        let bus = Bus::new(Some(redis(&prefix)));
        (Cache::new(Some(redis(&prefix)), bus.clone(), Clock::system()), bus)
    };
    let ((a, bus_a), (b, bus_b)) = (process(), process());
    let mut heard_by_b = bus_b.receive();
    a.get_or_load(&Plans, || async { Ok::<_, &str>(value(1)) }).await.unwrap();
    let shared = b.get_or_load(&Plans, || async { Err("must not be asked") }).await.unwrap();
    assert_eq!(*shared.value, value(1));
    // The listeners connect in the background; a message that both hear proves that they have.
    let hello =
        BusMessage::Customer { customer_id: CustomerId(random_id()), message: ServerMessage::SubscriptionsChanged };
    let heard = async {
        loop {
            bus_a.send(hello.clone()).await;
            if let Ok(Ok(message)) = tokio::time::timeout(Duration::from_millis(100), heard_by_b.recv()).await {
                assert_eq!(message, hello);
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), heard).await.unwrap();
    a.drop_key(&Plans).await;
    let dropped = async {
        while b.get_or_load(&Plans, || async { Ok::<_, &str>(value(2)) }).await.unwrap().value[0] != "plan 2" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), dropped).await.unwrap();
}

#[tokio::test]
async fn without_redis_answering_the_cache_goes_on() {
    let away = Redis::new(&"redis://127.0.0.1:1".parse().unwrap(), "x").unwrap();
    let cache = Cache::new(Some(away.clone()), Bus::new(Some(away.clone())), Clock::system());
    let got = cache.get_or_load(&Plans, || async { Ok::<_, &str>(value(1)) }).await.unwrap();
    assert_eq!(*got.value, value(1));
    assert!(!away.is_up().await);
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_once() {
    // As a frozen one: connections are made, nothing is answered.
    let frozen = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", frozen.local_addr().unwrap());
    let redis = Redis::new(&url.parse().unwrap(), "x").unwrap();
    let asked = Instant::now();
    assert!(matches!(redis.publish("live", "1").await, Err(Unreachable::Slow)));
    assert!(asked.elapsed() >= Duration::from_millis(400), "it had its time");
    let asked = Instant::now();
    for _ in 0..100 {
        assert!(matches!(redis.publish("live", "2").await, Err(Unreachable::Away)));
    }
    assert!(asked.elapsed() < Duration::from_millis(400), "nobody waits again");
}
