//! Redis, where configured: cache, live bus and wake-ups, never the only copy of anything. Every call has a short limit,
//! and its failure degrades a feature instead of a request. Once it does not answer it is left alone: a task in the
//! background looks until it is back, and meanwhile no request waits for it.

use deadpool_redis::redis::{AsyncCommands as _, ExistenceCheck, FromRedisValue, RedisError, SetExpiry, SetOptions};
use deadpool_redis::{Config, Connection, Pool, Runtime};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::watch;
use url::Url;

/// Longest wait for one command. Slower than this, the caller is better off without the cache.
const LIMIT: Duration = Duration::from_millis(500);

/// How often one that does not answer is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A pool of connections with a key prefix of its own.
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
    url: Url,
    prefix: String,
}

struct Inner {
    pool: Pool,
    /// Whether it answered when it was last asked.
    up: watch::Sender<bool>,
}

/// Redis did not do what was asked; the reason is logged where it is handled.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("Redis did not answer in time")]
    Slow,
    /// It did not answer before, and is not asked until it does again.
    #[error("Redis is away")]
    Away,
    #[error("no connection to Redis")]
    Pool(#[from] deadpool_redis::PoolError),
    #[error("Redis refused the command")]
    Command(#[from] RedisError),
}

impl Unreachable {
    /// Whether it says something about Redis as a whole, and not about one command.
    fn is_absence(&self) -> bool {
        match self {
            Self::Slow | Self::Pool(_) => true,
            Self::Away => false,
            Self::Command(error) => error.is_io_error() || error.is_timeout() || error.is_connection_dropped(),
        }
    }
}

impl Redis {
    /// Makes the pool without connecting: Redis may come up later.
    ///
    /// # Errors
    /// When the URL is not a Redis URL.
    pub fn new(url: &Url, prefix: &str) -> Result<Self, deadpool_redis::CreatePoolError> {
        let pool = Config::from_url(url.as_str()).create_pool(Some(Runtime::Tokio1))?;
        let inner = Arc::new(Inner { pool, up: watch::Sender::new(true) });
        Ok(Self { inner, url: url.clone(), prefix: prefix.to_owned() })
    }

    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.prefix)
    }

    async fn connection(&self) -> Result<Connection, Unreachable> {
        Ok(self.inner.pool.get().await?)
    }

    async fn limited<T>(&self, work: impl Future<Output = Result<T, Unreachable>>) -> Result<T, Unreachable> {
        if !*self.inner.up.borrow() {
            return Err(Unreachable::Away);
        }
        let outcome = tokio::time::timeout(LIMIT, work).await.unwrap_or(Err(Unreachable::Slow));
        if outcome.as_ref().is_err_and(Unreachable::is_absence) {
            self.is_away();
        }
        outcome
    }

    /// From here on nobody asks, save one task that looks for it.
    fn is_away(&self) {
        if self.inner.up.send_if_modified(|up| std::mem::replace(up, false)) {
            tracing::warn!("Redis is away; going on without it");
            tokio::spawn(look_for(Arc::downgrade(&self.inner)));
        }
    }

    /// Returns when Redis answers, as far as is known.
    pub async fn back(&self) {
        // The sender lives as long as this value.
        let _ = self.inner.up.subscribe().wait_for(|up| *up).await;
    }

    /// Returns when Redis does not answer any more.
    pub async fn lost(&self) {
        let _ = self.inner.up.subscribe().wait_for(|up| !*up).await;
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn get<T: FromRedisValue>(&self, key: &str) -> Result<Option<T>, Unreachable> {
        self.limited(async { Ok(self.connection().await?.get(self.key(key)).await?) }).await
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn set(&self, key: &str, value: &str, keep: Duration) -> Result<(), Unreachable> {
        let millis = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        self.limited(async { Ok(self.connection().await?.pset_ex(self.key(key), value, millis).await?) }).await
    }

    /// Sets a key that does not exist; what is there stays.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn set_new(&self, key: &str, value: &str, keep: Duration) -> Result<(), Unreachable> {
        let millis = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::PX(millis));
        self.limited(async {
            let _: Option<String> = self.connection().await?.set_options(self.key(key), value, options).await?;
            Ok(())
        })
        .await
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn remove(&self, key: &str) -> Result<(), Unreachable> {
        self.limited(async {
            let _: i64 = self.connection().await?.del(self.key(key)).await?;
            Ok(())
        })
        .await
    }

    /// # Errors
    /// When Redis cannot be asked.
    pub async fn publish(&self, channel: &str, message: &str) -> Result<(), Unreachable> {
        self.limited(async {
            let _: i64 = self.connection().await?.publish(self.key(channel), message).await?;
            Ok(())
        })
        .await
    }

    /// Runs a script. Keys get the prefix.
    pub(crate) async fn eval<T: FromRedisValue>(
        &self,
        script: &str,
        keys: &[String],
        values: &[u32],
    ) -> Result<T, Unreachable> {
        self.limited(async {
            let mut command = deadpool_redis::redis::cmd("EVAL");
            command.arg(script).arg(keys.len());
            for key in keys {
                command.arg(self.key(key));
            }
            Ok(command.arg(values).query_async(&mut self.connection().await?).await?)
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
        self.limited(async {
            let client = deadpool_redis::redis::Client::open(self.url.as_str())?;
            let mut listener = client.get_async_pubsub().await?;
            listener.subscribe(self.key(channel)).await?;
            Ok(listener)
        })
        .await
    }
}

/// Looks until Redis answers, or nobody is left who would ask it.
async fn look_for(inner: Weak<Inner>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(inner) = inner.upgrade() else { return };
        let ping = async { inner.pool.get().await.ok()?.ping::<String>().await.ok() };
        if matches!(tokio::time::timeout(LIMIT, ping).await, Ok(Some(_))) {
            tracing::info!("Redis is back");
            inner.up.send_replace(true);
            return;
        }
    }
}
