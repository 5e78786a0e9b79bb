//! People and the customer accounts they are members of.

use super::entities::{customer, membership, person};
use super::{StoreError, StoreResult, execute, on_unique, people, query, query_one, staff};
use crate::owner::Owner;
use domain::auth::{BillingLink, Me};
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer};
use domain::{CustomerId, Timestamp, UserId};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

/// The unique constraint on a person's mail address.
pub const EMAIL: &str = "person_email_key";

/// The unique constraint on a customer number.
pub const NUMBER: &str = "customer_number_key";

/// A person as sign-in needs them.
pub struct Credentials {
    pub user_id: UserId,
    /// The account they act for; staff need none.
    pub customer_id: Option<CustomerId>,
    /// PHC string.
    pub password_hash: String,
}

/// The next customer number, such as `C-200001`. Numbers of an abandoned sign-up stay unused.
///
/// # Errors
/// Only the database's own.
pub async fn next_customer_number<C: ConnectionTrait>(conn: &C) -> StoreResult<String> {
    let row = query_one(
        conn,
        "INSERT INTO counter (name, value) VALUES ('customer', 200001)
         ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        [],
    )
    .await?;
    let value: i64 = row.ok_or(StoreError::Unreadable("counter"))?.try_get("", "value")?;
    Ok(format!("C-{value}"))
}

/// Inserts a person, their customer account and the membership as owner.
///
/// # Errors
/// [`StoreError::Taken`] with [`EMAIL`] when the mail address has an account, with [`NUMBER`] when the customer has one.
pub async fn insert_owner<C: ConnectionTrait>(
    conn: &C,
    user_id: UserId,
    account: &Customer,
    password_hash: &str,
    language: Language,
    now: Timestamp,
) -> StoreResult<()> {
    let email = account.email.reveal().clone();
    insert_person(conn, user_id, &account.email, password_hash, language, now).await?;
    let address = &account.address;
    let row = customer::ActiveModel {
        id: Set(account.id.0),
        number: Set(account.number.clone()),
        family_name: Set(account.family_name.reveal().clone()),
        given_name: Set(account.given_name.reveal().clone()),
        email: Set(email),
        phone: Set(account.phone.reveal().clone()),
        postcode: Set(address.postcode.reveal().clone()),
        prefecture: Set(address.prefecture.reveal().clone()),
        city: Set(address.city.reveal().clone()),
        line1: Set(address.line1.reveal().clone()),
        line2: Set(address.line2.reveal().clone()),
        salesforce_account_id: Set(account.salesforce_account_id.clone()),
        whmcs_client_id: Set(account.whmcs_client_id.and_then(|id| i64::try_from(id).ok())),
        billing_link: Set(None),
        created_at: Set(now.millis()),
    };
    let inserted = customer::Entity::insert(row).exec_without_returning(conn).await;
    inserted.map_err(|e| on_unique(e, NUMBER, "customer.number"))?;
    let member = membership::ActiveModel {
        person_id: Set(user_id.0),
        customer_id: Set(account.id.0),
        role: Set("owner".to_owned()),
        created_at: Set(now.millis()),
    };
    membership::Entity::insert(member).exec_without_returning(conn).await?;
    Ok(())
}

/// Inserts a person without a customer account.
///
/// # Errors
/// [`StoreError::Taken`] with [`EMAIL`] when the mail address belongs to a person.
pub async fn insert_person<C: ConnectionTrait>(
    conn: &C,
    user_id: UserId,
    email: &Pii<String>,
    password_hash: &str,
    language: Language,
    now: Timestamp,
) -> StoreResult<()> {
    let person = person::ActiveModel {
        id: Set(user_id.0),
        email: Set(email.reveal().clone()),
        password_hash: Set(password_hash.to_owned()),
        language: Set(language_name(language).to_owned()),
        created_at: Set(now.millis()),
    };
    let inserted = person::Entity::insert(person).exec_without_returning(conn).await;
    inserted.map(drop).map_err(|e| on_unique(e, EMAIL, "person.email"))
}

/// Whether an account has invited this address and waits.
async fn is_invited<C: ConnectionTrait>(conn: &C, email: &str) -> StoreResult<bool> {
    let sql = "SELECT 1 AS n FROM invitation WHERE email = $1 AND ended_at IS NULL LIMIT 1";
    Ok(query_one(conn, sql, [email.into()]).await?.is_some())
}

/// Where a person gets their mail, and in which language; `None` when there is no such person.
///
/// # Errors
/// Only the database's own.
pub async fn mail_address<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<(Pii<String>, Language)>> {
    let sql = "SELECT email, language FROM person WHERE id = $1";
    let Some(row) = query_one(conn, sql, [user.0.into()]).await? else { return Ok(None) };
    let language = if row.try_get::<String>("", "language")? == "ja" { Language::Ja } else { Language::En };
    Ok(Some((Pii::new(row.try_get("", "email")?), language)))
}

/// The person with this mail address, whoever they are.
///
/// # Errors
/// Only the database's own.
pub async fn person_with<C: ConnectionTrait>(conn: &C, email: &str) -> StoreResult<Option<UserId>> {
    let row = query_one(conn, "SELECT id FROM person WHERE email = $1", [email.into()]).await?;
    row.map(|r| Ok(UserId(r.try_get("", "id")?))).transpose()
}

