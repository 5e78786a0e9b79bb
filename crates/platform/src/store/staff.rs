//! The operator's staff: people who may look after runs and jobs. Who is one is read at every request, so that a role
//! that was taken away ends at once.

use super::{StoreError, StoreResult, execute, query, query_one};
use domain::common::pii::Pii;
use domain::{Timestamp, UserId};
use sea_orm::ConnectionTrait;

/// Somebody who may see and do what staff may. Made by [`find`] from a row of the table, or by [`Staff::at_the_console`]
/// for whoever holds the database's address; nothing else can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    user_id: Option<UserId>,
    name: String,
}

impl Staff {
    /// The command line: who can run it can read and write the database anyway.
    pub fn at_the_console() -> Self {
        Self { user_id: None, name: "console".to_owned() }
    }

    /// The person, when it is one.
    pub const fn user_id(&self) -> Option<UserId> {
        self.user_id
    }

    /// How colleagues know them; `console` at the command line.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// A row in the list of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRow {
    pub user_id: UserId,
    pub name: String,
    pub email: Pii<String>,
    pub granted_at: Timestamp,
    /// A name, or `console`.
    pub granted_by: String,
}

/// The person as staff; `None` for everybody else.
///
/// # Errors
/// Only the database's own.
pub async fn find<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<Staff>> {
    let row = query_one(conn, "SELECT name FROM staff WHERE person_id = $1", [user.0.into()]).await?;
    row.map(|r| Ok(Staff { user_id: Some(user), name: r.try_get("", "name")? })).transpose()
}

/// Makes a person one of the staff; `false` when they are already.
///
/// # Errors
/// Only the database's own.
pub async fn grant<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    name: &str,
    by: &Staff,
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "INSERT INTO staff (person_id, role, name, granted_at, granted_by) VALUES ($1, 'operator', $2, $3, $4)
               ON CONFLICT DO NOTHING";
    let values = [user.0.into(), name.into(), now.millis().into(), by.name().into()];
    Ok(execute(conn, sql, values).await? == 1)
}

/// Takes the role away; `false` when there was none.
///
/// # Errors
/// Only the database's own.
pub async fn revoke<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<bool> {
    Ok(execute(conn, "DELETE FROM staff WHERE person_id = $1", [user.0.into()]).await? == 1)
}

/// All staff, the longest-serving first.
///
/// # Errors
/// Only the database's own.
pub async fn list<C: ConnectionTrait>(conn: &C, _staff: &Staff) -> StoreResult<Vec<StaffRow>> {
    let sql = "SELECT s.person_id, s.name, p.email, s.granted_at, s.granted_by
               FROM staff s JOIN person p ON p.id = s.person_id ORDER BY s.granted_at, s.person_id";
    let rows = query(conn, sql, []).await?;
    rows.iter()
        .map(|r| {
            Ok(StaffRow {
                user_id: UserId(r.try_get("", "person_id")?),
                name: r.try_get("", "name")?,
                email: Pii::new(r.try_get("", "email").map_err(StoreError::Db)?),
                granted_at: Timestamp(r.try_get("", "granted_at")?),
                granted_by: r.try_get("", "granted_by")?,
            })
        })
        .collect()
}
