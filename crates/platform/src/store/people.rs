//! Members of a customer account: roles, lines, and the accounts of one person.

use super::entities::membership;
use super::{StoreError, StoreResult, execute, query, query_one};
use domain::auth::{Lines, Role};
use domain::common::pii::Pii;
use domain::{CustomerId, ServiceId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, DbBackend};
use std::collections::HashMap;

/// A member as the account's people see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub user_id: UserId,
    pub email: Pii<String>,
    pub family_name: Pii<String>,
    pub given_name: Pii<String>,
    pub role: Role,
    pub lines: Vec<ServiceId>,
    pub joined_at: Timestamp,
}

/// An account that a person belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRow {
    pub customer_id: CustomerId,
    pub number: String,
    pub family_name: Pii<String>,
    pub given_name: Pii<String>,
    pub role: Role,
}

/// How a person who is new is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnName {
    pub family_name: Pii<String>,
    pub given_name: Pii<String>,
    pub phone: Option<Pii<String>>,
}

/// Whoever changes the people of an account takes this first, so that two changes come one after the other. On SQLite a
/// writing transaction is alone anyway. `false` when there is no such account.
///
/// # Errors
/// Only the database's own.
pub async fn lock<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<bool> {
    let sql = match conn.get_database_backend() {
        DbBackend::Postgres => "SELECT id FROM customer WHERE id = $1 FOR UPDATE",
        _ => "SELECT id FROM customer WHERE id = $1",
    };
    Ok(query_one(conn, sql, [owner.0.into()]).await?.is_some())
}

/// What a person is to an account.
///
/// # Errors
/// Only the database's own, and a role of another release.
pub async fn role<C: ConnectionTrait>(conn: &C, owner: CustomerId, user: UserId) -> StoreResult<Option<Role>> {
    let sql = "SELECT role FROM membership WHERE customer_id = $1 AND person_id = $2";
    let row = query_one(conn, sql, [owner.0.into(), user.0.into()]).await?;
    row.map(|r| read_role(&r.try_get::<String>("", "role")?)).transpose()
}

/// Role and lines of a membership.
pub(super) async fn access_of<C: ConnectionTrait>(conn: &C, member: &membership::Model) -> StoreResult<(Role, Lines)> {
    let role = read_role(&member.role)?;
    if !role.has_lines() {
        return Ok((role, Lines::All));
    }
    let sql = "SELECT service_id FROM membership_line WHERE person_id = $1 AND customer_id = $2 ORDER BY service_id";
    let rows = query(conn, sql, [member.person_id.into(), member.customer_id.into()]).await?;
    let given = rows.iter().map(|r| read_line(r.try_get("", "service_id")?)).collect::<StoreResult<_>>()?;
    Ok((role, Lines::of(role, given)))
}

/// The members of an account, the first to join first.
///
/// # Errors
/// Only the database's own, and a role of another release.
pub async fn members<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<Vec<MemberRow>> {
    let sql = "SELECT service_id, person_id FROM membership_line WHERE customer_id = $1 ORDER BY service_id";
    let mut lines: HashMap<uuid::Uuid, Vec<ServiceId>> = HashMap::new();
    for row in query(conn, sql, [owner.0.into()]).await? {
        lines.entry(row.try_get("", "person_id")?).or_default().push(read_line(row.try_get("", "service_id")?)?);
    }
    let sql = "SELECT m.person_id AS person_id, m.role AS role, m.created_at AS created_at, p.email AS email,
                      COALESCE(p.family_name, c.family_name) AS family_name,
                      COALESCE(p.given_name, c.given_name) AS given_name
               FROM membership m JOIN person p ON p.id = m.person_id JOIN customer c ON c.id = m.customer_id
               WHERE m.customer_id = $1 ORDER BY m.created_at, m.person_id";
    let rows = query(conn, sql, [owner.0.into()]).await?;
    rows.iter()
        .map(|row| {
            let person: uuid::Uuid = row.try_get("", "person_id")?;
            let text = |column: &str| row.try_get::<String>("", column).map(Pii::new);
            Ok(MemberRow {
                user_id: UserId(person),
                email: text("email")?,
                family_name: text("family_name")?,
                given_name: text("given_name")?,
                role: read_role(&row.try_get::<String>("", "role")?)?,
                lines: lines.remove(&person).unwrap_or_default(),
                joined_at: Timestamp(row.try_get("", "created_at")?),
            })
        })
        .collect()
}

/// How many owners an account has.
///
/// # Errors
/// Only the database's own.
pub async fn owners<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<i64> {
    let sql = "SELECT count(*) AS n FROM membership WHERE customer_id = $1 AND role = 'owner'";
    let row = query_one(conn, sql, [owner.0.into()]).await?;
    Ok(row.ok_or(StoreError::Unreadable("count"))?.try_get("", "n")?)
}

/// Makes a person a member; `false` when they are one already.
///
/// # Errors
/// Only the database's own.
pub async fn add<C: ConnectionTrait>(
    conn: &C,
    owner: CustomerId,
    user: UserId,
    role: Role,
    lines: &[ServiceId],
    now: Timestamp,
) -> StoreResult<bool> {
    let sql = "INSERT INTO membership (person_id, customer_id, role, created_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (person_id, customer_id) DO NOTHING";
    let values = [user.0.into(), owner.0.into(), role.name().into(), now.millis().into()];
    if execute(conn, sql, values).await? == 0 {
        return Ok(false);
    }
    give_lines(conn, owner, user, role, lines).await?;
    Ok(true)
}

