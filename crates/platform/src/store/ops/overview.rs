//! How everything stands, in a handful of small queries.

use super::time_of;
use crate::store::drift::DriftKind;
use crate::store::inventory::StockKind;
use crate::store::staff::Staff;
use crate::store::{Db, StoreResult, cursors, drift, health, inventory, now_sql, orders, query, query_one};
use domain::Timestamp;
use domain::ops::Overview;
use domain::ops::overview::{Leader, QueueKind, StageCount, StockView, StreamView, SubscriberView};
use domain::orders::Stage;
use sea_orm::ConnectionTrait;

/// Everything that staff see on one page.
///
/// # Errors
/// Only the database's own.
pub async fn overview(db: &Db, _staff: &Staff, now: Timestamp) -> StoreResult<Overview> {
    let conn = db.conn();
    let found = figures(db, now).await?;
    let stages = orders::count_by_stage(conn).await?;
    let count = |stage: Stage| stages.iter().find(|(name, _)| name == stage.name()).map_or(0, |(_, n)| *n);
    Ok(Overview {
        as_of: now,
        queue: found.queue,
        orders: Stage::ALL.map(|stage| StageCount { stage, orders: positive(count(stage)) }).into(),
        subscriber: found.subscriber,
        // What mends itself is gone with the next round; nobody needs to look.
        drift_open: found.drift.iter().filter(|(kind, _)| !mends_itself(kind)).map(|(_, n)| positive(*n)).sum(),
        upstreams: health::latest(conn, now).await?,
        stock: found.stock,
    })
}

/// What the worker's metrics say too, so that page and pager have one source.
pub struct Figures {
    pub queue: Vec<QueueKind>,
    pub subscriber: SubscriberView,
    /// Differences that are there now, by kind.
    pub drift: Vec<(String, i64)>,
    pub stock: Vec<StockView>,
}

/// # Errors
/// Only the database's own.
pub async fn figures(db: &Db, now: Timestamp) -> StoreResult<Figures> {
    let conn = db.conn();
    Ok(Figures {
        queue: queue(conn).await?,
        subscriber: subscriber(conn, now).await?,
        drift: drift::open_by_kind(conn).await?,
        stock: stock(conn).await?,
    })
}

/// Both kinds, also one of which nothing is left.
async fn stock<C: ConnectionTrait>(conn: &C) -> StoreResult<Vec<StockView>> {
    let free = inventory::free(conn).await?;
    let of = |kind: StockKind| free.iter().find(|(name, _)| name == kind.name()).map_or(0, |(_, n)| *n);
    let view = |kind: StockKind| StockView { kind: kind.name().to_owned(), free: positive(of(kind)) };
    Ok([StockKind::Msisdn, StockKind::Iccid].map(view).into())
}

async fn queue<C: ConnectionTrait>(conn: &C) -> StoreResult<Vec<QueueKind>> {
    let now = now_sql(conn);
    let sql = format!(
        "SELECT kind, state, count(*) AS n, max(CASE WHEN state = 'ready' THEN {now} - run_at END) AS age
         FROM job WHERE state <> 'done' GROUP BY kind, state ORDER BY kind"
    );
    let mut kinds: Vec<QueueKind> = Vec::new();
    for row in query(conn, &sql, []).await? {
        let kind: String = row.try_get("", "kind")?;
        let jobs = positive(row.try_get("", "n")?);
        if kinds.last().is_none_or(|k| k.kind != kind) {
            kinds.push(QueueKind { kind, ..Default::default() });
        }
        let Some(entry) = kinds.last_mut() else { continue };
        match row.try_get::<String>("", "state")?.as_str() {
            "ready" => {
                entry.ready = jobs;
                let age: Option<i64> = row.try_get("", "age")?;
                // A job that waits for its time is not late.
                entry.oldest_due_seconds = age.filter(|ms| *ms >= 0).map(|ms| positive(ms) / 1000);
            }
            "leased" => entry.leased = jobs,
            "dead" => entry.dead = jobs,
            "parked" => entry.parked = jobs,
            _ => {}
        }
    }
    Ok(kinds)
}

async fn subscriber<C: ConnectionTrait>(conn: &C, now: Timestamp) -> StoreResult<SubscriberView> {
    let sql = format!(
        "SELECT name, holder, until_at > {} AS alive FROM lease WHERE name IN ('subscriber', 'reconciler') ORDER BY name DESC",
        now_sql(conn)
    );
    let leaders = query(conn, &sql, []).await?;
    let leaders = leaders
        .iter()
        .map(|r| {
            Ok(Leader {
                role: r.try_get("", "name")?,
                holder: r.try_get("", "holder")?,
                alive: r.try_get("", "alive")?,
            })
        })
        .collect::<StoreResult<_>>()?;
    let cursor = query_one(conn, "SELECT max(updated_at) AS at FROM replay_cursor", []).await?;
    let cursor_at = cursor.map(|r| time_of(&r, "at")).transpose()?.flatten();
    let age = |at: Timestamp| positive(now.millis() - at.millis()) / 1000;
    Ok(SubscriberView {
        leaders,
        stream: cursors::stream(conn).await?.map(|s| StreamView {
            connected: s.connected,
            since: s.since,
            error: s.error,
        }),
        cursor_at,
        cursor_age_seconds: cursor_at.map(age),
        last_event_at: cursors::last_event(conn).await?,
    })
}

fn mends_itself(kind: &str) -> bool {
    DriftKind::ALL.iter().any(|k| k.name() == kind && k.mends_itself())
}

fn positive(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
