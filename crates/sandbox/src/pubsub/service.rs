//! The unary RPCs, and what all RPCs share: metadata checks and the form of errors.

use std::time::{Duration, Instant};

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Response, Status};

use super::events;
use super::messages::{SchemaInfo, SchemaRequest, TopicInfo, TopicRequest};
use crate::World;
use crate::faults::{Attempt, DelayPoint, FaultKind, Parameters, Struck, System};
use crate::salesforce::oauth;
use crate::seed::ORG_ID;
use crate::world::calls::Ended;

/// A failed RPC: status, trailers `error-code` and `rpc-id`, and the id at the end of the message.
pub(crate) fn failure(code: Code, suffix: &str, message: &str) -> Status {
    let rpc_id = crate::keys::new_uuid();
    let mut trailers = MetadataMap::new();
    let pairs = [("error-code", format!("sfdc.platform.eventbus.grpc.{suffix}")), ("rpc-id", rpc_id.clone())];
    for (name, value) in pairs {
        if let Ok(value) = MetadataValue::try_from(value) {
            trailers.insert(name, value);
        }
    }
    Status::with_metadata(code, format!("{message} rpcId: {rpc_id}"), trailers)
}

pub(crate) fn unavailable() -> Status {
    failure(Code::Unavailable, "service.unavailable", "The service is temporarily unavailable.")
}

/// Checks the three headers; answers the access token, which a long stream is checked against again.
fn authenticate(world: &World, metadata: &MetadataMap) -> Result<String, Status> {
    let header =
        |name: &str| metadata.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
    let missing = |name: &str| {
        failure(
            Code::Unauthenticated,
            "service.auth.headers.invalid",
            &format!("The header {name} is missing or invalid."),
        )
    };
    let token = header("accesstoken").ok_or_else(|| missing("accesstoken"))?;
    let instance = header("instanceurl").ok_or_else(|| missing("instanceurl"))?;
    if !url::Url::parse(instance).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(missing("instanceurl"));
    }
    let tenant = header("tenantid").ok_or_else(|| missing("tenantid"))?;
    if tenant != ORG_ID && tenant != &ORG_ID[..15] {
        return Err(failure(
            Code::Unauthenticated,
            "service.auth.error",
            "The tenant ID does not belong to the session.",
        ));
    }
    if !is_valid(world, token) {
        return Err(denied());
    }
    Ok(token.to_owned())
}

pub(crate) fn is_valid(world: &World, token: &str) -> bool {
    world.read(|store| oauth::session(store, token, world.now_ms())).is_some()
}

pub(crate) fn denied() -> Status {
    failure(
        Code::Unauthenticated,
        "service.auth.error",
        "An authentication exception occurred. Provide valid credentials.",
    )
}

/// A point of an RPC at which something may go wrong. `events`: how many are about to be delivered.
pub(crate) fn strike(world: &World, point: &str, parameters: &Parameters, events: usize) -> Option<Struck> {
    let operations = [point.to_owned()];
    let attempt = Attempt { system: System::PubSub, operations: &operations, parameters, has_session: true, events };
    world.strike(&attempt)
}

/// Logs an RPC, or what a fault did to a stream.
pub(crate) fn note(
    world: &World,
    operation: &str,
    started: Instant,
    outcome: String,
    parameters: &Parameters,
    struck: Option<Struck>,
) {
    let (system, operation) = (System::PubSub, operation.to_owned());
    world.log_ended(Ended { system, operation, started, status: None, outcome, parameters, struck });
}

/// Acts on a fault before the effect; one that concerns the answer comes back for later. `token` is the RPC's own.
pub(crate) async fn meet(world: &World, token: &str, fault: Option<FaultKind>) -> Result<Option<FaultKind>, Status> {
    match fault {
        None => Ok(None),
        Some(FaultKind::ExpiredSession) => {
            world.end_session(System::PubSub, token);
            Err(denied())
        }
        Some(FaultKind::Status(401, _)) => Err(denied()),
        Some(FaultKind::Status(429, _)) => Err(failure(
            Code::ResourceExhausted,
            "subscription.limit.exceeded",
            "The organization's delivery limit is used up.",
        )),
        Some(FaultKind::Status(..) | FaultKind::DropBefore | FaultKind::Html503) => Err(unavailable()),
        Some(FaultKind::Refuse(text)) => Err(failure(Code::InvalidArgument, &text, "The request was refused.")),
        Some(FaultKind::CorruptedReplayId) => Err(corrupted()),
        Some(FaultKind::Delay(ms, DelayPoint::BeforeCommit)) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(None)
        }
        Some(later) => Ok(Some(later)),
    }
}

