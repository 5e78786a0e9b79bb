//! Users: who signs in. A user owns a client, or several; passwords are kept as salted hashes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::form::Form;
use super::types::{self, Client, Row};
use super::{Answer, Failure, effects, object};
use crate::clock::japan_datetime;
use crate::keys::random_text;
use crate::world::store::{Store, Txn};

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub id: u64,
    pub firstname: String,
    pub lastname: String,
    pub email: String,
    pub datecreated: String,
    /// `salt:hex of SHA-256 over salt and password`; empty = cannot sign in. Enough for made-up people.
    pub password: String,
    pub two_factor: bool,
}

impl Row for User {
    const TABLE: &'static str = "whmcs.userrows";
    fn id(&self) -> u64 {
        self.id
    }
}

/// Seeds and clients share this series of ids.
pub(crate) const SERIES: &str = "whmcs.users";

fn hash(salt: &str, password: &str) -> String {
    let digest = Sha256::digest(format!("{salt}{password}"));
    digest.iter().fold(format!("{salt}:"), |text, byte| text + &format!("{byte:02x}"))
}

impl User {
    pub(crate) fn set_password(&mut self, password: &str) {
        self.password = if password.is_empty() { String::new() } else { hash(&random_text(16), password) };
    }

    fn has_password(&self, password: &str) -> bool {
        self.password.split_once(':').is_some_and(|(salt, _)| hash(salt, password) == self.password)
    }
}

/// The owner of a client, made along with it.
pub(crate) fn create(txn: &mut Txn<'_>, client: &Client, password: &str, at: i64) {
    let mut user = User {
        id: client.owner_user_id,
        firstname: client.firstname.clone(),
        lastname: client.lastname.clone(),
        email: client.email.clone(),
        datecreated: japan_datetime(at),
        ..User::default()
    };
    user.set_password(password);
    types::save(txn, &user);
    let vars =
        json!({ "user_id": user.id, "firstname": user.firstname, "lastname": user.lastname, "email": user.email });
    effects::hook(txn, "UserAdd", vars);
}

pub(crate) fn clients_of(store: &Store, user: u64) -> Vec<Client> {
    types::all::<Client>(store).into_iter().filter(|client| client.owner_user_id == user).collect()
}

pub(crate) fn by_email(store: &Store, email: &str) -> Option<User> {
    types::all::<User>(store).into_iter().find(|user| user.email.eq_ignore_ascii_case(email))
}

pub(crate) fn validate_login(store: &Store, form: &Form) -> Answer {
    let (email, password) = (form.text("email").unwrap_or_default(), form.get("password2").unwrap_or_default());
    let user = by_email(store, &email).filter(|user| user.has_password(password));
    let user = user.ok_or_else(|| Failure::new("Email or Password Invalid"))?;
    // The user's id, not the client's; the flag is a word.
    Ok(object(json!({
        "userid": user.id.to_string(), "passwordhash": random_text(40).to_lowercase(), "twoFactorEnabled": user.two_factor.to_string(),
    })))
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let search = form.text("search").unwrap_or_default().to_lowercase();
    let mut users: Vec<User> = types::all(store);
    users.retain(|user| {
        let name = format!("{} {}", user.firstname, user.lastname);
        [&user.email, &user.firstname, &user.lastname, &name]
            .iter()
            .any(|text| text.to_lowercase().starts_with(&search))
    });
    users.sort_by_key(|user| (user.firstname.to_lowercase(), user.lastname.to_lowercase()));
    if form.get("sorting").is_some_and(|order| order.eq_ignore_ascii_case("DESC")) {
        users.reverse();
    }
    let rows: Vec<Value> = users
        .iter()
        .map(|user| {
            let clients: Vec<Value> =
                clients_of(store, user.id).iter().map(|client| json!({ "id": client.id, "isOwner": true })).collect();
            json!({
                "id": user.id, "firstname": user.firstname, "lastname": user.lastname, "email": user.email,
                "datecreated": user.datecreated, "validationdata": "", "clients": clients,
            })
        })
        .collect();
    let mut body = super::page(form, "users", "user", rows);
    // Not wrapped, unlike other lists.
    let bare = body.get_mut("users").and_then(|users| users.get_mut("user")).map(Value::take);
    body.insert("users".to_owned(), bare.unwrap_or_default());
    Ok(body)
}

pub(crate) fn reset_password(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let given = |name: &str| form.text(name).filter(|text| !text.is_empty());
    let user = match (given("id"), given("email")) {
        (Some(_), _) => form.number("id").and_then(|id| types::find::<User>(txn, id)),
        (None, Some(email)) => {
            if !email.contains('@') {
                return Err(Failure::new("Please provide a valid email address"));
            }
            by_email(txn, &email)
        }
        (None, None) => return Err(Failure::new("Please enter the email address or provide the id")),
    };
    let user = user.ok_or_else(|| Failure::new("User Not Found"))?;
    if let Some(client) = clients_of(txn, user.id).first() {
        let body = format!("To set a new password for {}, follow the link in the client area.", user.email);
        effects::mail(txn, client.id, "Password Reset Validation", "Your login details", body, txn.now_ms());
    }
    Ok(Map::new())
}
