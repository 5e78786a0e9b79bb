//! Who a token belongs to.

use serde_json::{Value, json};

use super::{USERNAME, session};
use crate::World;
use crate::http::Reply;
use crate::seed::{OPERATOR_NAME, ORG_ID};

/// `GET /services/oauth2/userinfo`: a refused token is 403 with plain text here.
pub(crate) fn userinfo(world: &World, token: &str, login: &str) -> Reply {
    let Some(user) = world.read(|store| session(store, token, world.now_ms())) else {
        return Reply::text(403, "text/html;charset=UTF-8", "Bad_OAuth_Token");
    };
    let urls = [
        ("rest", "services/data/v{version}/"),
        ("sobjects", "services/data/v{version}/sobjects/"),
        ("query", "services/data/v{version}/query/"),
    ];
    let urls: serde_json::Map<String, Value> =
        urls.iter().map(|(name, path)| ((*name).to_owned(), json!(format!("{login}/{path}")))).collect();
    Reply::json(
        200,
        &json!({
            "sub": format!("{login}/id/{ORG_ID}/{}", user.user_id), "user_id": user.user_id, "organization_id": ORG_ID,
            "preferred_username": USERNAME, "nickname": "integration", "name": format!("{OPERATOR_NAME} Integration"), "email": USERNAME,
            "email_verified": true, "zoneinfo": "Asia/Tokyo", "urls": urls, "active": true, "user_type": "STANDARD", "language": "en_US",
            "locale": "ja_JP", "utcOffset": 32_400_000, "updated_at": "2026-01-01T00:00:00Z",
        }),
    )
}

/// `GET /id/<organisation>/<user>`: who the session belongs to, in the words of the identity service.
pub(crate) fn identity(world: &World, token: &str, login: &str, organisation: &str, user: &str) -> Reply {
    let Some(session) = world.read(|store| session(store, token, world.now_ms())) else {
        return Reply::text(403, "text/html;charset=UTF-8", "Bad_OAuth_Token");
    };
    if organisation != ORG_ID || user != session.user_id {
        return Reply::text(403, "text/html;charset=UTF-8", "Wrong_Org");
    }
    Reply::json(
        200,
        &json!({
            "id": format!("{login}/id/{ORG_ID}/{user}"), "asserted_user": true, "user_id": user, "organization_id": ORG_ID,
            "username": USERNAME, "nick_name": "integration", "display_name": format!("{OPERATOR_NAME} Integration"), "email": USERNAME,
            "email_verified": true, "timezone": "Asia/Tokyo", "active": true, "user_type": "STANDARD", "language": "en_US",
            "locale": "ja_JP", "utcOffset": 32_400_000, "is_app_installed": true,
            "urls": { "rest": format!("{login}/services/data/v{{version}}/"), "query": format!("{login}/services/data/v{{version}}/query/") },
        }),
    )
}
