//! Publish, one request or a stream of them.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;
use tonic::{Code, Request, Response, Status, Streaming};

use super::messages::{EventError, ProducerEvent, PublishRequest, PublishResponse, PublishResult};
use super::service::{admit, failure, find_topic, is_valid, rpc_id, unary};
use super::{events::EventType, log, service};
use crate::World;
use crate::faults::Parameters;

/// A stream without a request for this long is ended.
const SWEEP: Duration = Duration::from_secs(70);
const LARGEST_EVENT: usize = 1 << 20;
/// ErrorCode PUBLISH.
const PUBLISH: i32 = 1;

pub(crate) async fn publish(
    world: World,
    request: Request<PublishRequest>,
) -> Result<Response<PublishResponse>, Status> {
    let (topic, count) = (request.get_ref().topic_name.clone(), request.get_ref().events.len());
    let parameters = Parameters::of([("topic".to_owned(), topic), ("events".to_owned(), count.to_string())]);
    unary(&world, "Publish", parameters, request, |world, request| {
        if request.topic_name.is_empty() {
            return Err(no_topic());
        }
        all(world, find_topic(&request.topic_name)?, request.events)
    })
    .await
}

pub(crate) async fn publish_stream(
    world: World,
    request: Request<Streaming<PublishRequest>>,
) -> Result<Response<BoxStream<PublishResponse>>, Status> {
    let token = admit(&world, "PublishStream", request.metadata()).await?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(status) = run(&world, &token, request.into_inner(), &sender).await {
            // The client may be gone already.
            let _ = sender.send(Err(status)).await;
        }
    });
    Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
}

async fn run(
    world: &World,
    token: &str,
    mut inbound: Streaming<PublishRequest>,
    sender: &mpsc::Sender<Result<PublishResponse, Status>>,
) -> Result<(), Status> {
    let mut stopping = world.watch_stop();
    let mut event: Option<&'static EventType> = None;
    loop {
        let message = tokio::select! {
            message = tokio::time::timeout(SWEEP, inbound.message()) => message.map_err(|_| {
                failure(Code::Cancelled, "publish.stream.sweeper.timeout", "The stream was idle for too long.")
            })?,
            _ = stopping.wait_for(|stop| *stop) => return Err(service::unavailable()),
        };
        let Some(request) = message? else { return Ok(()) };
        if !is_valid(world, token) {
            return Err(service::denied());
        }
        let event = match (event, request.topic_name.as_str()) {
            (None, "") => return Err(no_topic()),
            (None, topic) => *event.insert(find_topic(topic)?),
            (Some(event), topic) if topic.is_empty() || topic == event.topic => event,
            (Some(_), _) => {
                let message = "The topic differs from the one of the stream.";
                return Err(failure(Code::InvalidArgument, "publish.topic.mismatch", message));
            }
        };
        let answer = all(world, event, request.events)?;
        if sender.send(Ok(answer)).await.is_err() {
            return Ok(());
        }
    }
}

fn no_topic() -> Status {
    failure(Code::InvalidArgument, "publish.topic.validation.empty", "The topic name is empty.")
}

/// Publishes each event on its own: one that fails does not hold the others back.
fn all(world: &World, event: &EventType, events: Vec<ProducerEvent>) -> Result<PublishResponse, Status> {
    if events.is_empty() || events.len() > 200 {
        let message = "Between 1 and 200 events are required.";
        return Err(failure(Code::InvalidArgument, "publish.event.count.invalid", message));
    }
    let results = events.into_iter().map(|producer| {
        let id = if producer.id.is_empty() { rpc_id() } else { producer.id };
        let published = if producer.schema_id == event.schema_id && producer.payload.len() <= LARGEST_EVENT {
            world
                .write(|txn| log::append(txn, event, id.clone(), &producer.payload, txn.now_ms()))
                .map_err(|error| error.to_string())
        } else {
            Err("the schema id is not the topic's, or the event is larger than 1 MB".to_owned())
        };
        let (replay_id, error) = match published {
            Ok(kept) => (kept.replay_id.to_be_bytes().to_vec(), None),
            Err(msg) => (Vec::new(), Some(EventError { code: PUBLISH, msg })),
        };
        PublishResult { replay_id, error, correlation_key: id }
    });
    Ok(PublishResponse { results: results.collect(), schema_id: event.schema_id.clone(), rpc_id: rpc_id() })
}