/// A replay id that is not one of this bus.
pub(crate) fn corrupted() -> Status {
    let message = "The Replay ID validation failed. Ensure that the Replay ID is valid.";
    failure(Code::InvalidArgument, "subscription.fetch.replayid.corrupted", message)
}

/// Acts on a fault after the effect.
async fn after_effect(fault: Option<FaultKind>) -> Result<(), Status> {
    match fault {
        Some(FaultKind::Delay(ms, _)) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(())
        }
        Some(_) => Err(unavailable()),
        None => Ok(()),
    }
}

fn token_of(metadata: &MetadataMap) -> String {
    metadata.get("accesstoken").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Latency and faults ahead of an RPC.
async fn gate(world: &World, token: &str, struck: Option<&Struck>) -> Result<Option<FaultKind>, Status> {
    let latency = world.delays().latency_ms;
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    meet(world, token, struck.map(|struck| struck.kind.clone())).await
}

fn outcome<T>(result: &Result<T, Status>, good: &str) -> String {
    result.as_ref().map_or_else(|status| format!("{:?}", status.code()), |_| good.to_owned())
}

/// Lets a stream in and logs it; answers the access token.
pub(crate) async fn admit(world: &World, operation: &str, metadata: &MetadataMap) -> Result<String, Status> {
    let started = Instant::now();
    let parameters = Parameters::default();
    let struck = strike(world, operation, &parameters, 0);
    let admitted = async {
        gate(world, &token_of(metadata), struck.as_ref()).await?;
        authenticate(world, metadata)
    }
    .await;
    note(world, operation, started, outcome(&admitted, "open"), &parameters, struck);
    admitted
}

pub(crate) async fn unary<Q, A>(
    world: &World,
    operation: &str,
    parameters: Parameters,
    request: Request<Q>,
    answer: impl FnOnce(&World, Q) -> Result<A, Status>,
) -> Result<Response<A>, Status> {
    let started = Instant::now();
    let struck = strike(world, operation, &parameters, 0);
    let result: Result<Response<A>, Status> = async {
        let fault = gate(world, &token_of(request.metadata()), struck.as_ref()).await?;
        authenticate(world, request.metadata())?;
        let answer = answer(world, request.into_inner())?;
        after_effect(fault).await?;
        Ok(Response::new(answer))
    }
    .await;
    note(world, operation, started, outcome(&result, "OK"), &parameters, struck);
    result
}

fn parameter(name: &str, value: &str) -> Parameters {
    Parameters::of([(name.to_owned(), value.to_owned())])
}

pub(crate) fn rpc_id() -> String {
    crate::keys::new_uuid()
}

/// The event behind a topic name.
pub(crate) fn find_topic(topic: &str) -> Result<&'static events::EventType, Status> {
    if topic.is_empty() {
        return Err(failure(Code::InvalidArgument, "topic.validation.empty", "The topic name is empty."));
    }
    events::all().iter().find(|event| event.topic == topic).ok_or_else(|| {
        let message = format!("The topic {topic} was not found for organization {ORG_ID}.");
        failure(Code::NotFound, "topic.not.found", &message)
    })
}

pub(crate) async fn get_topic(world: World, request: Request<TopicRequest>) -> Result<Response<TopicInfo>, Status> {
    let parameters = parameter("topic", &request.get_ref().topic_name);
    unary(&world, "GetTopic", parameters, request, |_, request| {
        let event = find_topic(&request.topic_name)?;
        Ok(TopicInfo {
            topic_name: event.topic.clone(),
            tenant_guid: ORG_ID.to_owned(),
            can_publish: true,
            can_subscribe: true,
            schema_id: event.schema_id.clone(),
            rpc_id: rpc_id(),
        })
    })
    .await
}

pub(crate) async fn get_schema(world: World, request: Request<SchemaRequest>) -> Result<Response<SchemaInfo>, Status> {
    let parameters = parameter("schema_id", &request.get_ref().schema_id);
    unary(&world, "GetSchema", parameters, request, |_, request| {
        let event = events::by_schema(&request.schema_id)
            .ok_or_else(|| failure(Code::InvalidArgument, "schema.validation.failed", "The schema ID is not valid."))?;
        Ok(SchemaInfo { schema_json: event.schema_json.clone(), schema_id: event.schema_id.clone(), rpc_id: rpc_id() })
    })
    .await
}
