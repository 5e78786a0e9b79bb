//! The wall between customers on PostgreSQL: a role that customers' requests run as, and for each table what that role may
//! touch. A query that forgets its condition finds nothing of others; a table that is not listed cannot be reached at all.
//!
//! The role owns nothing. The user that migrates owns the tables, and policies do not bind the owner: worker, staff and
//! sign-in work as that user, and so do processes of a release that knows no wall. On SQLite there is nothing to build.

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait as _,
};

/// Whom customers' requests run as. Nobody signs in as it.
pub const ROLE: &str = "portal_customer";

/// Setting with the customer of the request, empty outside of one.
pub const CUSTOMER: &str = "portal.customer_id";
/// Setting with the person of the request, empty outside of one.
pub const PERSON: &str = "portal.person_id";

/// What customers' requests may do with a table.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// Rows that keep `rows` may be read and written as `grants` say. `$customer` and `$person` stand for those of the request.
    Rows { grants: &'static str, rows: &'static str },
    /// Rows may be added. Of those that are there, the named columns can be seen: whatever a conflict rule needs.
    Add { seen: &'static str },
    /// Holds what belongs to customers or people, and no request of a customer touches it as one.
    Closed,
    /// Holds nothing of customers.
    Ours,
}

use Reach::{Add, Closed, Ours, Rows};

const OF_CUSTOMER: &str = "customer_id = $customer";
const OF_PERSON: &str = "person_id = $person";
const OF_ORDER: &str = "EXISTS (SELECT 1 FROM customer_order o WHERE o.id = order_id AND o.customer_id = $customer)";

/// Every table of the portal. One that is missing here fails a test, and cannot be reached by customers' requests.
pub const TABLES: &[(&str, Reach)] = &[
    ("counter", Ours),
    ("customer", Rows { grants: "SELECT, UPDATE (salesforce_account_id, whmcs_client_id)", rows: "id = $customer" }),
    (
        "person",
        // The hash of the password is for sign-in alone.
        Rows {
            grants: "SELECT (id, email, language, created_at)",
            rows: "id = $person OR EXISTS (SELECT 1 FROM membership m WHERE m.person_id = id AND m.customer_id = $customer)",
        },
    ),
    ("membership", Rows { grants: "SELECT", rows: "customer_id = $customer OR person_id = $person" }),
    (
        "session",
        Rows {
            grants: "SELECT (id, person_id, customer_id, created_at, expires_at, ended_at, end_reason)",
            rows: OF_PERSON,
        },
    ),
    ("live_ticket", Rows { grants: "INSERT", rows: OF_CUSTOMER }),
    ("customer_order", Rows { grants: "SELECT, INSERT", rows: OF_CUSTOMER }),
    ("idempotency_request", Rows { grants: "SELECT, INSERT, UPDATE, DELETE", rows: OF_PERSON }),
    ("domain_event", Rows { grants: "SELECT, INSERT", rows: OF_CUSTOMER }),
    ("run", Rows { grants: "SELECT", rows: OF_ORDER }),
    ("run_step", Rows { grants: "SELECT", rows: OF_ORDER }),
    ("job", Add { seen: "id, kind, dedupe_key" }),
    // Whether another customer's order keeps a number is nothing that a customer's request may look up as itself.
    ("port_in", Closed),
    ("inventory", Closed),
    ("staff", Closed),
    // Sign-in, mails and their links, the people of an account and its end: the portal decides from the role that it reads
    // itself, and a request of a customer reaches none of these rows as one.
    ("mail", Closed),
    ("mail_token", Closed),
    ("email_change", Closed),
    ("link_request", Closed),
    ("tries", Closed),
    ("sign_in_guard", Closed),
    ("sign_in_challenge", Closed),
    ("totp_secret", Closed),
    ("recovery_code", Closed),
    ("passkey", Closed),
    ("passkey_ceremony", Closed),
    ("known_device", Closed),
    ("membership_line", Closed),
    ("invitation", Closed),
    ("data_copy", Closed),
    ("closing", Closed),
    ("inbox_event", Ours),
    ("replay_cursor", Ours),
    ("stream_state", Ours),
    ("lease", Ours),
    ("drift", Ours),
    ("upstream_health", Ours),
    ("seaql_migrations", Ours),
];

/// Makes the role. Must run in a transaction.
///
/// # Errors
/// When the role is missing and this user may not make it: the message says what an administrator has to run.
pub async fn make_role<C: ConnectionTrait>(conn: &C) -> Result<(), DbErr> {
    if conn.get_database_backend() == DbBackend::Postgres { have_role(conn).await } else { Ok(()) }
}

