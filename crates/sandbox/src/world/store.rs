//! The state of all three systems: tables of JSON rows, changed in transactions, kept in a snapshot and a journal.
//!
//! A transaction is appended to the journal as one line before its caller gets an answer, so a process that is
//! killed right after a reply loses nothing. A start replays the journal over the snapshot and folds both together.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::time::Clock;

type Rows = BTreeMap<String, Value>;

/// The journal could not be written; the transaction was undone.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox could not keep a change: {0}")]
pub(crate) struct StoreError(#[from] io::Error);

#[derive(Deserialize)]
struct Snapshot {
    seq: u64,
    tables: BTreeMap<String, Rows>,
}

#[derive(Serialize, Deserialize)]
struct JournalLine {
    seq: u64,
    /// Table, key, and the new row, or null when it was deleted.
    changes: Vec<(String, String, Option<Value>)>,
}

/// All rows of all systems.
#[derive(Default)]
pub(crate) struct Store {
    tables: BTreeMap<String, Rows>,
    seq: u64,
    journal: Option<(PathBuf, File)>,
    clock: Clock,
}

/// Rows keyed by number sort like numbers.
pub(crate) fn numeric_key(id: u64) -> String {
    format!("{id:012}")
}

impl Store {
    /// Opens the folder, replays what is there and starts an empty journal.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(dir)?;
        let mut store = Self::default();
        if let Ok(bytes) = fs::read(dir.join("world.json")) {
            let snapshot: Snapshot = serde_json::from_slice(&bytes)?;
            store.tables = snapshot.tables;
            store.seq = snapshot.seq;
        }
        if let Ok(file) = File::open(dir.join("journal.jsonl")) {
            for line in BufReader::new(file).lines() {
                // A line that was cut by a crash was never acknowledged: everything up to it counts.
                let Ok(line) = serde_json::from_str::<JournalLine>(&line?) else { break };
                if line.seq > store.seq {
                    store.seq = line.seq;
                    for (table, key, row) in line.changes {
                        store.set(&table, &key, row);
                    }
                }
            }
        }
        store.compact(dir)?;
        store.clock.restore(&store);
        Ok(store)
    }

    /// Writes the snapshot beside the old one, swaps them, then empties the journal. A crash in between is harmless:
    /// journal lines which the snapshot already holds are skipped by their number.
    fn compact(&mut self, dir: &Path) -> anyhow::Result<()> {
        let (target, next) = (dir.join("world.json"), dir.join("world.json.next"));
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec(&json!({ "seq": self.seq, "tables": self.tables }))?)?;
        file.sync_all()?;
        fs::rename(&next, &target)?;
        let journal = OpenOptions::new().create(true).write(true).truncate(true).open(dir.join("journal.jsonl"))?;
        self.journal = Some((dir.to_owned(), journal));
        Ok(())
    }

    /// Folds the journal into the snapshot; called when the sandbox stops.
    pub(crate) fn close(&mut self) -> anyhow::Result<()> {
        match self.journal.take() {
            Some((dir, _)) => self.compact(&dir),
            None => Ok(()),
        }
    }

    fn set(&mut self, table: &str, key: &str, row: Option<Value>) -> Option<Value> {
        if !self.tables.contains_key(table) {
            self.tables.insert(table.to_owned(), Rows::new());
        }
        let rows = self.tables.get_mut(table)?;
        match row {
            Some(row) => rows.insert(key.to_owned(), row),
            None => rows.remove(key),
        }
    }

    /// The clock that everything in this store lives by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Milliseconds since the Unix epoch, by the world's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tables.values().all(BTreeMap::is_empty)
    }

    pub(crate) fn get(&self, table: &str, key: &str) -> Option<&Value> {
        self.tables.get(table)?.get(key)
    }

    /// One row as its type. Rows are only written from the same type, so a row which does not fit does not exist.
    pub(crate) fn read<T: DeserializeOwned>(&self, table: &str, key: &str) -> Option<T> {
        T::deserialize(self.get(table, key)?).ok()
    }

    /// Rows in the order of their keys.
    pub(crate) fn rows(&self, table: &str) -> impl DoubleEndedIterator<Item = (&String, &Value)> {
        self.tables.get(table).into_iter().flatten()
    }

    /// Rows after a key, in order.
    pub(crate) fn rows_after(&self, table: &str, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.tables.get(table).into_iter().flat_map(move |rows| rows.range::<str, _>((Excluded(key), Unbounded)))
    }

    pub(crate) fn all<T: DeserializeOwned>(&self, table: &str) -> Vec<T> {
        self.rows(table).filter_map(|(_, row)| T::deserialize(row).ok()).collect()
    }

    pub(crate) fn begin(&mut self) -> Txn<'_> {
        Txn { store: self, undo: Vec::new(), hooks: Vec::new() }
    }
}

