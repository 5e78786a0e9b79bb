//! Redis, where configured: cache, live bus and wake-ups, never the only copy of anything. Every call has a short limit,
//! and its failure degrades a feature instead of a request.

use deadpool_redis::redis::{AsyncCommands as _, FromRedisValue, RedisError};
use deadpool_redis::{Config, Pool, Runtime};
use std::time::Duration;
use url::Url;

/// Longest wait for one command. Slower than this, the caller is better off without the cache.
const LIMIT: Duration = Duration::from_millis(500);

/// A pool of connections with a key prefix of its own.
#[derive(Clone)]
pub struct Redis {
    pool: Pool,
    url: Url,
    prefix: String,
}

/// Redis did not do what was asked; the reason is logged where it is handled.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("Redis did not answer in time")]
    Slow,
    #[error("no connection to Redis")]
    Pool(#[from] deadpool_redis::PoolError),
    #[error("Redis refused the command")]
    Command(#[from] RedisError),
}

impl Redis {
    /// Makes the pool without connecting: Redis may come up later.
    ///
    /// # Errors
    /// When the URL is not a Redis URL.
    pub fn new(url: &Url, prefix: &str) -> Result<Self, deadpool_redis::CreatePoolError> {
        let pool = Config::from_url(url.as_str()).create_pool(Some(Runtime::Tokio1))?;
        Ok(Self { pool, url: url.clone(), prefix: prefix.to_owned() })
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }

    async fn limited<T>(work: impl Future<Output = Result<T, Unreachable>>) -> Result<T, Unreachable> {
        tokio::time::timeout(LIMIT, work).await.map_err(|_| Unreachable::Slow)?
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn get<T: FromRedisValue>(&self, key: &str) -> Result<Option<T>, Unreachable> {
        Self::limited(async { Ok(self.pool.get().await?.get(self.key(key)).await?) }).await
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn set(&self, key: &str, value: &str, keep: Duration) -> Result<(), Unreachable> {
        let millis = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        Self::limited(async { Ok(self.pool.get().await?.pset_ex(self.key(key), value, millis).await?) }).await
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn remove(&self, key: &str) -> Result<(), Unreachable> {
        Self::limited(async {
            let _: i64 = self.pool.get().await?.del(self.key(key)).await?;
            Ok(())
        })
        .await
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn publish(&self, channel: &str, message: &str) -> Result<(), Unreachable> {
        Self::limited(async {
            let _: i64 = self.pool.get().await?.publish(self.key(channel), message).await?;
            Ok(())
        })
        .await
    }

    /// Whether Redis answers now.
    pub async fn is_up(&self) -> bool {
        self.get::<String>("health").await.is_ok()
    }

    /// A connection of its own that listens to a channel.
    ///
    /// # Errors
    /// When Redis cannot be reached.
    pub async fn subscribe(&self, channel: &str) -> Result<deadpool_redis::redis::aio::PubSub, Unreachable> {
        Self::limited(async {
            let client = deadpool_redis::redis::Client::open(self.url.as_str())?;
            let mut listener = client.get_async_pubsub().await?;
            listener.subscribe(self.key(channel)).await?;
            Ok(listener)
        })
        .await
    }
}
