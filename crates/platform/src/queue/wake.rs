//! Wakes a worker when there is something to do: an in-process notifier, PostgreSQL's notifications, messages of the
//! bus. All are hints; the worker also polls every second.

use super::enqueue::NOTIFY_CHANNEL;
use crate::bus::{Bus, BusMessage};
use crate::store::Db;
use sea_orm::sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Cheap to clone.
#[derive(Clone)]
pub struct Wake {
    notify: Arc<Notify>,
    _tasks: Arc<Tasks>,
}

struct Tasks(Vec<tokio::task::JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Wake {
    /// Starts listening. Must be called inside a tokio runtime.
    pub fn new(db: &Db, bus: &Bus) -> Self {
        let notify = Arc::new(Notify::new());
        let mut tasks = vec![tokio::spawn(from_bus(bus.receive(), Arc::clone(&notify)))];
        if db.is_postgres() {
            tasks.push(tokio::spawn(from_postgres(db.clone(), Arc::clone(&notify))));
        }
        Self { notify, _tasks: Arc::new(Tasks(tasks)) }
    }

    /// Returns at the next hint, or after `at_most`.
    pub async fn wait(&self, at_most: Duration) {
        // A time-out is the poll beneath the hints.
        let _ = tokio::time::timeout(at_most, self.notify.notified()).await;
    }

    pub fn now(&self) {
        self.notify.notify_one();
    }
}

async fn from_bus(mut messages: tokio::sync::broadcast::Receiver<BusMessage>, notify: Arc<Notify>) {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match messages.recv().await {
            Ok(BusMessage::JobsReady) | Err(RecvError::Lagged(_)) => notify.notify_one(),
            Ok(_) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn from_postgres(db: Db, notify: Arc<Notify>) {
    loop {
        let pool = db.conn().get_postgres_connection_pool();
        match PgListener::connect_with(pool).await {
            Ok(mut listener) => {
                let mut heard = listener.listen(NOTIFY_CHANNEL).await;
                while heard.is_ok() {
                    heard = listener.recv().await.map(|_| notify.notify_one());
                }
                tracing::warn!("job notifications interrupted; polling goes on");
            }
            Err(error) => tracing::warn!(%error, "no job notifications; polling goes on"),
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
