//! Subscribe: the client keeps its own place.

use std::time::Instant;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;
use tonic::{Code, Request, Response, Status, Streaming};

use super::flow::{self, Flow};
use super::log;
use super::messages::{ConsumerEvent, FetchRequest, FetchResponse, ReplayPreset};
use super::service::{admit, corrupted, failure, find_topic, meet, note, strike};
use crate::World;
use crate::faults::{Parameters, REPLAY};

const REQUESTED_INVALID: &str = "subscription.fetch.requested.events.invalid";

pub(crate) async fn subscribe(
    world: World,
    request: Request<Streaming<FetchRequest>>,
) -> Result<Response<BoxStream<FetchResponse>>, Status> {
    let token = admit(&world, "Subscribe", request.metadata()).await?;
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
    mut inbound: Streaming<FetchRequest>,
    sender: &mpsc::Sender<Result<FetchResponse, Status>>,
) -> Result<(), Status> {
    let Some(first) = inbound.message().await? else { return Ok(()) };
    let flow = open(world, token, &first).await?;
    flow::drive(world, token, inbound, sender, flow, Plain).await
}

async fn open(world: &World, token: &str, first: &FetchRequest) -> Result<Flow, Status> {
    let event = find_topic(&first.topic_name)?;
    let position = match ReplayPreset::try_from(first.replay_preset) {
        Ok(ReplayPreset::Latest) => world.read(log::tip),
        Ok(ReplayPreset::Earliest) => log::before_oldest(),
        Ok(ReplayPreset::Custom) if first.replay_id.is_empty() => {
            let message = "The replay ID is required for the CUSTOM preset.";
            return Err(failure(Code::InvalidArgument, "subscription.fetch.replayid.validation.failed", message));
        }
        Ok(ReplayPreset::Custom) => {
            spoil(world, token, first).await?;
            custom(world, &first.replay_id)?
        }
        Err(_) => {
            let message = "The replay preset is unknown.";
            return Err(failure(Code::InvalidArgument, "subscription.fetch.request.invalid", message));
        }
    };
    let mut flow = Flow::new(event, position);
    flow.ask(world, first.num_requested, REQUESTED_INVALID)?;
    Ok(flow)
}

fn custom(world: &World, replay_id: &[u8]) -> Result<u64, Status> {
    log::read_id(replay_id).filter(|id| world.read(|store| log::is_known(store, *id))).ok_or_else(corrupted)
}

/// A fault of the replay id, told as the end of the stream.
async fn spoil(world: &World, token: &str, first: &FetchRequest) -> Result<(), Status> {
    let started = Instant::now();
    let parameters = Parameters::of([("topic".to_owned(), first.topic_name.clone())]);
    let Some(struck) = strike(world, REPLAY, &parameters, 0) else { return Ok(()) };
    let met = meet(world, token, Some(struck.kind.clone())).await.map(drop);
    note(world, REPLAY, started, "InvalidArgument".to_owned(), &parameters, Some(struck));
    met
}

struct Plain;

impl flow::Kind for Plain {
    type Request = FetchRequest;
    type Response = FetchResponse;

    fn take(
        &mut self,
        world: &World,
        flow: &mut Flow,
        request: &FetchRequest,
    ) -> Result<Option<FetchResponse>, Status> {
        if !request.topic_name.is_empty() && request.topic_name != flow.event.topic {
            let message = "The topic differs from the one of the stream.";
            return Err(failure(Code::InvalidArgument, "subscription.fetch.topic.mismatch", message));
        }
        flow.ask(world, request.num_requested, REQUESTED_INVALID)?;
        Ok(None)
    }

    fn response(&self, flow: &Flow, events: Vec<ConsumerEvent>) -> FetchResponse {
        FetchResponse {
            events,
            latest_replay_id: flow.latest(),
            rpc_id: crate::keys::new_uuid(),
            pending_num_requested: flow.pending,
        }
    }
}
