//! Where personal data lies: which rows are a person's and which a customer account's, what a copy leaves out, and what is
//! left when an account is closed. A test compares it with the schema.

use super::{StoreResult, execute, query};
use domain::account::copy::DataCopyState;
use domain::common::pii::Pii;
use domain::{CustomerId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Map, Value, json};

/// Whose rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Rows with the person's id in this column.
    Person(&'static str),
    /// Rows with the customer's id in this column.
    Customer(&'static str),
    /// Rows with the id of one of the customer's orders in this column.
    Order(&'static str),
}

/// What the end of an account does to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Delete,
    /// The law keeps it, without what names the person: these assignments.
    Strip(&'static str),
    /// Holds ids, codes and times only.
    Keep,
}

/// Tables with rows of somebody, in the order in which their rows can be deleted.
pub const TABLES: &[(&str, Whose, End)] = &[
    ("data_copy", Whose::Person("person_id"), End::Delete),
    ("mail", Whose::Person("person_id"), End::Delete),
    ("mail", Whose::Customer("customer_id"), End::Delete),
    ("mail_token", Whose::Person("person_id"), End::Delete),
    ("mail_token", Whose::Customer("customer_id"), End::Delete),
    ("email_change", Whose::Person("person_id"), End::Delete),
    ("invitation", Whose::Customer("customer_id"), End::Delete),
    // Of accounts that they belonged to before.
    ("invitation", Whose::Person("invited_by"), End::Delete),
    ("invitation", Whose::Person("accepted_by"), End::Strip("accepted_by = NULL")),
    ("known_device", Whose::Person("person_id"), End::Delete),
    ("live_ticket", Whose::Customer("customer_id"), End::Delete),
    ("passkey_ceremony", Whose::Person("person_id"), End::Delete),
    ("sign_in_challenge", Whose::Person("person_id"), End::Delete),
    ("passkey", Whose::Person("person_id"), End::Delete),
    ("recovery_code", Whose::Person("person_id"), End::Delete),
    ("totp_secret", Whose::Person("person_id"), End::Delete),
    ("session", Whose::Person("person_id"), End::Delete),
    ("idempotency_request", Whose::Person("person_id"), End::Delete),
    ("membership_line", Whose::Person("person_id"), End::Delete),
    ("membership", Whose::Person("person_id"), End::Delete),
    ("domain_event", Whose::Person("person_id"), End::Strip("device = NULL, address = NULL")),
    ("domain_event", Whose::Customer("customer_id"), End::Strip("device = NULL, address = NULL")),
    ("port_in", Whose::Order("order_id"), End::Delete),
    // The number of a line belongs to the contract and is kept with it; nobody's name stands beside it any more.
    ("run_step", Whose::Order("order_id"), End::Keep),
    ("run", Whose::Order("order_id"), End::Keep),
    ("inventory", Whose::Order("order_id"), End::Keep),
    // EID and the number that was taken along are struck from the content by the caller.
    ("customer_order", Whose::Customer("customer_id"), End::Keep),
    ("closing", Whose::Customer("customer_id"), End::Keep),
    (
        "customer",
        Whose::Customer("id"),
        End::Strip(
            "family_name = '', given_name = '', email = '', phone = '', postcode = '', prefecture = '', city = '', \
             line1 = '', line2 = ''",
        ),
    ),
    ("person", Whose::Person("id"), End::Delete),
];

/// Tables with a column of that name that are nobody's personal data.
pub const OTHERS: &[(&str, &str)] = &[
    ("staff", "the operator's own people"),
    ("link_request", "what somebody typed who is not known yet; gone as soon as a job has answered it"),
];

/// Columns that no copy holds: what signs somebody in, and the answers that were kept for repeats.
const SECRET: &[&str] = &[
    "password_hash",
    "token_hash",
    "previous_hash",
    "hash",
    "secret",
    "credential",
    "credential_id",
    "state_json",
    "body_hash",
    "body",
    "content_hash",
];

/// Columns whose name is harmless elsewhere. A mail that is not sent yet holds its link's secret; a link may hold the hash of
/// a password.
const SECRET_IN: &[(&str, &str)] = &[("passkey_ceremony", "state"), ("mail", "fields"), ("mail_token", "data")];

/// Everything that the portal holds of a person and, for the owner of one, of the customer account.
///
/// # Errors
/// Only the database's own.
pub async fn gather<C: ConnectionTrait>(conn: &C, person: UserId, account: Option<CustomerId>) -> StoreResult<Value> {
    let mut found = Map::new();
    for (table, whose, _) in TABLES {
        if *table == "data_copy" {
            continue;
        }
        let (condition, id) = match (whose, account) {
            (Whose::Person(column), _) => (format!("{column} = $1"), person.0),
            (Whose::Customer(column), Some(customer)) => (format!("{column} = $1"), customer.0),
            (Whose::Order(column), Some(customer)) => {
                (format!("{column} IN (SELECT id FROM customer_order WHERE customer_id = $1)"), customer.0)
            }
            (_, None) => continue,
        };
        let mut columns = columns(conn, table).await?;
        let hidden = |name: &str| SECRET.contains(&name) || SECRET_IN.contains(&(*table, name));
        columns.retain(|name| !hidden(name));
        let text = if conn.get_database_backend() == DbBackend::Postgres {
            let names = columns.iter().map(|name| format!("t.\"{name}\"")).collect::<Vec<_>>().join(", ");
            format!("SELECT row_to_json(x)::text AS row FROM (SELECT {names} FROM {table} t WHERE {condition}) x")
        } else {
            let pair = |name: &String| {
                format!("'{name}', CASE typeof(\"{name}\") WHEN 'blob' THEN lower(hex(\"{name}\")) ELSE \"{name}\" END")
            };
            let pairs = columns.iter().map(pair).collect::<Vec<_>>().join(", ");
            format!("SELECT json_object({pairs}) AS row FROM {table} WHERE {condition}")
        };
        let mut rows = Vec::new();
        for row in query(conn, &text, [id.into()]).await? {
            let row: String = row.try_get("", "row")?;
            rows.push(serde_json::from_str(&row).unwrap_or(Value::String(row)));
        }
        let all = found.entry((*table).to_owned()).or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            for row in rows {
                if !all.contains(&row) {
                    all.push(row);
                }
            }
        }
    }
    Ok(Value::Object(found))
}

async fn columns<C: ConnectionTrait>(conn: &C, table: &str) -> StoreResult<Vec<String>> {
    let sql = match conn.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT column_name AS name FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
        }
        _ => "SELECT name FROM pragma_table_info($1)",
    };
    query(conn, sql, [table.into()]).await?.iter().map(|row| Ok(row.try_get("", "name")?)).collect()
}

