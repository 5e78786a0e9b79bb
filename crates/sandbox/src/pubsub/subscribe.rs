//! Subscribe: one task a stream, which owes the client as many events as it asked for.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;
use tonic::{Code, Request, Response, Status, Streaming};

use super::messages::{ConsumerEvent, FetchRequest, FetchResponse, ProducerEvent, ReplayPreset};
use super::service::{authenticate, denied, failure, find_topic, gate, is_valid, meet, unavailable};
use super::{events::EventType, log};
use crate::World;
use crate::clock::now_ms;
use crate::faults::System;

/// A larger number outstanding counts as this.
const MOST_PENDING: i32 = 100;
/// With nothing pending the client has this long to ask again.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn subscribe(
    world: World,
    request: Request<Streaming<FetchRequest>>,
) -> Result<Response<BoxStream<FetchResponse>>, Status> {
    let started = now_ms();
    let admitted = async {
        gate(&world, "Subscribe").await?;
        authenticate(&world, request.metadata())
    }
    .await;
    let outcome = admitted.as_ref().map_or_else(|status| format!("{:?}", status.code()), |_| "open".to_owned());
    world.log_call(System::PubSub, "Subscribe".to_owned(), started, outcome);
    let token = admitted?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(status) = run(&world, token, request.into_inner(), &sender).await {
            // The client may be gone already.
            let _ = sender.send(Err(status)).await;
        }
    });
    Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
}

struct Subscription {
    event: &'static EventType,
    /// The last replay id sent, or where the subscription began.
    position: u64,
    pending: i32,
    last_response: Instant,
}

type Sender = mpsc::Sender<Result<FetchResponse, Status>>;

async fn run(
    world: &World,
    token: String,
    mut inbound: Streaming<FetchRequest>,
    sender: &Sender,
) -> Result<(), Status> {
    let mut changes = world.watch_changes();
    let mut stopping = world.watch_stop();
    let Some(first) = inbound.message().await? else { return Ok(()) };
    let mut subscription = open(world, &first)?;
    loop {
        changes.borrow_and_update();
        if !is_valid(world, &token) {
            return Err(denied());
        }
        if *stopping.borrow() {
            return Err(unavailable());
        }
        while subscription.pending > 0 {
            if !subscription.deliver(world, sender).await? {
                break;
            }
        }
        let keep_alive = Duration::from_millis(world.delays().pubsub_keep_alive_ms.max(1));
        let wait = if subscription.pending > 0 { keep_alive } else { PATIENCE };
        tokio::select! {
            message = inbound.message() => match message? {
                Some(request) => subscription.ask(&request)?,
                None => return Ok(()),
            },
            changed = changes.changed() => if changed.is_err() { return Err(unavailable()) },
            stopped = stopping.changed() => if stopped.is_err() { return Err(unavailable()) },
            () = sleep_until(subscription.last_response + wait) => {
                if subscription.pending == 0 {
                    return Ok(());
                }
                // Nothing happened: an empty answer shows life and moves the client's mark to the tip.
                subscription.position = subscription.position.max(world.read(log::tip));
                if !subscription.respond(sender, Vec::new()).await {
                    return Ok(());
                }
            }
            () = sender.closed() => return Ok(()),
        }
    }
}

fn open(world: &World, first: &FetchRequest) -> Result<Subscription, Status> {
    let event = find_topic(&first.topic_name)?;
    let position = match ReplayPreset::try_from(first.replay_preset) {
        Ok(ReplayPreset::Latest) => world.read(log::tip),
        Ok(ReplayPreset::Earliest) => log::before_oldest(),
        Ok(ReplayPreset::Custom) if first.replay_id.is_empty() => {
            let message = "The replay ID is required for the CUSTOM preset.";
            return Err(failure(Code::InvalidArgument, "subscription.fetch.replayid.validation.failed", message));
        }
        Ok(ReplayPreset::Custom) => custom(world, &first.replay_id)?,
        Err(_) => {
            return Err(failure(
                Code::InvalidArgument,
                "subscription.fetch.request.invalid",
                "The replay preset is unknown.",
            ));
        }
    };
    let mut subscription = Subscription { event, position, pending: 0, last_response: Instant::now() };
    subscription.ask(&FetchRequest { topic_name: String::new(), ..first.clone() })?;
    Ok(subscription)
}

fn custom(world: &World, replay_id: &[u8]) -> Result<u64, Status> {
    let known =
        replay_id.try_into().map(u64::from_be_bytes).ok().filter(|id| world.read(|store| log::is_known(store, *id)));
    known.ok_or_else(|| {
        let message = "The Replay ID validation failed. Ensure that the Replay ID is valid.";
        failure(Code::InvalidArgument, "subscription.fetch.replayid.corrupted", message)
    })
}

impl Subscription {
    /// Adds what a FetchRequest asks for.
    fn ask(&mut self, request: &FetchRequest) -> Result<(), Status> {
        if !request.topic_name.is_empty() && request.topic_name != self.event.topic {
            return Err(failure(
                Code::InvalidArgument,
                "subscription.fetch.topic.mismatch",
                "The topic differs from the one of the stream.",
            ));
        }
        if request.num_requested <= 0 {
            let message = "The number of requested events must be greater than 0.";
            return Err(failure(Code::InvalidArgument, "subscription.fetch.requested.events.invalid", message));
        }
        self.pending = self.pending.saturating_add(request.num_requested).min(MOST_PENDING);
        Ok(())
    }

    /// Sends what is there, up to what is owed; `false` when there is nothing to send or nobody to send to.
    async fn deliver(&mut self, world: &World, sender: &Sender) -> Result<bool, Status> {
        let owed = usize::try_from(self.pending).unwrap_or(0);
        let found = world.read(|store| log::after(store, &self.event.topic, self.position, owed));
        let Some(last) = found.last() else { return Ok(false) };
        let later = meet(world.strike(System::PubSub, &["deliver".to_owned()])).await?;
        self.position = last.replay_id;
        self.pending -= i32::try_from(found.len()).unwrap_or(0);
        let events = found.iter().map(|kept| ConsumerEvent {
            event: Some(ProducerEvent {
                id: kept.id.clone(),
                schema_id: kept.schema_id.clone(),
                payload: kept.payload(),
                headers: Vec::new(),
            }),
            replay_id: kept.replay_id.to_be_bytes().to_vec(),
        });
        let sent = self.respond(sender, events.collect()).await;
        if later.is_some() {
            return Err(unavailable());
        }
        Ok(sent)
    }

    async fn respond(&mut self, sender: &Sender, events: Vec<ConsumerEvent>) -> bool {
        self.last_response = Instant::now();
        let response = FetchResponse {
            events,
            latest_replay_id: self.position.to_be_bytes().to_vec(),
            rpc_id: crate::keys::new_uuid(),
            pending_num_requested: self.pending,
        };
        sender.send(Ok(response)).await.is_ok()
    }
}