/// A transaction; without [`Txn::commit`] nothing of it stays.
pub(crate) struct Txn<'a> {
    store: &'a mut Store,
    undo: Vec<(String, String, Option<Value>)>,
    /// What WHMCS tells its hook files when this is kept: hook and variables, in order.
    pub(crate) hooks: Vec<(String, Value)>,
}

impl Deref for Txn<'_> {
    type Target = Store;
    fn deref(&self) -> &Store {
        self.store
    }
}

impl Txn<'_> {
    pub(crate) fn put<T: Serialize>(&mut self, table: &str, key: &str, row: &T) {
        // Rows are plain structs and JSON maps with string keys: making a value of them cannot fail.
        let row = serde_json::to_value(row).unwrap_or(Value::Null);
        let before = self.store.set(table, key, Some(row));
        self.undo.push((table.to_owned(), key.to_owned(), before));
    }

    pub(crate) fn delete(&mut self, table: &str, key: &str) -> bool {
        let before = self.store.set(table, key, None);
        let existed = before.is_some();
        self.undo.push((table.to_owned(), key.to_owned(), before));
        existed
    }

    /// Empties every table.
    pub(crate) fn clear(&mut self) {
        let all: Vec<_> =
            self.store.tables.iter().flat_map(|(t, rows)| rows.keys().map(|k| (t.clone(), k.clone()))).collect();
        for (table, key) in all {
            self.delete(&table, &key);
        }
    }

    /// The next number of a named series, beginning after `start`.
    pub(crate) fn next(&mut self, series: &str, start: u64) -> u64 {
        let next = self.read::<u64>("series", series).unwrap_or(start) + 1;
        self.put("series", series, &next);
        next
    }

    pub(crate) fn touches(&self, table: &str) -> bool {
        self.undo.iter().any(|(touched, _, _)| touched == table)
    }

    /// Marks the present point for [`Txn::roll_back_to`].
    pub(crate) fn savepoint(&self) -> usize {
        self.undo.len()
    }

    pub(crate) fn roll_back_to(&mut self, savepoint: usize) {
        while self.undo.len() > savepoint {
            if let Some((table, key, before)) = self.undo.pop() {
                self.store.set(&table, &key, before);
            }
        }
    }

    /// Appends the changes to the journal; on failure the transaction is undone.
    pub(crate) fn commit(mut self) -> Result<(), StoreError> {
        if self.undo.is_empty() {
            return Ok(());
        }
        if self.store.journal.is_some() {
            let mut touched: Vec<_> = self.undo.iter().map(|(table, key, _)| (table.clone(), key.clone())).collect();
            touched.sort();
            touched.dedup();
            let changes = touched
                .into_iter()
                .map(|(table, key)| {
                    let row = self.store.get(&table, &key).cloned();
                    (table, key, row)
                })
                .collect();
            let mut line =
                serde_json::to_vec(&JournalLine { seq: self.store.seq + 1, changes }).map_err(io::Error::other)?;
            line.push(b'\n');
            if let Some((_, file)) = &mut self.store.journal {
                file.write_all(&line)?;
            }
        }
        self.store.seq += 1;
        self.undo.clear();
        Ok(())
    }
}

impl Drop for Txn<'_> {
    fn drop(&mut self) {
        self.roll_back_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("sandbox-store-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn a_committed_change_survives_without_a_clean_stop_and_a_cut_line_is_ignored() {
        let dir = folder("crash");
        let mut store = Store::open(&dir).unwrap();
        let mut txn = store.begin();
        txn.put("t", "a", &1);
        txn.put("t", "b", &2);
        txn.commit().unwrap();
        let mut txn = store.begin();
        txn.delete("t", "a");
        txn.commit().unwrap();
        drop(store); // no close(): as after SIGKILL
        OpenOptions::new()
            .append(true)
            .open(dir.join("journal.jsonl"))
            .unwrap()
            .write_all(b"{\"seq\":9,\"cha")
            .unwrap();
        let store = Store::open(&dir).unwrap();
        assert_eq!(store.read::<i32>("t", "a"), None);
        assert_eq!(store.read::<i32>("t", "b"), Some(2));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn an_uncommitted_transaction_leaves_no_trace() {
        let mut store = Store::default();
        let mut txn = store.begin();
        txn.put("t", "a", &1);
        txn.commit().unwrap();
        let mut txn = store.begin();
        txn.put("t", "a", &5);
        txn.put("t", "c", &5);
        drop(txn);
        assert_eq!(store.read::<i32>("t", "a"), Some(1));
        assert_eq!(store.read::<i32>("t", "c"), None);
    }
}
