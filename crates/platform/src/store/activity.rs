//! The log of what happened, as the customer reads it.

use super::{StoreError, StoreResult, query};
use domain::account::activity::{Activity, Audience, By, Entry, EntryData, FACTS, PER_PAGE, Shown, facts_of, shown};
use domain::common::pii::Pii;
use domain::{CustomerId, OrderId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

/// Where a page ends: the time and id of its last fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    at: i64,
    id: Uuid,
}

impl Cursor {
    /// Reads what [`Activity::next`] said.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('-')?;
        Some(Self { at: at.parse().ok().filter(|at| *at >= 0)?, id: Uuid::try_parse(id).ok()? })
    }
    fn text(self) -> String {
        format!("{}-{}", self.at, self.id.simple())
    }
}

/// A page of what the person did and what was done on the account they act for, newest first.
///
/// # Errors
/// Only the database's own.
pub async fn page<C: ConnectionTrait>(
    conn: &C,
    person: UserId,
    owner: Option<CustomerId>,
    before: Option<Cursor>,
) -> StoreResult<Activity> {
    let before = before.unwrap_or(Cursor { at: i64::MAX, id: Uuid::max() });
    let mut values: Vec<Value> = vec![before.at.into(), before.id.into(), person.0.into(), owner.map(|id| id.0).into()];
    let mut list = |facts: Vec<&'static str>| {
        let first = values.len() + 1;
        values.extend(facts.iter().map(|kind| Value::from(*kind)));
        (first..first + facts.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
    };
    let own = list(FACTS.iter().filter(|(_, how)| matches!(how, Shown::As(..))).map(|(kind, _)| *kind).collect());
    let shared = list(facts_of(Audience::Account).collect());
    let sql = format!(
        "SELECT e.id, e.at, e.kind, e.person_id, e.order_id, e.device, e.address, e.data, o.number AS order_number
         FROM domain_event e LEFT JOIN customer_order o ON o.id = e.order_id AND o.customer_id = $4
         WHERE e.at <= $1 AND (e.at < $1 OR e.id < $2)
           AND ((e.person_id = $3 AND e.kind IN ({own})) OR (e.customer_id = $4 AND e.kind IN ({shared})))
         ORDER BY e.at DESC, e.id DESC LIMIT {}",
        PER_PAGE + 1
    );
    let rows = query(conn, &sql, values).await?;
    let mut entries = rows.iter().take(PER_PAGE).map(|row| read(row, person)).collect::<StoreResult<Vec<_>>>()?;
    let next = if rows.len() > PER_PAGE { entries.last().map(|(cursor, _)| cursor.text()) } else { None };
    Ok(Activity { entries: entries.drain(..).map(|(_, entry)| entry).collect(), next })
}

fn read(row: &QueryResult, asking: UserId) -> StoreResult<(Cursor, Entry)> {
    let at: i64 = row.try_get("", "at")?;
    let kind: String = row.try_get("", "kind")?;
    let Some(Shown::As(kind, _)) = shown(&kind) else { return Err(StoreError::Unreadable("fact")) };
    let data: serde_json::Value = row.try_get("", "data")?;
    let by = match row.try_get::<Option<Uuid>>("", "person_id")? {
        _ if data.get("staff").is_some() => By::Operator,
        Some(id) if id == asking.0 => By::You,
        Some(id) => By::Member { id: UserId(id) },
        None => By::Portal,
    };
    // Where another member or the staff sat is theirs.
    let mine = by == By::You;
    let entry = Entry {
        at: Timestamp(at),
        kind,
        by,
        address: row.try_get::<Option<String>>("", "address")?.filter(|_| mine).map(Pii::new),
        device: row.try_get::<Option<String>>("", "device")?.filter(|_| mine),
        data: EntryData {
            order_id: row.try_get::<Option<Uuid>>("", "order_id")?.map(OrderId),
            order_number: row.try_get("", "order_number")?,
        },
    };
    Ok((Cursor { at, id: row.try_get("", "id")? }, entry))
}