/// Builds what is missing, for the tables that are there. Nothing is locked when nothing is missing; else one table at a
/// time, in a transaction of its own, so that nobody waits for more than one.
///
/// # Errors
/// When a table is not had within half a second: what is built stays, and the call can be repeated.
pub async fn build(db: &DatabaseConnection) -> Result<(), DbErr> {
    for (name, reach) in missing_tables(db, true).await? {
        let statements = match reach {
            Ours => continue,
            Closed => vec![format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")],
            Rows { grants, rows } => {
                let rows = rows
                    .replace("$customer", &format!("nullif(current_setting('{CUSTOMER}', true), '')::uuid"))
                    .replace("$person", &format!("nullif(current_setting('{PERSON}', true), '')::uuid"));
                part(name, grants, &format!("USING ({rows}) WITH CHECK ({rows})"), reach)
            }
            Add { seen } => part(name, &format!("INSERT, SELECT ({seen})"), "USING (true) WITH CHECK (true)", reach),
        };
        let tx = db.begin().await?;
        tx.execute_unprepared("SET LOCAL lock_timeout = '500ms'").await?;
        for sql in statements {
            tx.execute_unprepared(&sql).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Listed tables that are there and whose part of the wall is not; with `exact`, or is not as the list says. A newer
/// release's list may say something else, and a process of this one must still start beside it.
async fn missing_tables<C: ConnectionTrait>(
    conn: &C,
    exact: bool,
) -> Result<Vec<(&'static str, &'static Reach)>, DbErr> {
    if conn.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT c.relname AS name, c.relrowsecurity AS secured, obj_description(p.oid, 'pg_policy') AS built
               FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'portal_customer'
               WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace";
    let mut missing = Vec::new();
    for row in query(conn, sql).await? {
        let (name, secured): (String, bool) = (row.try_get("", "name")?, row.try_get("", "secured")?);
        let built: Option<String> = row.try_get("", "built")?;
        let Some((name, reach)) = TABLES.iter().find(|(table, _)| *table == name) else { continue };
        let whole = match reach {
            Ours => true,
            Closed => secured,
            Rows { .. } | Add { .. } => match &built {
                Some(built) => secured && (!exact || *built == wording(reach)),
                None => false,
            },
        };
        if !whole {
            missing.push((*name, reach));
        }
    }
    Ok(missing)
}

/// The policy's comment: what it was built from, so that a changed row of the list builds it anew.
fn wording(reach: &Reach) -> String {
    format!("{reach:?}")
}

fn part(table: &str, grants: &str, policy: &str, reach: &Reach) -> Vec<String> {
    vec![
        format!("REVOKE ALL ON {table} FROM {ROLE}"),
        format!("GRANT {grants} ON {table} TO {ROLE}"),
        format!("DROP POLICY IF EXISTS portal_customer ON {table}"),
        format!("CREATE POLICY portal_customer ON {table} FOR ALL TO {ROLE} {policy}"),
        format!("COMMENT ON POLICY portal_customer ON {table} IS '{}'", wording(reach).replace('\'', "''")),
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
    ]
}

/// Takes the wall away. The role stays: it belongs to the server, and other databases may use it.
///
/// # Errors
/// Only the database's own.
pub async fn take_down<C: ConnectionTrait>(conn: &C) -> Result<(), DbErr> {
    if conn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let secured = "SELECT c.relname AS name FROM pg_class c
                   WHERE c.relrowsecurity AND c.relnamespace = current_schema()::regnamespace";
    for row in query(conn, secured).await? {
        let name: String = row.try_get("", "name")?;
        for sql in [
            format!("DROP POLICY IF EXISTS portal_customer ON {name}"),
            format!("ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"),
            format!("REVOKE ALL ON {name} FROM {ROLE}"),
        ] {
            conn.execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}

/// Whether customers' requests can run as the role, and the wall is whole.
///
/// # Errors
/// What is missing, in words for the operator.
pub async fn require<C: ConnectionTrait>(conn: &C) -> Result<(), DbErr> {
    if conn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    if !role(conn).await?.usable {
        return Err(missing(conn).await);
    }
    let names: Vec<_> = missing_tables(conn, false).await?.into_iter().map(|(name, _)| name).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(DbErr::Custom(format!("the wall between customers has gaps ({}); run `portal migrate`", names.join(", "))))
}

struct Role {
    there: bool,
    usable: bool,
    /// This user may make roles.
    may_make: bool,
}

async fn role<C: ConnectionTrait>(conn: &C) -> Result<Role, DbErr> {
    let sql = format!(
        "SELECT r.oid IS NOT NULL AS there, coalesce(pg_has_role(u.oid, r.oid, 'MEMBER'), false) AS usable,
                u.rolcreaterole OR u.rolsuper AS may_make
         FROM pg_roles u LEFT JOIN pg_roles r ON r.rolname = '{ROLE}' WHERE u.rolname = current_user"
    );
    let rows = query(conn, &sql).await?;
    let row = rows.first().ok_or_else(|| DbErr::Custom("the database does not know who asks".to_owned()))?;
    Ok(Role {
        there: row.try_get("", "there")?,
        usable: row.try_get("", "usable")?,
        may_make: row.try_get("", "may_make")?,
    })
}

async fn have_role<C: ConnectionTrait>(conn: &C) -> Result<(), DbErr> {
    let found = role(conn).await?;
    if found.usable {
        return Ok(());
    }
    if !found.may_make {
        return Err(missing(conn).await);
    }
    // Roles belong to the server: a process that migrates another database may make it at the same moment.
    let make = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    if !found.there {
        conn.execute_unprepared(&make).await?;
    }
    if !role(conn).await?.usable {
        conn.execute_unprepared(&format!("GRANT {ROLE} TO CURRENT_USER")).await?;
    }
    Ok(())
}

async fn missing<C: ConnectionTrait>(conn: &C) -> DbErr {
    let user: Result<String, DbErr> = match query(conn, "SELECT quote_ident(current_user) AS name").await {
        Ok(rows) => rows.first().map_or_else(|| Ok(String::new()), |row| row.try_get("", "name")),
        Err(error) => Err(error),
    };
    let user = user.unwrap_or_else(|_| "<the portal's user>".to_owned());
    DbErr::Custom(format!(
        "customers' requests run as the database role {ROLE}, which is missing or not granted, and {user} may not make roles. \
         As an administrator of the database run: CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {user}; then start again \
         (leave CREATE ROLE out when it exists)"
    ))
}

async fn query<C: ConnectionTrait>(conn: &C, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    conn.query_all_raw(Statement::from_string(DbBackend::Postgres, sql.to_owned())).await
}
