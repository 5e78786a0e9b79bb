//! A change of state: one transaction that holds the rows, their facts in the log and the jobs they cause, and after the
//! commit the news for whoever listens.

use crate::bus::{Bus, BusMessage};
use crate::queue::{NewJob, Work, enqueue};
use crate::store::events::{self, DomainEvent};
use crate::store::{CustomerDb, Db, StoreResult};
use domain::{Timestamp, UserId};
use sea_orm::DatabaseTransaction;

/// Who changes something, by which request, and when.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Nobody for the system's own acts.
    pub person: Option<UserId>,
    /// The request or event that began it, for the logs.
    pub request_id: Option<String>,
    pub now: Timestamp,
}

/// Dropped without [`Change::commit`], it never happened.
pub struct Change {
    tx: DatabaseTransaction,
    cause: Cause,
    news: Vec<BusMessage>,
}

impl Change {
    /// # Errors
    /// When no connection is free within two seconds.
    pub async fn begin(db: &Db, cause: Cause) -> StoreResult<Self> {
        Ok(Self { tx: db.begin().await?, cause, news: Vec::new() })
    }

    /// One that a customer's request makes, behind the wall between customers.
    ///
    /// # Errors
    /// When no connection is free within two seconds.
    pub async fn begin_of(db: &CustomerDb, cause: Cause) -> StoreResult<Self> {
        Ok(Self { tx: db.begin().await?, cause, news: Vec::new() })
    }

    pub const fn conn(&self) -> &DatabaseTransaction {
        &self.tx
    }

    pub const fn now(&self) -> Timestamp {
        self.cause.now
    }

    /// Appends a fact.
    ///
    /// # Errors
    /// Only the database's own.
    pub async fn append(&mut self, event: DomainEvent<'_>) -> StoreResult<()> {
        // A person's act is found by that person's request, the system's by the request that placed the order.
        let (own, given) = (self.cause.request_id.as_deref(), event.request_id);
        let request_id = if self.cause.person.is_some() { own.or(given) } else { given.or(own) };
        let event = DomainEvent { user_id: event.user_id.or(self.cause.person), request_id, ..event };
        events::append(&self.tx, &event, self.cause.now).await?;
        if let Some(customer_id) = event.customer_id {
            for message in event.news() {
                let message = BusMessage::Customer { customer_id, message };
                if !self.news.contains(&message) {
                    self.news.push(message);
                }
            }
        }
        Ok(())
    }

    /// Queues a job; `false` when its subject has one already.
    ///
    /// # Errors
    /// Only the database's own.
    pub async fn enqueue(&mut self, work: Work) -> StoreResult<bool> {
        let new = enqueue(&self.tx, NewJob { work, request_id: self.cause.request_id.clone() }).await?;
        if new && !self.news.contains(&BusMessage::JobsReady) {
            self.news.push(BusMessage::JobsReady);
        }
        Ok(new)
    }

    /// Makes it last, then tells.
    ///
    /// # Errors
    /// When the database did not commit; nobody is told then.
    pub async fn commit(self, bus: &Bus) -> StoreResult<()> {
        self.tx.commit().await?;
        for message in self.news {
            bus.send(message).await;
        }
        Ok(())
    }
}
