//! The orders' tables rebuilt from the log alone, and compared with how they stand: proof that nothing changes without a
//! fact, and a way to find what somebody changed by hand.

use super::entities::{customer_order, run_step};
use super::events::DomainEvent;
use super::runs::step_facts;
use super::{Db, StoreError, StoreResult, query, query_one};
use crate::bus::Bus;
use crate::change::{Cause, Change};
use domain::{CustomerId, OrderId, Timestamp};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::{Map, Value, json};

/// An order with its run, as JSON: `stage`, `placed_at`, `decided_at`, `run`, `steps` by `name/item`, `version`,
/// `updated_at`. Members without a value are absent. What was ordered and what steps gave is not part of it: these name
/// people's phones and never change once written.
pub type Standing = Value;

/// The kind of a fact that holds all of an order. A stored format.
const SNAPSHOT: &str = "order_snapshot";

/// A fact about an order as the log has it.
#[derive(Clone, Debug)]
pub struct Logged {
    pub kind: String,
    pub at: i64,
    pub version: i64,
    pub after: Value,
}

/// Applies a JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// How an order must stand after these facts, given in the order of their versions.
///
/// # Errors
/// The version that is missing: a change without a fact.
pub fn replay(facts: &[Logged]) -> Result<Standing, i64> {
    let mut standing = json!({});
    let mut version = None;
    // The log of an older order begins with a snapshot, at whatever version it had then; so does that of one that an older
    // release has changed meanwhile.
    let begin = facts.iter().rposition(|fact| fact.kind == SNAPSHOT).unwrap_or(0);
    // An order begins with version 1, and a snapshot holds what was before it.
    if facts.get(begin).is_some_and(|first| first.kind != SNAPSHOT && first.version != 1) {
        return Err(1);
    }
    for fact in facts.iter().skip(begin) {
        if let Some(before) = version
            && fact.version != before + 1
        {
            return Err(before + 1);
        }
        version = Some(fact.version);
        merge(&mut standing, &fact.after);
        merge(&mut standing, &json!({ "version": fact.version, "updated_at": fact.at }));
    }
    Ok(standing)
}

/// How an order must stand by the log; `None` when the log does not know it.
///
/// # Errors
/// Only the database's own, or [`StoreError::Unreadable`] when a version is missing in the log.
pub async fn from_log<C: ConnectionTrait>(conn: &C, order: OrderId) -> StoreResult<Option<Standing>> {
    let sql = "SELECT kind, at, version, after FROM domain_event
               WHERE order_id = $1 AND version IS NOT NULL ORDER BY version";
    let facts = query(conn, sql, [order.0.into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Logged {
                kind: row.try_get("", "kind")?,
                at: row.try_get("", "at")?,
                version: row.try_get("", "version")?,
                after: row.try_get::<Option<Value>>("", "after")?.unwrap_or_default(),
            })
        })
        .collect::<StoreResult<Vec<_>>>()?;
    if facts.is_empty() {
        return Ok(None);
    }
    replay(&facts).map(Some).map_err(|_| StoreError::Unreadable("history: a version is missing"))
}

/// How an order stands in the tables; `None` when there is no such order.
///
/// # Errors
/// Only the database's own.
pub async fn from_tables<C: ConnectionTrait>(conn: &C, order: OrderId) -> StoreResult<Option<Standing>> {
    let Some(row) = customer_order::Entity::find_by_id(order.0).one(conn).await? else { return Ok(None) };
    let steps = run_step::Entity::find()
        .filter(run_step::Column::OrderId.eq(order.0))
        .order_by_asc(run_step::Column::Seq)
        .all(conn)
        .await?;
    let steps: Map<String, Value> =
        steps.iter().map(|step| (format!("{}/{}", step.name, step.item_no), step_facts(step))).collect();
    let sql = "SELECT state, created_at, updated_at FROM run WHERE order_id = $1";
    let run = query_one(conn, sql, [order.0.into()])
        .await?
        .map(|run| {
            let (state, created, updated): (String, i64, i64) =
                (run.try_get("", "state")?, run.try_get("", "created_at")?, run.try_get("", "updated_at")?);
            StoreResult::Ok(json!({ "state": state, "created_at": created, "updated_at": updated }))
        })
        .transpose()?;
    let mut standing = json!({});
    merge(
        &mut standing,
        &json!({
            "stage": row.stage, "placed_at": row.placed_at, "decided_at": row.decided_at, "version": row.version,
            "updated_at": row.updated_at, "run": run, "steps": if steps.is_empty() { Value::Null } else { steps.into() },
        }),
    );
    Ok(Some(standing))
}

/// An order whose tables and log do not agree.
#[derive(Clone, Debug)]
pub struct Difference {
    pub order: OrderId,
    pub log: Option<Standing>,
    pub tables: Option<Standing>,
}