/// The person with this mail address (already normalised) and the account they act for; `None` for somebody who has
/// neither an account nor a place among the staff, unless an invitation waits for them.
///
/// # Errors
/// Only the database's own.
pub async fn credentials<C: ConnectionTrait>(conn: &C, email: &str) -> StoreResult<Option<Credentials>> {
    let Some(found) = person::Entity::find().filter(person::Column::Email.eq(email)).one(conn).await? else {
        return Ok(None);
    };
    let customer_id = people::account_at_sign_in(conn, UserId(found.id)).await?;
    if customer_id.is_none()
        && staff::find(conn, UserId(found.id)).await?.is_none()
        && !is_invited(conn, &found.email).await?
    {
        return Ok(None);
    }
    Ok(Some(Credentials { user_id: UserId(found.id), customer_id, password_hash: found.password_hash }))
}

/// The account that a person acts for; `None` for somebody who has neither an account nor a place among the staff.
///
/// # Errors
/// Only the database's own.
pub async fn entry<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<Option<CustomerId>>> {
    let member = membership::Entity::find().filter(membership::Column::PersonId.eq(user.0)).one(conn).await?;
    if member.is_none() && staff::find(conn, user).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(member.map(|m| CustomerId(m.customer_id))))
}

/// Replaces the stored hash, when hashing parameters have risen.
///
/// # Errors
/// Only the database's own.
pub async fn set_password_hash<C: ConnectionTrait>(conn: &C, user: UserId, hash: &str) -> StoreResult<()> {
    execute(conn, "UPDATE person SET password_hash = $2 WHERE id = $1", [user.0.into(), hash.into()]).await?;
    Ok(())
}

/// What a signed-in person learns about themselves; `None` when there is no such person, or they are no member of the
/// account that they want to act for.
///
/// # Errors
/// Only the database's own.
pub async fn me<C: ConnectionTrait>(conn: &C, user: UserId, owner: Option<CustomerId>) -> StoreResult<Option<Me>> {
    let Some(person) = person::Entity::find_by_id(user.0).one(conn).await? else { return Ok(None) };
    let staff = staff::find(conn, user).await?;
    let role = match owner {
        Some(owner) => people::role(conn, owner, user).await?,
        None => None,
    };
    let account = match owner.filter(|_| role.is_some()) {
        Some(owner) => customer::Entity::find_by_id(owner.0).one(conn).await?,
        None => None,
    };
    if account.is_none() && staff.is_none() && (owner.is_some() || !is_invited(conn, &person.email).await?) {
        return Ok(None);
    }
    let (family_name, given_name) = match (people::own_name(conn, user).await?, &account, &staff) {
        (Some(own), ..) => own,
        (None, Some(account), _) => (account.family_name.clone(), account.given_name.clone()),
        (None, None, Some(staff)) => (String::new(), staff.name().to_owned()),
        (None, None, None) => (String::new(), String::new()),
    };
    Ok(Some(Me {
        user_id: user,
        customer_id: account.as_ref().map(|a| CustomerId(a.id)),
        role: role.filter(|_| account.is_some()),
        billing_link: account.as_ref().map(billing_link),
        customer_number: account.map(|a| a.number),
        email: Pii::new(person.email),
        given_name: Pii::new(given_name),
        family_name: Pii::new(family_name),
        staff: staff.is_some(),
        language: if person.language == "ja" { Language::Ja } else { Language::En },
    }))
}

/// The customer account with its upstream ids.
///
/// # Errors
/// Only the database's own.
pub async fn customer<C: ConnectionTrait>(conn: &C, owner: Owner) -> StoreResult<Option<Customer>> {
    Ok(customer::Entity::find_by_id(owner.customer_id().0).one(conn).await?.map(from_row))
}

/// The account that is billed as this WHMCS client.
///
/// # Errors
/// Only the database's own.
pub async fn customer_of_client<C: ConnectionTrait>(conn: &C, client_id: u64) -> StoreResult<Option<CustomerId>> {
    let Ok(client_id) = i64::try_from(client_id) else { return Ok(None) };
    let row = query_one(conn, "SELECT id FROM customer WHERE whmcs_client_id = $1", [client_id.into()]).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?.map(CustomerId))
}

/// Keeps the account's Salesforce id. The same value every time, so repeating is harmless.
///
/// # Errors
/// Only the database's own.
pub async fn set_salesforce_account<C: ConnectionTrait>(conn: &C, owner: Owner, id: &str) -> StoreResult<()> {
    let sql = "UPDATE customer SET salesforce_account_id = $2 WHERE id = $1";
    execute(conn, sql, [owner.customer_id().0.into(), id.into()]).await?;
    Ok(())
}

/// Keeps the account's WHMCS client id.
///
/// # Errors
/// Only the database's own.
pub async fn set_whmcs_client<C: ConnectionTrait>(conn: &C, owner: Owner, id: u64) -> StoreResult<()> {
    let id = i64::try_from(id).map_err(|_| StoreError::Unreadable("client id"))?;
    execute(conn, "UPDATE customer SET whmcs_client_id = $2 WHERE id = $1", [owner.customer_id().0.into(), id.into()])
        .await?;
    Ok(())
}

