//! The mails of the portal, read where the worker would take them: these tests run without one.

use domain::common::pii::Pii;
use platform::Db;
use platform::store::mails::MailFields;
use sea_orm::{ConnectionTrait as _, QueryResult, Statement};

/// A mail that waits to be sent.
#[derive(Clone, Debug)]
pub struct Read {
    pub template: String,
    pub language: String,
    pub fields: MailFields,
}

async fn rows(db: &Db, sql: &str, values: Vec<sea_orm::Value>) -> Vec<QueryResult> {
    let sql = Statement::from_sql_and_values(db.conn().get_database_backend(), sql, values);
    db.conn().query_all_raw(sql).await.unwrap()
}

/// The mails to an address, oldest first.
pub async fn to(db: &Db, email: &str) -> Vec<Read> {
    let sql = "SELECT template, language, fields FROM mail WHERE recipient = $1 AND state = 'waiting' ORDER BY id";
    let read = |row: &QueryResult| Read {
        template: row.try_get("", "template").unwrap(),
        language: row.try_get("", "language").unwrap(),
        fields: serde_json::from_value(row.try_get("", "fields").unwrap()).unwrap(),
    };
    rows(db, sql, vec![email.into()]).await.iter().map(read).collect()
}

/// The names of the mails to an address, oldest first, save those about browsers that were not seen before.
pub async fn names(db: &Db, email: &str) -> Vec<String> {
    to(db, email).await.into_iter().map(|mail| mail.template).filter(|name| name != "new_device").collect()
}

/// The token of the newest link of a kind to an address.
pub async fn link(db: &Db, email: &str, template: &str) -> String {
    let mails = to(db, email).await;
    let newest = mails.iter().rev().find(|mail| mail.template == template);
    let token = newest.unwrap_or_else(|| panic!("no {template} to {email}: {mails:?}")).fields.token.clone();
    token.map(Pii::into_inner).expect("a link")
}

/// States of all mails, oldest first.
pub async fn states(db: &Db) -> Vec<String> {
    let rows = rows(db, "SELECT state FROM mail ORDER BY id", vec![]).await;
    rows.iter().map(|row| row.try_get("", "state").unwrap()).collect()
}
