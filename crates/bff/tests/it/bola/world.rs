//! Two customers who own something of everything, staff, nobody, and how all of it stands.

use super::table::Id;
use crate::browser::Browser;
use crate::harness::{PASSWORD, TestPortal};
use domain::UserId;
use domain::auth::Me;
use domain::orders::contract::OrderDetail;
use domain::orders::fulfilment::plan;
use platform::clock::new_id;
use platform::queue::{NewJob, Work, enqueue};
use platform::store::{orders, runs};
use platform::{Cause, Change, Owner};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};

/// What belongs to one customer.
#[derive(Clone, Debug)]
pub struct Ids {
    pub order: String,
    pub service: String,
    /// Of the customer's order.
    pub job: String,
    pub session: String,
    pub passkey: String,
    pub person: String,
    pub invitation: String,
    pub customer: String,
    /// What nobody else may read: ids, names, numbers.
    pub marks: Vec<String>,
}

impl Ids {
    pub fn of(&self, id: Id) -> &str {
        match id {
            Id::Order => &self.order,
            Id::Service => &self.service,
            Id::Job => &self.job,
            Id::Session => &self.session,
            Id::Passkey => &self.passkey,
            Id::Person => &self.person,
            Id::Invitation => &self.invitation,
        }
    }
}

pub struct Customer {
    pub browser: Browser,
    pub ids: Ids,
}

/// A customer of the sandbox's seed with an order placed and its job queued.
pub async fn customer(portal: &TestPortal, email: &str, name: (&str, &str), number: &str, client: u64) -> Customer {
    let browser = portal.known(email, name, number, client).await;
    let answer = browser.order(&new_id().to_string(), &portal.sim_order().await).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let placed: OrderDetail = answer.json();
    let me: Me = browser.get("/api/auth/me").await.json();
    let conn = portal.db.conn();
    let owner = Owner::for_system(me.customer_id.unwrap());
    let order = orders::find(conn, owner, placed.id).await.unwrap().unwrap();
    let subject = order.salesforce_order_id.clone();
    let cause = Cause { person: None, request_id: None, now: portal.clock.now() };
    let mut change = Change::begin(&portal.db, cause).await.unwrap();
    runs::open(&mut change, &order, &plan(&order.content.kinds())).await.unwrap();
    change.commit(&portal.bus).await.unwrap();
    let work = Work::Provision { salesforce_order_id: subject.clone() };
    assert!(enqueue(conn, NewJob { work, request_id: None }).await.unwrap());
    let job: uuid::Uuid = {
        let sql = "SELECT id FROM job WHERE dedupe_key = $1";
        let find = Statement::from_sql_and_values(conn.get_database_backend(), sql, [subject.clone().into()]);
        conn.query_one_raw(find).await.unwrap().unwrap().try_get("", "id").unwrap()
    };
    let services = portal.world().whmcs_services();
    let own = |s: &&Value| s["userid"].as_u64().or(s["clientid"].as_u64()) == Some(client);
    let service = services.iter().find(own).expect("the seed gives every customer a service")["id"].to_string();
    let (session, passkey) = (second_session(portal, &browser, email).await, passkey(portal, me.user_id).await);
    let guest = json!({ "email": format!("guest.of.{number}@example.com"), "role": "billing" });
    let invited = browser.post("/api/account/people/invitations", &guest).await;
    assert_eq!(invited.status, 201, "{}", invited.body);
    let invitation = invited.json::<Value>()["id"].as_str().unwrap().to_owned();
    let (person, customer) = (me.user_id.to_string(), me.customer_id.unwrap().to_string());
    let marks = vec![
        session.clone(),
        passkey.clone(),
        invitation.clone(),
        format!("guest.of.{number}"),
        placed.id.to_string(),
        placed.number.clone(),
        subject,
        email.to_owned(),
        number.to_owned(),
        me.customer_id.unwrap().to_string(),
        me.user_id.to_string(),
        job.to_string(),
    ];
    let (order, service, job) = (placed.id.to_string(), service.replace('"', ""), job.to_string());
    let ids = Ids { order, service, job, session, passkey, person, invitation, customer, marks };
    Customer { browser, ids }
}

/// Somewhere else where the same person is signed in.
async fn second_session(portal: &TestPortal, first: &Browser, email: &str) -> String {
    let mut second = portal.browser();
    second.login(email, PASSWORD).await;
    let seen: Value = first.get("/api/account/sessions").await.json();
    let other = seen["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false);
    other.expect("the second one is listed")["id"].as_str().unwrap().to_owned()
}

/// A passkey that nobody can use, with a name and an id like any other.
async fn passkey(portal: &TestPortal, person: UserId) -> String {
    let (conn, id) = (portal.db.conn(), new_id());
    let sql = "INSERT INTO passkey (id, person_id, credential_id, credential, name, created_at)
               VALUES ($1, $2, $3, $4, 'A key', 1)";
    let credential = id.as_bytes().to_vec();
    let values = [id.into(), person.0.into(), credential.into(), json!({}).into()];
    conn.execute_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, values)).await.unwrap();
    id.to_string()
}

/// Rows that change by themselves or by whoever asks, whatever is asked.
const RESTLESS: &[&str] = &["upstream_health", "live_ticket"];

/// Every row of the database and everything in the three systems.
pub async fn standing(portal: &TestPortal) -> Vec<(String, String)> {
    let conn = portal.db.conn();
    let backend = conn.get_database_backend();
    let names = match backend {
        DbBackend::Postgres => "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let mut found = Vec::new();
    for row in conn.query_all_raw(Statement::from_string(backend, names)).await.unwrap() {
        let table: String = row.try_get("", "name").unwrap();
        if RESTLESS.contains(&table.as_str()) {
            continue;
        }
        let sql = match backend {
            DbBackend::Postgres => {
                format!("SELECT coalesce(string_agg(t::text, ';' ORDER BY t::text), '') AS rows FROM {table} t")
            }
            _ => {
                let columns = format!(
                    "SELECT group_concat('quote(' || name || ')', '||'',''||') AS c FROM pragma_table_info('{table}')"
                );
                let row = conn.query_one_raw(Statement::from_string(backend, columns)).await.unwrap().unwrap();
                let columns: String = row.try_get("", "c").unwrap();
                format!(
                    "SELECT coalesce(group_concat(r, ';'), '') AS rows FROM (SELECT {columns} AS r FROM {table} ORDER BY 1)"
                )
            }
        };
        let row = conn.query_one_raw(Statement::from_string(backend, sql)).await.unwrap().unwrap();
        found.push((table, row.try_get("", "rows").unwrap()));
    }
    found.sort();
    let world = portal.world().dump();
    for part in ["salesforce", "whmcs", "freebit", "events"] {
        found.push((part.to_owned(), without_records_of_reading(&world[part])));
    }
    found
}

/// Sign-ons that our own process makes to read are no change of anything.
fn without_records_of_reading(part: &Value) -> String {
    let mut part = part.clone();
    if let Some(tables) = part.as_object_mut() {
        tables.retain(|name, _| !["token", "session", "log", "call"].iter().any(|word| name.contains(word)));
    }
    part.to_string()
}