/// Where a person is written to.
pub struct Contact {
    pub email: Pii<String>,
    pub language: Language,
}

/// # Errors
/// Only the database's own.
pub async fn contact<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<Contact>> {
    let found = person::Entity::find_by_id(user.0).one(conn).await?;
    Ok(found.map(|row| Contact {
        email: Pii::new(row.email),
        language: if row.language == "ja" { Language::Ja } else { Language::En },
    }))
}

/// The mail address of the account with this number, if there is one.
///
/// # Errors
/// Only the database's own.
pub async fn email_of_number<C: ConnectionTrait>(conn: &C, number: &str) -> StoreResult<Option<Pii<String>>> {
    let row = query_one(conn, "SELECT email FROM customer WHERE number = $1", [number.into()]).await?;
    row.map(|row| Ok(Pii::new(row.try_get("", "email")?))).transpose()
}

/// Moves a person to another mail address, and the accounts that they own and that were at the same address. Returns
/// those accounts.
///
/// # Errors
/// [`StoreError::Taken`] with [`EMAIL`] when the mail address belongs to another person.
pub async fn set_email<C: ConnectionTrait>(
    conn: &C,
    user: UserId,
    from: &Pii<String>,
    to: &Pii<String>,
) -> StoreResult<Vec<CustomerId>> {
    let sql = "UPDATE person SET email = $2 WHERE id = $1";
    let moved = execute(conn, sql, [user.0.into(), to.reveal().as_str().into()]).await;
    if let Err(StoreError::Db(error)) = moved {
        return Err(on_unique(error, EMAIL, "person.email"));
    }
    let sql = "UPDATE customer SET email = $3 WHERE email = $2
               AND id IN (SELECT customer_id FROM membership WHERE person_id = $1 AND role = 'owner') RETURNING id";
    let values = [user.0.into(), from.reveal().as_str().into(), to.reveal().as_str().into()];
    let rows = query(conn, sql, values).await?;
    rows.iter().map(|row| Ok(CustomerId(row.try_get("", "id")?))).collect()
}

/// Keeps how the account stands with billing.
///
/// # Errors
/// Only the database's own.
pub async fn set_billing_link<C: ConnectionTrait>(conn: &C, owner: CustomerId, link: BillingLink) -> StoreResult<()> {
    execute(conn, "UPDATE customer SET billing_link = $2 WHERE id = $1", [owner.0.into(), link.name().into()]).await?;
    Ok(())
}

/// How the account stands with billing, as last seen.
///
/// # Errors
/// Only the database's own.
pub async fn billing_link_of<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<BillingLink> {
    let found = customer::Entity::find_by_id(owner.0).one(conn).await?;
    Ok(found.as_ref().map_or(BillingLink::Unknown, billing_link))
}

/// Forgets the billing client that turned out not to be the customer's.
///
/// # Errors
/// Only the database's own.
pub async fn forget_whmcs_client<C: ConnectionTrait>(conn: &C, owner: CustomerId) -> StoreResult<()> {
    execute(conn, "UPDATE customer SET whmcs_client_id = NULL WHERE id = $1", [owner.0.into()]).await?;
    Ok(())
}

/// As last seen.
fn billing_link(row: &customer::Model) -> BillingLink {
    match (row.billing_link.as_deref(), row.whmcs_client_id) {
        (Some("broken"), _) => BillingLink::Broken,
        (Some("opening"), _) | (_, None) => BillingLink::Opening,
        (Some("unknown"), Some(_)) => BillingLink::Unknown,
        (_, Some(_)) => BillingLink::Linked,
    }
}

fn from_row(row: customer::Model) -> Customer {
    Customer {
        id: CustomerId(row.id),
        number: row.number,
        family_name: Pii::new(row.family_name),
        given_name: Pii::new(row.given_name),
        email: Pii::new(row.email),
        phone: Pii::new(row.phone),
        address: Address {
            postcode: Pii::new(row.postcode),
            prefecture: Pii::new(row.prefecture),
            city: Pii::new(row.city),
            line1: Pii::new(row.line1),
            line2: Pii::new(row.line2),
        },
        salesforce_account_id: row.salesforce_account_id,
        whmcs_client_id: row.whmcs_client_id.and_then(|id| u64::try_from(id).ok()),
    }
}

const fn language_name(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Ja => "ja",
    }
}

/// The customer account that a person owns; none for other members and for staff.
///
/// # Errors
/// Only the database's own.
pub async fn account_owned_by<C: ConnectionTrait>(conn: &C, user: UserId) -> StoreResult<Option<CustomerId>> {
    let sql = "SELECT customer_id FROM membership WHERE person_id = $1 AND role = 'owner' ORDER BY created_at LIMIT 1";
    let row = query_one(conn, sql, [user.0.into()]).await?;
    row.map(|row| Ok(CustomerId(row.try_get("", "customer_id")?))).transpose()
}
