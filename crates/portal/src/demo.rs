//! The demo customer of the sandbox, a person of the staff, and stock to order from. Only ever with the sandbox.

use crate::commands::staff;
use anyhow::Context as _;
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer};
use domain::{CustomerId, UserId};
use platform::clock::new_id;
use platform::store::inventory::{self, StockKind};
use platform::store::{StoreError, accounts};
use platform::{Clock, Db};

/// Sign-in of the demo customer; the sandbox knows the same person as customer C-100001.
pub const EMAIL: &str = "mika@example.com";
pub const PASSWORD: &str = "sakura-demo-2026";

/// Sign-in of the demo staff, who is no customer.
pub const STAFF_EMAIL: &str = "staff@example.com";
pub const STAFF_PASSWORD: &str = "yamabuki-demo-2026";
const STAFF_NAME: &str = "Aoi";

/// Numbers that are never allotted (070-0…), and card numbers of our own pool.
const FIRST_NUMBER: u64 = 7_001_000_000;
const FIRST_CARD: u64 = 8_981_040_000_001_000_000;
const STOCK: u64 = 500;

/// Creates what is missing; repeating changes nothing.
pub async fn seed(db: &Db, clock: &Clock, whmcs_client_id: u64) -> anyhow::Result<()> {
    let tx = db.begin().await?;
    let numbers: Vec<String> = (0..STOCK).map(|n| format!("0{}", FIRST_NUMBER + n)).collect();
    inventory::add(&tx, StockKind::Msisdn, &numbers).await?;
    let cards: Vec<String> = (0..STOCK).map(|n| (FIRST_CARD + n).to_string()).collect();
    inventory::add(&tx, StockKind::Iccid, &cards).await?;
    tx.commit().await.map_err(StoreError::from)?;

    if accounts::person_with(db.conn(), STAFF_EMAIL).await?.is_none() {
        let (email, password) = (Pii::new(STAFF_EMAIL.to_owned()), Pii::new(STAFF_PASSWORD.to_owned()));
        let added = staff::add(db, None, &email, STAFF_NAME, Some(password), clock.now()).await;
        // Another process was faster.
        anyhow::ensure!(added.is_ok() || accounts::person_with(db.conn(), STAFF_EMAIL).await?.is_some(), "{added:?}");
    }
    if accounts::credentials(db.conn(), EMAIL).await?.is_some() {
        return Ok(());
    }
    let hash = bff::hash_password(PASSWORD.to_owned()).await.context("password could not be hashed")?;
    let text = |s: &str| Pii::new(s.to_owned());
    let customer = Customer {
        id: CustomerId(new_id()),
        number: "C-100001".to_owned(),
        family_name: text("Sato"),
        given_name: text("Mika"),
        email: text(EMAIL),
        phone: text("0700000001"),
        address: Address {
            postcode: text("100-0001"),
            prefecture: text("Tokyo"),
            city: text("Chiyoda"),
            line1: text("1-1-1 Chiyoda"),
            line2: text(""),
        },
        // Found by its customer number, the unique external id, at the first order.
        salesforce_account_id: None,
        whmcs_client_id: Some(whmcs_client_id),
    };
    let tx = db.begin().await?;
    let user = UserId(new_id());
    match accounts::insert_owner(&tx, user, &customer, &hash, Language::En, clock.now()).await {
        Ok(()) => tx.commit().await.map_err(StoreError::from)?,
        // Another process was faster.
        Err(StoreError::Taken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