/// Compares every order; empty when log and tables agree.
///
/// # Errors
/// Only the database's own.
pub async fn differences<C: ConnectionTrait>(conn: &C) -> StoreResult<Vec<Difference>> {
    let sql = "SELECT id FROM customer_order
               UNION SELECT order_id AS id FROM domain_event WHERE order_id IS NOT NULL AND version IS NOT NULL";
    let mut found = Vec::new();
    for row in query(conn, sql, []).await? {
        let order = OrderId(row.try_get("", "id")?);
        let log = match from_log(conn, order).await {
            Err(StoreError::Unreadable(_)) => None,
            other => other?,
        };
        let tables = from_tables(conn, order).await?;
        if log != tables {
            found.push(Difference { order, log, tables });
        }
    }
    Ok(found)
}

/// Begins the log anew, with a snapshot, of each order that was changed without facts: by a process of a release before
/// the complete log that still ran beside this one. An order whose log has all versions, but differs from its rows, is left
/// as it is: that somebody has changed by hand. The number of orders.
///
/// # Errors
/// Only the database's own.
pub async fn begin_anew(db: &Db, now: Timestamp) -> StoreResult<usize> {
    let sql = "SELECT o.id AS id FROM customer_order o LEFT JOIN (
                   SELECT order_id, max(version) AS newest, count(*) AS n FROM domain_event
                   WHERE version IS NOT NULL GROUP BY order_id) e ON e.order_id = o.id
               WHERE e.newest IS NULL OR e.newest < o.version OR e.n < e.newest";
    let mut begun = 0;
    for row in query(db.conn(), sql, []).await? {
        let id = OrderId(row.try_get("", "id")?);
        let mut change = Change::begin(db, Cause { person: None, request_id: None, now }).await?;
        // Whoever changes an order changes this row too, so that the order stands still from here on.
        let sql = "UPDATE customer_order SET version = version + 1, updated_at = $2 WHERE id = $1
                   RETURNING version, customer_id";
        let Some(row) = query_one(change.conn(), sql, [id.0.into(), now.millis().into()]).await? else { continue };
        let (version, customer): (i64, uuid::Uuid) = (row.try_get("", "version")?, row.try_get("", "customer_id")?);
        let is_complete = match from_log(change.conn(), id).await {
            Ok(log) => log.is_some_and(|log| log["version"] == version - 1),
            Err(StoreError::Unreadable(_)) => false,
            Err(error) => return Err(error),
        };
        if is_complete {
            continue;
        }
        let mut after = from_tables(change.conn(), id).await?.unwrap_or_default();
        if let Value::Object(members) = &mut after {
            members.retain(|name, _| name != "version" && name != "updated_at");
        }
        let fact = DomainEvent {
            kind: SNAPSHOT,
            customer_id: Some(CustomerId(customer)),
            order_id: Some(id),
            data: json!({}),
            version: Some(version),
            after: Some(after),
            ..DomainEvent::default()
        };
        change.append(fact).await?;
        change.commit(&Bus::new(None)).await?;
        begun += 1;
    }
    Ok(begun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fact(version: i64, after: Value) -> Logged {
        Logged { kind: "x".to_owned(), at: version * 10, version, after }
    }

    #[test]
    fn facts_add_up_and_a_gap_is_told() {
        let facts = [
            fact(1, json!({ "stage": "awaiting_approval", "decided_at": null })),
            fact(2, json!({ "steps": { "a/0": { "state": "intent", "error": "x" }, "b/1": { "state": "todo" } } })),
            fact(3, json!({ "stage": "active", "steps": { "a/0": { "state": "done", "error": null } } })),
        ];
        let expected = json!({
            "stage": "active", "version": 3, "updated_at": 30,
            "steps": { "a/0": { "state": "done" }, "b/1": { "state": "todo" } },
        });
        assert_eq!(replay(&facts), Ok(expected));
        assert_eq!(replay(&[facts[0].clone(), facts[2].clone()]), Err(2));
        assert_eq!(replay(&facts[1..]), Err(1), "placed by somebody who logged nothing");
        let snapshot = Logged { kind: SNAPSHOT.to_owned(), ..fact(4, json!({ "stage": "rejected" })) };
        let after_a_gap = [facts[0].clone(), facts[2].clone(), snapshot];
        assert_eq!(replay(&after_a_gap), Ok(json!({ "stage": "rejected", "version": 4, "updated_at": 40 })));
    }

    proptest! {
        /// Merging a patch twice is merging it once, and a patch to an equal value changes nothing.
        #[test]
        fn merging_is_idempotent(names in proptest::collection::vec("[a-c]", 1..5), values in proptest::collection::vec(0_i64..4, 5)) {
            let patch: Map<String, Value> = names.iter().zip(&values)
                .map(|(name, value)| (name.clone(), if *value == 0 { Value::Null } else { json!(value) })).collect();
            let patch = Value::Object(patch);
            let mut once = json!({ "a": 9 });
            merge(&mut once, &patch);
            let mut twice = once.clone();
            merge(&mut twice, &patch);
            prop_assert_eq!(once, twice);
        }
    }
}
