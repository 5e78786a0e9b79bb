//! Freebit: SIM management. Every call is a POST with one form field named `json`.

mod lines;
pub(crate) mod network;
mod orders;
mod request;
pub(crate) mod types;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};

use crate::World;
use crate::faults::{Parameters, System};
use crate::http::{Incoming, Reply, gated};
use crate::keys::random_text;
use crate::world::store::{StoreError, Txn};
use types::{Change, Order};

pub(crate) const LINES: &str = "freebit.lines";
pub(crate) const OPEN_ORDERS: &str = "freebit.orders";
pub(crate) const QUOTA: &str = "freebit.quota";
pub(crate) const USAGE: &str = "freebit.usage";
pub(crate) const SESSIONS: &str = "freebit.sessions";
/// Life of an `authKey`.
const SESSION_MS: i64 = 30 * 60_000;
pub(crate) const KB_PER_MB: u64 = 1_000;

/// A refused call: `resultCode-statusCode`.
#[derive(Debug)]
pub(crate) struct Failure(&'static str);

impl Failure {
    const fn code(code: &'static str) -> Self {
        Self(code)
    }
}

impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Self {
        Self("500-1")
    }
}

/// Members of the answer beside the envelope.
type Answer = Result<Map<String, Value>, Failure>;

fn message(code: &str) -> &'static str {
    match code {
        "210-1" => "Invalid oemId or oemKey",
        "210-2" => "Invalid or expired authKey",
        "300-1" => "Invalid json",
        "300-2" => "Required parameter is missing",
        "300-3" => "Invalid parameter format",
        "400-301" => "Account not found",
        "400-302" => "Account is not in service",
        "400-303" => "Another order is in progress",
        "400-304" => "Plan not found",
        "400-305" => "Quota out of range",
        "400-306" => "Invalid EID",
        "400-307" => "Plan is not set",
        "400-356" => "Not supported for this account",
        "503-1" => "Under maintenance",
        _ => "System error",
    }
}

/// A refusal in the system's form; HTTP says 200 all the same. The text begins with `resultCode-statusCode`.
pub(crate) fn failure(text: &str) -> Reply {
    let code = text.split([' ', ':']).next().unwrap_or_default();
    let (code, result, status) = match code.split_once('-') {
        Some((result, status))
            if [result, status].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())) =>
        {
            (code, result, status)
        }
        _ => ("500-1", "500", "1"),
    };
    let body = json!({ "resultCode": result, "status": { "message": message(code), "statusCode": status } });
    written(&body).with_outcome(code.to_owned())
}

/// The content type says text though it is JSON, as public client code has to cope with.
fn written(body: &Value) -> Reply {
    Reply { content_type: "text/html; charset=UTF-8", ..Reply::json(200, body) }
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/freebit/emptool/api/{path:.*}", web::post().to(api));
}

async fn api(world: web::Data<World>, request: HttpRequest, path: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let path = path.into_inner();
    // Paths end with a slash: without it there is nothing.
    let (slash, operation) = (path.ends_with('/'), path.trim_matches('/').to_owned());
    let json = url::form_urlencoded::parse(&body)
        .find(|(name, _)| name == "json")
        .and_then(|(_, text)| serde_json::from_str::<Value>(&text).ok());
    let mut incoming = Incoming::named(operation.clone(), Parameters::default());
    if let Some(document) = &json {
        incoming.parameters.add_json("", document);
        incoming.session = document["authKey"].as_str().map(str::to_owned);
    }
    gated(&world, &request, System::Freebit, incoming, move |world| {
        if !slash {
            return Reply::text(404, "text/html; charset=UTF-8", "<html><body>404 Not Found</body></html>");
        }
        let Some(document) = json.filter(Value::is_object) else { return failure("300-1") };
        match answer(world, &operation, &document) {
            Some(Ok(members)) => {
                let mut body = json!({ "resultCode": "100", "status": { "message": "OK", "statusCode": "200" } });
                if let Value::Object(body) = &mut body {
                    body.extend(members);
                }
                written(&body).with_outcome("100-200")
            }
            Some(Err(Failure(code))) => failure(code),
            None => Reply::text(404, "text/html; charset=UTF-8", "<html><body>404 Not Found</body></html>"),
        }
    })
    .await
}