/// Takes the persons and the names out of a customer account. What stays has ids, codes, times and what the law keeps.
///
/// # Errors
/// Only the database's own.
pub async fn erase<C: ConnectionTrait>(conn: &C, customer: CustomerId) -> StoreResult<()> {
    // Persons who belong to no other account; the others only leave this one.
    let sql = "SELECT person_id FROM membership m WHERE customer_id = $1 AND NOT EXISTS
                   (SELECT 1 FROM membership o WHERE o.person_id = m.person_id AND o.customer_id <> $1)
               AND NOT EXISTS (SELECT 1 FROM staff s WHERE s.person_id = m.person_id)";
    let rows = query(conn, sql, [customer.0.into()]).await?;
    let persons = rows.iter().map(|row| Ok(row.try_get("", "person_id")?)).collect::<StoreResult<Vec<uuid::Uuid>>>()?;
    // Sessions and tickets of those who stay with another account end here too.
    execute(conn, "DELETE FROM live_ticket WHERE customer_id = $1", [customer.0.into()]).await?;
    execute(
        conn,
        "DELETE FROM passkey_ceremony WHERE session_id IN (SELECT id FROM session WHERE customer_id = $1)",
        [customer.0.into()],
    )
    .await?;
    execute(conn, "DELETE FROM session WHERE customer_id = $1", [customer.0.into()]).await?;
    for (table, whose, end) in TABLES {
        let act = match end {
            End::Keep => continue,
            End::Delete => format!("DELETE FROM {table}"),
            End::Strip(what) => format!("UPDATE {table} SET {what}"),
        };
        match whose {
            Whose::Person(column) => {
                for person in &persons {
                    execute(conn, &format!("{act} WHERE {column} = $1"), [(*person).into()]).await?;
                }
            }
            Whose::Customer(column) => {
                execute(conn, &format!("{act} WHERE {column} = $1"), [customer.0.into()]).await?;
            }
            Whose::Order(column) => {
                let orders = "(SELECT id FROM customer_order WHERE customer_id = $1)";
                execute(conn, &format!("{act} WHERE {column} IN {orders}"), [customer.0.into()]).await?;
            }
        }
    }
    execute(conn, "DELETE FROM membership WHERE customer_id = $1", [customer.0.into()]).await?;
    super::orders::forget_devices(conn, customer).await
}

/// A copy of a person's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub state: DataCopyState,
    pub asked_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// Asks for one, unless one is being gathered or waits to be fetched; whether it is new.
///
/// # Errors
/// Only the database's own.
pub async fn ask_copy<C: ConnectionTrait>(conn: &C, person: UserId, now: Timestamp) -> StoreResult<bool> {
    let sql = "INSERT INTO data_copy (person_id, state, asked_at) VALUES ($1, 'gathering', $2)
               ON CONFLICT (person_id) DO UPDATE SET state = 'gathering', asked_at = $2, expires_at = NULL, content = NULL
               WHERE data_copy.state NOT IN ('gathering', 'ready') OR data_copy.expires_at <= $2";
    Ok(execute(conn, sql, [person.0.into(), now.millis().into()]).await? == 1)
}

