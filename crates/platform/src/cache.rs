//! A cache in this process with Redis behind it where configured. One loader per key fetches while others wait; when a
//! fetch fails, the last good value may be served, marked stale.

use crate::bus::{Bus, BusMessage};
use crate::clock::Clock;
use crate::redis::Redis;
use domain::Timestamp;
use moka::future::Cache as Moka;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// A key that knows its value and its lifetime.
pub trait CacheKey {
    type Value: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// Unique among all keys; holds no personal data.
    fn key(&self) -> String;
    /// How long a value is fresh.
    const FRESH: Duration;
    /// How long a value may still be served when the source does not answer, counted from its fetch.
    const STALE: Duration;
}

/// A value with its age.
pub struct Cached<T> {
    pub value: Arc<T>,
    pub as_of: Timestamp,
    /// The source did not answer; this is the last known value.
    pub stale: bool,
}

struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    as_of: Timestamp,
    /// After a failed fetch: not asked again before this.
    not_before: Timestamp,
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), as_of: self.as_of, not_before: self.not_before }
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<T> {
    as_of: Timestamp,
    value: T,
}

/// How long a failing source is left alone while a stale value serves.
const PAUSE_MS: i64 = 5_000;

/// Cheap to clone; all clones are one cache.
#[derive(Clone)]
pub struct Cache {
    local: Moka<String, Entry>,
    loaders: Moka<String, Arc<Mutex<()>>>,
    redis: Option<Redis>,
    bus: Bus,
    clock: Clock,
}

impl Cache {
    /// Also listens on the bus for keys that another process drops. Must be called inside a tokio runtime.
    pub fn new(redis: Option<Redis>, bus: Bus, clock: Clock) -> Self {
        let local: Moka<String, Entry> = Moka::builder().max_capacity(10_000).build();
        let loaders = Moka::builder().max_capacity(10_000).time_to_idle(Duration::from_secs(60)).build();
        let mut messages = bus.receive();
        let listening = local.clone();
        tokio::spawn(async move {
            use tokio::sync::broadcast::error::RecvError;
            loop {
                match messages.recv().await {
                    Ok(BusMessage::CacheDropped { key }) => listening.invalidate(&key).await,
                    // What was missed may have been a drop.
                    Ok(BusMessage::Missed) | Err(RecvError::Lagged(_)) => listening.invalidate_all(),
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        Self { local, loaders, redis, bus, clock }
    }

    /// The value of a key, fetched by `load` when there is no fresh one.
    ///
    /// # Errors
    /// The loader's error, when no value young enough to serve is known.
    pub async fn get_or_load<K, E, F>(&self, key: &K, load: impl FnOnce() -> F) -> Result<Cached<K::Value>, E>
    where
        K: CacheKey,
        F: Future<Output = Result<K::Value, E>>,
    {
        let name = key.key();
        if let Some(hit) = self.fresh::<K>(&name).await {
            return Ok(hit);
        }
        let turn = self.loaders.get_with(name.clone(), async { Arc::new(Mutex::new(())) }).await;
        let _turn = turn.lock().await;
        if let Some(hit) = self.fresh::<K>(&name).await {
            return Ok(hit);
        }
        self.fill_from_redis::<K>(&name).await;
        if let Some(hit) = self.fresh::<K>(&name).await {
            return Ok(hit);
        }
        match load().await {
            Ok(value) => Ok(self.store::<K>(&name, value).await),
            Err(error) => self.last_known::<K>(&name).await.ok_or(error),
        }
    }

    /// Forgets a key here, in Redis and in every other process.
    pub async fn drop_key<K: CacheKey>(&self, key: &K) {
        let name = key.key();
        self.local.invalidate(&name).await;
        if let Some(redis) = &self.redis
            && let Err(error) = redis.remove(&name).await
        {
            tracing::warn!(%error, "a dropped cache entry may live on in Redis until it ends");
        }
        self.bus.send(BusMessage::CacheDropped { key: name }).await;
    }

    async fn fresh<K: CacheKey>(&self, name: &str) -> Option<Cached<K::Value>> {
        let entry = self.local.get(name).await?;
        let now = self.clock.now();
        let young = now.millis() - entry.as_of.millis() < as_millis(K::FRESH);
        let paused = now < entry.not_before;
        let value = entry.value.downcast::<K::Value>().ok()?;
        (young || paused).then_some(Cached { value, as_of: entry.as_of, stale: !young })
    }

    async fn last_known<K: CacheKey>(&self, name: &str) -> Option<Cached<K::Value>> {
        let mut entry = self.local.get(name).await?;
        let now = self.clock.now();
        if now.millis() - entry.as_of.millis() >= as_millis(K::STALE) {
            return None;
        }
        entry.not_before = now.plus_millis(PAUSE_MS);
        self.local.insert(name.to_owned(), entry.clone()).await;
        let value = entry.value.downcast::<K::Value>().ok()?;
        Some(Cached { value, as_of: entry.as_of, stale: true })
    }

    async fn fill_from_redis<K: CacheKey>(&self, name: &str) {
        let Some(redis) = &self.redis else { return };
        let stored = match redis.get::<String>(name).await {
            Ok(Some(text)) => serde_json::from_str::<Stored<K::Value>>(&text).ok(),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "cache goes on without Redis");
                None
            }
        };
        let known = self.local.get(name).await.map(|e| e.as_of);
        if let Some(stored) = stored.filter(|s| known.is_none_or(|k| k < s.as_of)) {
            let entry = Entry { value: Arc::new(stored.value), as_of: stored.as_of, not_before: Timestamp(0) };
            self.local.insert(name.to_owned(), entry).await;
        }
    }

    async fn store<K: CacheKey>(&self, name: &str, value: K::Value) -> Cached<K::Value> {
        let as_of = self.clock.now();
        if let Some(redis) = &self.redis {
            match serde_json::to_string(&Stored { as_of, value: &value }) {
                Ok(text) => {
                    if let Err(error) = redis.set(name, &text, K::STALE).await {
                        tracing::warn!(%error, "cache entry is known to this process only");
                    }
                }
                Err(error) => tracing::error!(%error, "cache entry could not be written"),
            }
        }
        let value = Arc::new(value);
        let entry = Entry { value: Arc::clone(&value) as Arc<dyn Any + Send + Sync>, as_of, not_before: Timestamp(0) };
        self.local.insert(name.to_owned(), entry).await;
        Cached { value, as_of, stale: false }
    }
}

fn as_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