/// Gives a member another role and other lines; `false` when they are none.
///
/// # Errors
/// Only the database's own.
pub async fn change<C: ConnectionTrait>(
    conn: &C,
    owner: CustomerId,
    user: UserId,
    role: Role,
    lines: &[ServiceId],
) -> StoreResult<bool> {
    let sql = "UPDATE membership SET role = $3 WHERE person_id = $1 AND customer_id = $2";
    if execute(conn, sql, [user.0.into(), owner.0.into(), role.name().into()]).await? == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM membership_line WHERE person_id = $1 AND customer_id = $2";
    execute(conn, sql, [user.0.into(), owner.0.into()]).await?;
    give_lines(conn, owner, user, role, lines).await?;
    Ok(true)
}

/// Takes a member out of an account; `false` when they are none. Their lines go with the membership.
///
/// # Errors
/// Only the database's own.
pub async fn remove<C: ConnectionTrait>(conn: &C, owner: CustomerId, user: UserId) -> StoreResult<bool> {
    let sql = "DELETE FROM membership WHERE person_id = $1 AND customer_id = $2";
    Ok(execute(conn, sql, [user.0.into(), owner.0.into()]).await? == 1)
}

/// The accounts that a person belongs to, by number.
///
/// # Errors
/// Only the database's own, and a role of another release.
pub async fn accounts_of<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Vec<OwnRow>> {
    let sql = "SELECT c.id AS id, c.number AS number, c.family_name AS family_name, c.given_name AS given_name,
                      m.role AS role
               FROM membership m JOIN customer c ON c.id = m.customer_id WHERE m.person_id = $1 ORDER BY c.number";
    let rows = query(conn, sql, [user.0.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(OwnRow {
                customer_id: CustomerId(row.try_get("", "id")?),
                number: row.try_get("", "number")?,
                family_name: Pii::new(row.try_get("", "family_name")?),
                given_name: Pii::new(row.try_get("", "given_name")?),
                role: read_role(&row.try_get::<String>("", "role")?)?,
            })
        })
        .collect()
}

/// The account that a person acts for when they sign in: the one of their last session if they still belong to it, else
/// the one that they joined first.
///
/// # Errors
/// Only the database's own.
pub async fn account_at_sign_in<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<CustomerId>> {
    let sql = "SELECT m.customer_id AS id FROM membership m
               LEFT JOIN session s ON s.person_id = m.person_id AND s.customer_id = m.customer_id
               WHERE m.person_id = $1 GROUP BY m.customer_id, m.created_at
               ORDER BY COALESCE(max(s.created_at), 0) DESC, m.created_at, m.customer_id LIMIT 1";
    let row = query_one(conn, sql, [user.0.into()]).await?;
    Ok(row.map(|r| r.try_get("", "id")).transpose()?.map(CustomerId))
}

/// What a person is called, when that was ever said.
///
/// # Errors
/// Only the database's own.
pub async fn own_name<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<(String, String)>> {
    let sql = "SELECT family_name, given_name FROM person WHERE id = $1";
    let Some(row) = query_one(conn, sql, [user.0.into()]).await? else { return Ok(None) };
    let (family, given): (Option<String>, Option<String>) =
        (row.try_get("", "family_name")?, row.try_get("", "given_name")?);
    Ok(family.zip(given))
}

/// Keeps what a person is called.
///
/// # Errors
/// Only the database's own.
pub async fn set_own_name<C: ConnectionTrait>(conn: &C, user: UserId, name: &OwnName) -> StoreResult<()> {
    let sql = "UPDATE person SET family_name = $2, given_name = $3, phone = $4 WHERE id = $1";
    let values = [
        user.0.into(),
        name.family_name.reveal().as_str().into(),
        name.given_name.reveal().as_str().into(),
        name.phone.as_ref().map(|p| p.reveal().clone()).into(),
    ];
    execute(conn, sql, values).await?;
    Ok(())
}

async fn give_lines<C: ConnectionTrait>(
    conn: &C,
    owner: CustomerId,
    user: UserId,
    role: Role,
    lines: &[ServiceId],
) -> StoreResult<()> {
    if !role.has_lines() {
        return Ok(());
    }
    let sql = "INSERT INTO membership_line (person_id, customer_id, service_id) VALUES ($1, $2, $3)
               ON CONFLICT (person_id, customer_id, service_id) DO NOTHING";
    for line in lines {
        let id = i64::try_from(line.0).map_err(|_| StoreError::Unreadable("line"))?;
        execute(conn, sql, [user.0.into(), owner.0.into(), id.into()]).await?;
    }
    Ok(())
}

pub(super) fn read_role(name: &str) -> StoreResult<Role> {
    Role::from_name(name).ok_or(StoreError::Unreadable("role"))
}

fn read_line(id: i64) -> StoreResult<ServiceId> {
    u64::try_from(id).map(ServiceId).map_err(|_| StoreError::Unreadable("line"))
}