/// How the copy of a person stands.
///
/// # Errors
/// Only the database's own.
pub async fn copy_of<C: ConnectionTrait>(conn: &C, person: UserId, now: Timestamp) -> StoreResult<Option<Copy>> {
    let rows = query(conn, "SELECT state, asked_at, expires_at FROM data_copy WHERE person_id = $1", [person.0.into()]);
    let rows = rows.await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let state: String = row.try_get("", "state")?;
    let expires_at = row.try_get::<Option<i64>>("", "expires_at")?.map(Timestamp);
    let over = expires_at.is_some_and(|end| end <= now);
    let state =
        if over { DataCopyState::None } else { DataCopyState::from_name(&state).unwrap_or(DataCopyState::None) };
    Ok(Some(Copy {
        state,
        asked_at: Timestamp(row.try_get("", "asked_at")?),
        expires_at: expires_at.filter(|_| !over),
    }))
}

/// Keeps what was gathered; `false` when nobody waits for it any more.
///
/// # Errors
/// Only the database's own.
pub async fn keep_copy<C: ConnectionTrait>(
    conn: &C,
    person: UserId,
    content: &Pii<String>,
    until: Timestamp,
) -> StoreResult<bool> {
    let sql = "UPDATE data_copy SET state = 'ready', content = $2, expires_at = $3
               WHERE person_id = $1 AND state = 'gathering'";
    let values = [person.0.into(), content.reveal().as_str().into(), until.millis().into()];
    Ok(execute(conn, sql, values).await? == 1)
}

/// Takes the copy, once.
///
/// # Errors
/// Only the database's own.
pub async fn take_copy<C: ConnectionTrait>(
    conn: &C,
    person: UserId,
    now: Timestamp,
) -> StoreResult<Option<Pii<String>>> {
    let sql = "SELECT content FROM data_copy WHERE person_id = $1 AND state = 'ready' AND expires_at > $2";
    let rows = query(conn, sql, [person.0.into(), now.millis().into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let content: Option<String> = row.try_get("", "content")?;
    let sql = "UPDATE data_copy SET state = 'fetched', content = NULL WHERE person_id = $1 AND state = 'ready'";
    let first = execute(conn, sql, [person.0.into()]).await? == 1;
    Ok(content.filter(|_| first).map(Pii::new))
}

/// Forgets copies whose time is over.
///
/// # Errors
/// Only the database's own.
pub async fn drop_copies<C: ConnectionTrait>(conn: &C, now: Timestamp) -> StoreResult<u64> {
    execute(conn, "DELETE FROM data_copy WHERE expires_at <= $1", [now.millis().into()]).await
}

/// When the end of an account was asked for, and when it comes.
///
/// # Errors
/// Only the database's own.
pub async fn closing<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<Option<(Timestamp, Timestamp)>> {
    let sql = "SELECT asked_at, closes_at FROM closing WHERE customer_id = $1 AND closed_at IS NULL";
    let rows = query(conn, sql, [owner.0.into()]).await?;
    rows.first()
        .map(|row| Ok((Timestamp(row.try_get("", "asked_at")?), Timestamp(row.try_get("", "closes_at")?))))
        .transpose()
}

/// Keeps the wish; `false` when it is known.
///
/// # Errors
/// Only the database's own.
pub async fn ask_closing<C: ConnectionTrait>(
    conn: &C,
    owner: CustomerId,
    now: Timestamp,
    closes_at: Timestamp,
) -> StoreResult<bool> {
    let sql = "INSERT INTO closing (customer_id, asked_at, closes_at) VALUES ($1, $2, $3) ON CONFLICT (customer_id) DO NOTHING";
    Ok(execute(conn, sql, [owner.0.into(), now.millis().into(), closes_at.millis().into()]).await? == 1)
}

/// Withdraws it; `false` when there is none, or it is too late.
///
/// # Errors
/// Only the database's own.
pub async fn withdraw_closing<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<bool> {
    Ok(execute(conn, "DELETE FROM closing WHERE customer_id = $1 AND closed_at IS NULL", [owner.0.into()]).await? == 1)
}

/// Marks it as carried out.
///
/// # Errors
/// Only the database's own.
pub async fn closed<C: ConnectionTrait>(conn: &C, owner: CustomerId, now: Timestamp) -> StoreResult<()> {
    execute(conn, "UPDATE closing SET closed_at = $2 WHERE customer_id = $1", [owner.0.into(), now.millis().into()])
        .await?;
    Ok(())
}

/// Whether the person is the owner of the account, and how many orders are under way.
///
/// # Errors
/// Only the database's own.
pub async fn standing<C: ConnectionTrait>(conn: &C, person: UserId, owner: CustomerId) -> StoreResult<(bool, i64)> {
    let sql = "SELECT (SELECT count(*) FROM membership WHERE person_id = $1 AND customer_id = $2 AND role = 'owner') AS owner,
                      (SELECT count(*) FROM customer_order WHERE customer_id = $2 AND stage NOT IN ('active', 'rejected')) AS open";
    let rows = query(conn, sql, [person.0.into(), owner.0.into()]).await?;
    let Some(row) = rows.first() else { return Ok((false, 0)) };
    Ok((row.try_get::<i64>("", "owner")? > 0, row.try_get("", "open")?))
}