fn answer(world: &World, operation: &str, document: &Value) -> Option<Answer> {
    let now = world.now_ms();
    if operation == "authOem" {
        return Some(authenticate(world, document, now));
    }
    if !OPERATIONS.contains(&operation) {
        return None;
    }
    let key = document["authKey"].as_str().unwrap_or_default();
    let issued = world.read(|store| store.read::<i64>(SESSIONS, key));
    if issued.is_none_or(|issued| now - issued >= SESSION_MS) {
        return Some(Err(Failure::code("210-2")));
    }
    settle(world);
    let delays = world.delays();
    let write = |change: &dyn Fn(&mut Txn<'_>) -> Answer| world.write(|txn| change(txn));
    Some(match operation {
        "mvno/getDetail" => world.read(|store| lines::detail(store, document, now)),
        "mvno/getTrafficInfo" => world.read(|store| lines::traffic(store, document, now)),
        "mvno/getQuotaHistory" => world.read(|store| lines::quota_history(store, document)),
        "master/addSpec" => write(&|txn| lines::add_quota(txn, document, now)),
        "mvno/suspend" => write(&|txn| lines::set_suspended(txn, document, true, now)),
        "mvno/resume" => write(&|txn| lines::set_suspended(txn, document, false, now)),
        "master/addAcnt" => write(&|txn| orders::open_physical(txn, document, &delays, now)),
        "mvno/esim/addAcnt" => write(&|txn| orders::open_esim(txn, document, &delays, now)),
        "mvno/changePlan" => write(&|txn| orders::change_plan(txn, document, now)),
        "mvno/releasePlan" => write(&|txn| orders::end(txn, document, "runTime", Change::Release, now)),
        "master/cnclAcnt" => write(&|txn| orders::end(txn, document, "runDate", Change::Cancel, now)),
        "mvno/talkoption/changeOrder" => write(&|txn| orders::talk_options(txn, document, &delays, now)),
        "mvno/contractline/change" => write(&|txn| orders::change_network(txn, document, &delays, now)),
        _ => return None,
    })
}

const OPERATIONS: &[&str] = &[
    "mvno/getDetail",
    "mvno/getTrafficInfo",
    "mvno/getQuotaHistory",
    "master/addSpec",
    "mvno/suspend",
    "mvno/resume",
    "master/addAcnt",
    "mvno/esim/addAcnt",
    "mvno/changePlan",
    "mvno/releasePlan",
    "master/cnclAcnt",
    "mvno/talkoption/changeOrder",
    "mvno/contractline/change",
];

fn authenticate(world: &World, document: &Value, now: i64) -> Answer {
    let keys = world.keys();
    let (id, key) = (request::required(document, "oemId")?, request::required(document, "oemKey")?);
    if id != keys.freebit_oem_id || key != keys.freebit_oem_key {
        return Err(Failure::code("210-1"));
    }
    let auth_key = random_text(40);
    world.write(|txn| -> Result<(), Failure> {
        let old: Vec<String> = txn
            .rows(SESSIONS)
            .filter(|(_, issued)| issued.as_i64().is_none_or(|issued| now - issued >= SESSION_MS))
            .map(|(key, _)| key.clone())
            .collect();
        for key in old {
            txn.delete(SESSIONS, &key);
        }
        txn.put(SESSIONS, &auth_key, &now);
        Ok(())
    })?;
    Ok(Map::from_iter([("authKey".to_owned(), json!(auth_key))]))
}

/// Does what has fallen due since somebody last looked: nobody can tell the difference from a clock that runs.
pub(crate) fn settle(world: &World) {
    let now = world.now_ms();
    if !world.read(|store| store.all::<Order>(OPEN_ORDERS).iter().any(|order| order.due_ms <= now)) {
        return;
    }
    let settled = world.write(|txn| -> Result<(), StoreError> {
        orders::apply_due(txn, now);
        Ok(())
    });
    if let Err(error) = settled {
        tracing::error!(%error, "Freebit orders not settled");
    }
}
