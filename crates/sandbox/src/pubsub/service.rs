//! The unary RPCs, and what all RPCs share: metadata checks and the form of errors.

use std::time::{Duration, Instant};

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Response, Status};

use super::events;
use super::messages::{SchemaInfo, SchemaRequest, TopicInfo, TopicRequest};
use crate::World;
use crate::faults::{DelayPoint, FaultKind, System};
use crate::salesforce::oauth;
use crate::seed::ORG_ID;

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

/// Latency and faults ahead of an RPC. Faults that concern the answer come back for later.
async fn gate(world: &World, operation: &str) -> Result<Option<FaultKind>, Status> {
    let latency = world.delays().latency_ms;
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    meet(world.strike(System::PubSub, &[operation.to_owned()])).await
}

/// Acts on a fault before the effect.
pub(crate) async fn meet(fault: Option<FaultKind>) -> Result<Option<FaultKind>, Status> {
    match fault {
        None => Ok(None),
        Some(FaultKind::Status(401, _)) => Err(denied()),
        Some(FaultKind::Status(429, _)) => Err(failure(
            Code::ResourceExhausted,
            "subscription.limit.exceeded",
            "The organization's delivery limit is used up.",
        )),
        Some(FaultKind::Status(..) | FaultKind::DropBefore | FaultKind::Html503) => Err(unavailable()),
        Some(FaultKind::Refuse(text)) => Err(failure(Code::InvalidArgument, &text, "The request was refused.")),
        Some(FaultKind::Delay(ms, DelayPoint::BeforeCommit)) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(None)
        }
        Some(
            later @ (FaultKind::DropAfterCommit | FaultKind::Garbled | FaultKind::Delay(_, DelayPoint::AfterCommit)),
        ) => Ok(Some(later)),
    }
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

/// Lets a stream in and logs it; answers the access token.
pub(crate) async fn admit(world: &World, operation: &str, metadata: &MetadataMap) -> Result<String, Status> {
    let started = Instant::now();
    let admitted = async {
        gate(world, operation).await?;
        authenticate(world, metadata)
    }
    .await;
    let outcome = admitted.as_ref().map_or_else(|status| format!("{:?}", status.code()), |_| "open".to_owned());
    world.log_call(System::PubSub, operation.to_owned(), started, outcome);
    admitted
}

pub(crate) async fn unary<Q, A>(
    world: &World,
    operation: &str,
    request: Request<Q>,
    answer: impl FnOnce(&World, Q) -> Result<A, Status>,
) -> Result<Response<A>, Status> {
    let started = Instant::now();
    let result: Result<Response<A>, Status> = async {
        let fault = gate(world, operation).await?;
        authenticate(world, request.metadata())?;
        let answer = answer(world, request.into_inner())?;
        after_effect(fault).await?;
        Ok(Response::new(answer))
    }
    .await;
    let outcome = match &result {
        Ok(_) => "OK".to_owned(),
        Err(status) => format!("{:?}", status.code()),
    };
    world.log_call(System::PubSub, operation.to_owned(), started, outcome);
    result
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
    unary(&world, "GetTopic", request, |_, request| {
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
    unary(&world, "GetSchema", request, |_, request| {
        let event = events::by_schema(&request.schema_id)
            .ok_or_else(|| failure(Code::InvalidArgument, "schema.validation.failed", "The schema ID is not valid."))?;
        Ok(SchemaInfo { schema_json: event.schema_json.clone(), schema_id: event.schema_id.clone(), rpc_id: rpc_id() })
    })
    .await
}
