//! A credential that many calls share and that is renewed once, however many calls find it expired at the same moment.

use crate::error::UpstreamErrorKind;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;

/// The current value, if any, and how the last renewal failed.
#[derive(Debug)]
pub(crate) struct Renewable<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    current: Option<Arc<T>>,
    failed: Option<(Instant, UpstreamErrorKind)>,
}

impl<T> Renewable<T> {
    pub fn new() -> Self {
        Self { state: Mutex::new(State { current: None, failed: None }) }
    }

    /// The current value, fetched when there is none or when it still is the `stale` one. Calls that waited for a fetch
    /// share its result, also when it failed: a system that is down is not asked once for each waiting call.
    pub async fn get<F>(&self, stale: Option<&Arc<T>>, fetch: F) -> Result<Arc<T>, UpstreamErrorKind>
    where
        F: AsyncFnOnce() -> Result<T, UpstreamErrorKind>,
    {
        let asked_at = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(current) = &state.current
            && stale.is_none_or(|stale| !Arc::ptr_eq(stale, current))
        {
            return Ok(Arc::clone(current));
        }
        if let Some((failed_at, kind)) = &state.failed
            && *failed_at >= asked_at
        {
            return Err(kind.clone());
        }
        state.current = None;
        match fetch().await {
            Ok(value) => {
                let value = Arc::new(value);
                state.current = Some(Arc::clone(&value));
                state.failed = None;
                Ok(value)
            }
            Err(kind) => {
                state.failed = Some((Instant::now(), kind.clone()));
                Err(kind)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    #[tokio::test]
    async fn many_calls_share_one_renewal() {
        let (key, fetched) = (Arc::new(Renewable::<u32>::new()), Arc::new(AtomicU32::new(0)));
        let ask = |stale: Option<Arc<u32>>| {
            let (key, fetched) = (Arc::clone(&key), Arc::clone(&fetched));
            tokio::spawn(async move {
                let fetch = async || {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok(fetched.fetch_add(1, Ordering::SeqCst))
                };
                key.get(stale.as_ref(), fetch).await
            })
        };
        let first = ask(None).await.unwrap().unwrap();
        let calls: Vec<_> = (0..20).map(|_| ask(Some(Arc::clone(&first)))).collect();
        for call in calls {
            assert_eq!(*call.await.unwrap().unwrap(), 1);
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_waited_and_tried_again_later() {
        let (key, fetched) = (Arc::new(Renewable::<u32>::new()), Arc::new(AtomicU32::new(0)));
        let ask = || {
            let (key, fetched) = (Arc::clone(&key), Arc::clone(&fetched));
            tokio::spawn(async move {
                let fetch = async || {
                    fetched.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Err(UpstreamErrorKind::unavailable())
                };
                key.get(None, fetch).await
            })
        };
        let calls: Vec<_> = (0..10).map(|_| ask()).collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), Err(UpstreamErrorKind::unavailable()));
        }
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
        assert!(ask().await.unwrap().is_err());
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
    }
}
