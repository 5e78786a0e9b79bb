//! The shared handle on everything the sandbox knows.

pub(crate) mod calls;
mod faults;
pub(crate) mod store;
pub(crate) mod time;

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::config::Delays;
use crate::faults::{Faults, System};
use crate::keys::Keys;
use crate::{freebit, pubsub, salesforce, seed, whmcs};
use calls::CallLog;
pub use calls::{Call, CallFilter};
use store::{Store, StoreError, Txn};
pub use time::{Clock, ClockMove, ClockState};

/// A handle on the world of one sandbox; cheap to clone, safe to use from any thread.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

struct Inner {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    delays: Mutex<Delays>,
    calls: Mutex<CallLog>,
    cursors: Mutex<salesforce::query::Cursors>,
    api_usage: Mutex<salesforce::usage::Usage>,
    hooks: whmcs::Hooks,
    /// Managed subscriptions that a client is using.
    managed: Mutex<HashSet<String>>,
    awkward: AtomicBool,
    /// See [`World::most_events_asked_for`].
    most_asked: AtomicU32,
    clock: Clock,
    changed: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
    keys: Keys,
    page_size: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in one request must not take the sandbox down; transactions undo themselves when they are dropped.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn open(
        dir: Option<&Path>,
        keys: Keys,
        delays: Delays,
        awkward: bool,
        page_size: usize,
    ) -> anyhow::Result<Self> {
        let store = match dir {
            Some(dir) => Store::open(dir)?,
            None => Store::default(),
        };
        let world = Self {
            inner: Arc::new(Inner {
                clock: store.clock().clone(),
                store: Mutex::new(store),
                faults: Mutex::default(),
                delays: Mutex::new(delays),
                calls: Mutex::default(),
                cursors: Mutex::default(),
                api_usage: Mutex::default(),
                hooks: whmcs::Hooks::default(),
                managed: Mutex::default(),
                awkward: AtomicBool::new(awkward),
                most_asked: AtomicU32::new(0),
                changed: watch::Sender::new(0),
                stopping: watch::Sender::new(false),
                keys,
                page_size: page_size.clamp(1, 2_000),
            }),
        };
        if world.read(Store::is_empty) {
            world.write(|txn| -> anyhow::Result<()> { seed::plant(txn, world.now_ms()) })?;
        }
        Ok(world)
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&Store) -> R) -> R {
        look(&lock(&self.inner.store))
    }

    /// Runs one transaction: kept when `change` answers `Ok` and the journal has it, undone otherwise.
    pub(crate) fn write<R, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut store = lock(&self.inner.store);
        let mut txn = store.begin();
        let result = change(&mut txn)?;
        let hooks = std::mem::take(&mut txn.hooks);
        let wake = txn.touches(pubsub::EVENTS) || txn.touches(salesforce::SESSIONS);
        if let Err(error) = txn.commit() {
            tracing::error!(%error, "change not kept");
            return Err(error.into());
        }
        drop(store);
        for (name, variables) in hooks {
            self.inner.hooks.fire(name, variables);
        }
        if wake {
            self.inner.changed.send_modify(|version| *version += 1);
        }
        Ok(result)
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    pub(crate) fn page_size(&self) -> usize {
        self.inner.page_size
    }

    pub(crate) fn with_cursors<R>(&self, work: impl FnOnce(&mut salesforce::query::Cursors) -> R) -> R {
        work(&mut lock(&self.inner.cursors))
    }

    pub(crate) fn with_api_usage<R>(&self, work: impl FnOnce(&mut salesforce::usage::Usage) -> R) -> R {
        work(&mut lock(&self.inner.api_usage))
    }

    /// Takes the turn of a managed subscription; `false` when another client has it.
    pub(crate) fn begin_managed(&self, id: &str) -> bool {
        lock(&self.inner.managed).insert(id.to_owned())
    }

    pub(crate) fn end_managed(&self, id: &str) {
        lock(&self.inner.managed).remove(id);
    }

    pub(crate) fn delays(&self) -> Delays {
        *lock(&self.inner.delays)
    }

    pub(crate) fn awkward(&self) -> bool {
        self.inner.awkward.load(Ordering::Relaxed)
    }

    /// Turns the awkward WHMCS answer forms on or off.
    pub fn set_awkward(&self, awkward: bool) {
        self.inner.awkward.store(awkward, Ordering::Relaxed);
    }

    /// Wakes when an event was published or a session ended.
    pub(crate) fn watch_changes(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    pub(crate) fn watch_stop(&self) -> watch::Receiver<bool> {
        self.inner.stopping.subscribe()
    }

    /// Tells every open event stream to end.
    pub(crate) fn end_streams(&self) {
        self.inner.stopping.send_replace(true);
    }

    /// Folds the journal into the snapshot.
    pub(crate) fn close(&self) {
        if let Err(error) = lock(&self.inner.store).close() {
            tracing::error!(%error, "world snapshot not written; the journal still has every change");
        }
    }

    /// Sets an order from `Draft` to `Approved`, as an agent does; the flow then publishes `OrderProvisionRequested__e`.
    ///
    /// # Errors
    /// A text for people when there is no such order or it is not a draft.
    pub fn approve_order(&self, salesforce_order_id: &str) -> Result<(), String> {
        salesforce::agent::decide(self, salesforce_order_id, "Approved")
    }

    /// Sets an order from `Draft` to `Rejected`.
    ///
    /// # Errors
    /// As [`World::approve_order`].
    pub fn reject_order(&self, salesforce_order_id: &str) -> Result<(), String> {
        salesforce::agent::decide(self, salesforce_order_id, "Rejected")
    }

    /// Changes fields of a Salesforce record as an agent does in its screen: withdraws an approved order
    /// (`Status` `Cancelled`), changes the price of an `OrderItem`.
    ///
    /// # Errors
    /// A text for people when there is no such record or a rule forbids it.
    pub fn edit_record(&self, object: &str, id: &str, fields: Value) -> Result<(), String> {
        let Value::Object(fields) = fields else { return Err("fields are an object".to_owned()) };
        salesforce::agent::edit(self, object, id, &fields)
    }

    /// The most events that any event stream was asked to owe at a time, before the system's own limit of 100: how much a
    /// client lets itself be sent.
    pub fn most_events_asked_for(&self) -> u32 {
        self.inner.most_asked.load(Ordering::Relaxed)
    }

    pub(crate) fn note_events_asked_for(&self, owed: i32) {
        self.inner.most_asked.fetch_max(u32::try_from(owed).unwrap_or(0), Ordering::Relaxed);
    }

    /// Changes a price, as a product manager does; the flow publishes `Product_Price_Changed__e`.
    ///
    /// # Errors
    /// A text for people when there is no such price book entry.
    pub fn change_price(&self, pricebook_entry_id: &str, unit_price: f64) -> Result<(), String> {
        salesforce::agent::change_price(self, pricebook_entry_id, unit_price)
    }

    /// The address that the hook file of the imitated WHMCS posts to from now on, signed with
    /// [`crate::Credentials::whmcs_webhook_secret`]; `None`: no hook file is installed.
    pub fn set_webhook(&self, url: Option<String>) {
        self.inner.hooks.set_target(url);
    }

    pub(crate) fn hooks(&self) -> &whmcs::Hooks {
        &self.inner.hooks
    }

    /// Changes the delays from now on; orders that are already open keep their time.
    pub fn set_delays(&self, delays: Delays) {
        *lock(&self.inner.delays) = delays;
    }

    /// Everything, as JSON: `salesforce`, `whmcs`, `freebit`, `events`.
    pub fn dump(&self) -> Value {
        freebit::settle(self);
        self.read(|store| {
            let section = |prefix: &str| {
                let tables = TABLES.iter().filter_map(|table| table.strip_prefix(prefix).map(|name| (name, *table)));
                tables.map(|(name, table)| (name.to_owned(), rows(store, table))).collect::<Map<String, Value>>()
            };
            json!({
                "salesforce": section("sf."),
                "whmcs": section("whmcs."),
                "freebit": section("freebit."),
                "events": rows(store, pubsub::EVENTS),
            })
        })
    }

    /// WHMCS orders, oldest first.
    pub fn whmcs_orders(&self) -> Vec<Value> {
        self.rows_of(crate::whmcs::ORDERS)
    }

    /// WHMCS services of all clients, oldest first.
    pub fn whmcs_services(&self) -> Vec<Value> {
        self.rows_of(crate::whmcs::SERVICES)
    }

    /// Freebit lines, with whatever has fallen due by now done.
    pub fn freebit_lines(&self) -> Vec<Value> {
        freebit::settle(self);
        self.rows_of(freebit::LINES)
    }

    /// Salesforce orders, oldest first, with their items under `OrderItems`.
    pub fn salesforce_orders(&self) -> Vec<Value> {
        self.read(salesforce::agent::orders)
    }

    fn rows_of(&self, table: &str) -> Vec<Value> {
        self.read(|store| store.rows(table).map(|(_, row)| row.clone()).collect())
    }

    /// Ends every Salesforce session: all tokens are invalid from now on, open streams end.
    pub fn drop_sessions(&self) {
        let dropped = self.write(|txn| -> Result<(), StoreError> {
            let tokens: Vec<String> = txn.rows(salesforce::SESSIONS).map(|(token, _)| token.clone()).collect();
            for token in tokens {
                txn.delete(salesforce::SESSIONS, &token);
            }
            Ok(())
        });
        if let Err(error) = dropped {
            tracing::error!(%error, "sessions not dropped");
        }
    }

    /// Ends one session, as if its time were over.
    pub(crate) fn end_session(&self, system: System, token: &str) {
        let table = match system {
            System::Salesforce | System::PubSub => salesforce::SESSIONS,
            System::Freebit => freebit::SESSIONS,
            System::Whmcs => return,
        };
        let ended = self.write(|txn| -> Result<(), StoreError> {
            txn.delete(table, token);
            Ok(())
        });
        if let Err(error) = ended {
            tracing::error!(%error, "session not ended");
        }
    }

    /// Publishes a platform event. `topic` is `/event/Name__e` or the bare event name; missing fields are null.
    /// An unknown event or field is logged and not published.
    pub fn publish_event(&self, topic: &str, fields: Value) {
        if let Err(error) = self.write(|txn| pubsub::log::publish(txn, topic, &fields, self.now_ms())) {
            tracing::error!(%error, topic, "event not published");
        }
    }

    /// Puts the world back to the seed, without faults, sessions and calls. Keys and delays stay.
    pub fn reset(&self) {
        self.clear_faults();
        self.forget_calls();
        *lock(&self.inner.api_usage) = salesforce::usage::Usage::default();
        let reset = self.write(|txn| -> anyhow::Result<()> {
            // Replay ids go on rising over a reset, as ids of an event bus must.
            let replay = txn.read::<u64>("series", pubsub::REPLAY_SERIES);
            txn.clear();
            if let Some(replay) = replay {
                txn.put("series", pubsub::REPLAY_SERIES, &replay);
            }
            seed::plant(txn, self.now_ms())
        });
        if let Err(error) = reset {
            tracing::error!(%error, "world not reset");
        }
    }
}

/// Tables that a dump shows.
const TABLES: &[&str] = &[
    "sf.Account",
    "sf.Contact",
    "sf.Pricebook2",
    "sf.Product2",
    "sf.PricebookEntry",
    "sf.Order",
    "sf.OrderItem",
    "sf.Case",
    "sf.CaseComment",
    "sf.EmailMessage",
    "sf.FeedItem",
    "sf.Asset",
    "sf.ContentVersion",
    "sf.ContentDocument",
    "sf.ContentDocumentLink",
    "sf.KnowledgeArticleVersion",
    "whmcs.clients",
    "whmcs.products",
    "whmcs.services",
    "whmcs.orders",
    "whmcs.invoices",
    "whmcs.transactions",
    "whmcs.credits",
    "whmcs.paymethods",
    "whmcs.upgrades",
    "whmcs.cancelrequests",
    "whmcs.tickets",
    "whmcs.emails",
    "freebit.lines",
    "freebit.orders",
    "freebit.quota",
    "freebit.usage",
];

fn rows(store: &Store, table: &str) -> Value {
    Value::Array(store.rows(table).map(|(_, row)| row.clone()).collect())
}
