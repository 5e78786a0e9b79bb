//! Single sign-on: a token for one use within a minute, and the page that it opens. There is no client area behind
//! it; the page says who would be in it and where.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::form::Form;
use super::types::{self, Client, Service};
use super::users::{self, User};
use super::{Answer, Failure, object};
use crate::World;
use crate::keys::random_text;
use crate::world::store::{StoreError, Txn};

const TABLE: &str = "whmcs.sso";
/// Milliseconds for which a token opens the door.
const LIFE_MS: i64 = 60_000;

#[derive(Serialize, Deserialize)]
struct Token {
    client: u64,
    name: String,
    destination: String,
    expires_ms: i64,
    used: bool,
}

/// Short names of pages (K); those with an id of a service or domain need it.
const DESTINATIONS: &[&str] = &[
    "clientarea:profile",
    "clientarea:billing_info",
    "clientarea:emails",
    "clientarea:announcements",
    "clientarea:downloads",
    "clientarea:knowledgebase",
    "clientarea:network_status",
    "clientarea:services",
    "clientarea:product_details",
    "clientarea:domains",
    "clientarea:domain_details",
    "clientarea:invoices",
    "clientarea:tickets",
    "clientarea:submit_ticket",
    "clientarea:shopping_cart",
    "clientarea:upgrade",
    "sso:custom_redirect",
];

/// `base` is the address of this installation as the caller knows it.
pub(crate) fn create(txn: &mut Txn<'_>, form: &Form, base: &str) -> Answer {
    let given = |name: &str| form.text(name).filter(|text| !text.is_empty());
    let client = match given("client_id") {
        Some(_) => {
            let client = form.number("client_id").and_then(|id| types::find::<Client>(txn, id));
            Some(client.ok_or_else(|| Failure::new("Invalid client_id"))?)
        }
        None => None,
    };
    let user = match given("user_id") {
        Some(_) => {
            let user = form.number("user_id").and_then(|id| types::find::<User>(txn, id));
            Some(user.ok_or_else(|| Failure::new("Invalid user_id"))?)
        }
        None => None,
    };
    if let (Some(client), Some(user)) = (&client, &user)
        && client.owner_user_id != user.id
    {
        return Err(Failure::new("Invalid user_id for client"));
    }
    let client = match (client, &user) {
        (Some(client), _) => client,
        (None, Some(user)) => users::clients_of(txn, user.id)
            .into_iter()
            .next()
            .ok_or_else(|| Failure::new("A valid client_id or user_id is required"))?,
        (None, None) => return Err(Failure::new("A valid client_id or user_id is required")),
    };
    let destination = given("destination").unwrap_or_default();
    if !destination.is_empty() && !DESTINATIONS.contains(&destination.as_str()) {
        return Err(Failure::new("Invalid destination"));
    }
    let path = given("sso_redirect_path").unwrap_or_default();
    let shown = match destination.as_str() {
        // A path of this installation only: another host would make an open door of it.
        "sso:custom_redirect" if path.is_empty() || path.contains("://") || path.starts_with("//") => {
            return Err(Failure::new("Invalid destination"));
        }
        "sso:custom_redirect" => path,
        "clientarea:product_details" | "clientarea:upgrade" => {
            let service = form.number("service_id").and_then(|id| types::find::<Service>(txn, id));
            let service = service
                .filter(|service| service.clientid == client.id)
                .ok_or_else(|| Failure::new("Token could not be provisioned: Invalid service_id"))?;
            format!("{destination}:{}", service.id)
        }
        "clientarea:domain_details" => {
            return Err(Failure::new("Token could not be provisioned: Invalid domain_id"));
        }
        "" => "clientarea:homepage".to_owned(),
        other => other.to_owned(),
    };
    if client.sso_blocked {
        return Err(Failure::message(format!("SSO authentication blocked for client {}", client.id)));
    }
    let access_token = random_text(40).to_lowercase();
    let name = format!("{} {}", client.firstname, client.lastname);
    let token = Token { client: client.id, name, destination: shown, expires_ms: txn.now_ms() + LIFE_MS, used: false };
    txn.put(TABLE, &access_token, &token);
    let url = format!("{base}/oauth/singlesignon.php?access_token={access_token}");
    Ok(object(json!({ "access_token": access_token, "redirect_url": url })))
}

/// Takes the token: its holder's name and where he goes, once.
fn redeem(world: &World, access_token: &str) -> Option<Token> {
    let found = world.write(|txn| -> Result<Option<Token>, StoreError> {
        let Some(mut token) = txn.read::<Token>(TABLE, access_token) else { return Ok(None) };
        if token.used || txn.now_ms() >= token.expires_ms {
            return Ok(None);
        }
        token.used = true;
        txn.put(TABLE, access_token, &token);
        Ok(Some(token))
    });
    found.ok().flatten()
}

pub(crate) async fn page(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let access_token = query.into_owned().find(|(name, _)| name == "access_token").map(|(_, value)| value);
    let mut reply = HttpResponse::Ok();
    let (title, text) = match access_token.and_then(|token| redeem(&world, &token)) {
        Some(token) => (
            "Client Area",
            format!("Signed in as {} (client {}). Page: {}", token.name, token.client, token.destination),
        ),
        None => {
            reply = HttpResponse::Forbidden();
            ("Access Denied", "This sign-in link has been used already or is no longer valid.".to_owned())
        }
    };
    reply
        .content_type("text/html; charset=utf-8")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Content-Security-Policy", "default-src 'none'"))
        .body(format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><h1>{title}</h1><p>{}</p></body></html>",
            html_escape::encode_text(&text)
        ))
}
