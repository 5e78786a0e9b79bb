//! Table `customer`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub number: String,
    pub family_name: String,
    pub given_name: String,
    pub email: String,
    pub phone: String,
    pub postcode: String,
    pub prefecture: String,
    pub city: String,
    pub line1: String,
    pub line2: String,
    pub salesforce_account_id: Option<String>,
    pub whmcs_client_id: Option<i64>,
    /// As last seen; `None` was never looked at.
    pub billing_link: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
