//! ManagedSubscribe: the server keeps the client's place, which the client commits. One client at a time.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;
use tonic::{Code, Request, Response, Status, Streaming};

use super::flow::{self, Flow};
use super::log;
use super::messages::{
    CommitReplayRequest, CommitReplayResponse, ConsumerEvent, EventError, ManagedFetchRequest, ManagedFetchResponse,
};
use super::service::{admit, failure, find_topic};
use crate::World;
use crate::world::store::{Store, StoreError, Txn};

/// Table of the subscriptions' definitions, as the Tooling API shows them.
const DEFINITIONS: &str = "sf.ManagedEventSubscription";
/// Table of the places, by subscription id.
const PLACES: &str = "pubsub.managed";
const REQUESTED_INVALID: &str = "managed.subscription.fetch.request.events.invalid";

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    committed: u64,
}

/// The subscription that the seed has: all approved orders, from the oldest event.
pub(super) fn plant(txn: &mut Txn<'_>, stamp: &str) {
    let id = "18x5j000000PORTAAA";
    let row = json!({
        "Id": id, "DeveloperName": "Portal_Orders", "MasterLabel": "Portal orders", "IsDeleted": false, "CreatedDate": stamp,
        "LastModifiedDate": stamp, "SystemModstamp": stamp,
        "Metadata": { "topicName": "/event/OrderProvisionRequested__e", "state": "RUN", "defaultReplay": "EARLIEST",
            "errorRecoveryReplay": "EARLIEST", "label": "Portal orders", "version": 62.0 },
    });
    txn.put(DEFINITIONS, id, &row);
}

pub(crate) async fn subscribe(
    world: World,
    request: Request<Streaming<ManagedFetchRequest>>,
) -> Result<Response<BoxStream<ManagedFetchResponse>>, Status> {
    let token = admit(&world, "ManagedSubscribe", request.metadata()).await?;
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
    mut inbound: Streaming<ManagedFetchRequest>,
    sender: &mpsc::Sender<Result<ManagedFetchResponse, Status>>,
) -> Result<(), Status> {
    let Some(first) = inbound.message().await? else { return Ok(()) };
    let id = find(world, &first)?;
    if first.commit_replay_id_request.is_some() {
        let message = "The first request must not commit.";
        let code = "managed.subscription.fetch.request.commit.request.restricted";
        return Err(failure(Code::InvalidArgument, code, message));
    }
    let (topic, earliest) = definition(world, &id)?;
    let event = find_topic(&topic)?;
    let _turn = Turn::take(world, &id)?;
    let position = world.read(|store| match place(store, &id) {
        Some(place) => place.committed,
        None if earliest => log::before_oldest(),
        None => log::tip(store),
    });
    let mut flow = Flow::new(event, position);
    flow.ask(world, first.num_requested, REQUESTED_INVALID)?;
    flow::drive(world, token, inbound, sender, flow, Managed { id }).await
}

fn place(store: &Store, id: &str) -> Option<Place> {
    store.read(PLACES, id)
}

/// The id of the subscription that the first request names, by exactly one of its two names.
fn find(world: &World, first: &ManagedFetchRequest) -> Result<String, Status> {
    let (id, name) = (first.subscription_id.as_str(), first.developer_name.as_str());
    if id.is_empty() == name.is_empty() {
        let message = "Exactly one of subscription ID and developer name is required.";
        return Err(failure(Code::InvalidArgument, "managed.subscription.id.or.developer.name.empty", message));
    }
    let found = world.read(|store| {
        let mut rows = store.rows(DEFINITIONS);
        rows.find(|(key, row)| *key == id || (!name.is_empty() && row["DeveloperName"] == name))
            .map(|(key, _)| key.clone())
    });
    found.ok_or_else(|| {
        let code = if id.is_empty() { "developer.name.not.found" } else { "subscription.id.not.found" };
        failure(Code::NotFound, &format!("managed.subscription.{code}"), "The managed subscription was not found.")
    })
}

/// Its topic, and whether it begins at the oldest event. A stopped one is refused.
fn definition(world: &World, id: &str) -> Result<(String, bool), Status> {
    world.read(|store| {
        let Some(row) = store.get(DEFINITIONS, id) else {
            let message = "The managed subscription was deleted.";
            return Err(failure(Code::FailedPrecondition, "managed.subscription.config.deleted", message));
        };
        let metadata = &row["Metadata"];
        if metadata["state"] != "RUN" {
            let message = "The managed subscription is stopped.";
            return Err(failure(Code::FailedPrecondition, "managed.subscription.config.stopped", message));
        }
        Ok((metadata["topicName"].as_str().unwrap_or_default().to_owned(), metadata["defaultReplay"] == "EARLIEST"))
    })
}

/// Held by the one client of a subscription.
struct Turn<'w> {
    world: &'w World,
    id: String,
}

impl<'w> Turn<'w> {
    fn take(world: &'w World, id: &str) -> Result<Self, Status> {
        if world.begin_managed(id) {
            return Ok(Self { world, id: id.to_owned() });
        }
        let message = "Another client is using the managed subscription.";
        Err(failure(Code::FailedPrecondition, "managed.subscription.already.active", message))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.world.end_managed(&self.id);
    }
}

struct Managed {
    id: String,
}

impl Managed {
    /// Keeps the place; a refused commit leaves the stream open.
    fn commit(&self, world: &World, flow: &Flow, request: &CommitReplayRequest) -> CommitReplayResponse {
        let kept = match log::read_id(&request.replay_id) {
            None => Err("The replay ID is missing or invalid."),
            Some(id) if id > flow.position => Err("The replay ID was not delivered yet."),
            Some(id) if !world.read(|store| log::is_known(store, id)) => Err("The replay ID is invalid or expired."),
            Some(id) if world.read(|store| place(store, &self.id)).is_some_and(|place| place.committed > id) => {
                Err("The replay ID is older than the committed one.")
            }
            Some(id) => world
                .write(|txn| -> Result<(), StoreError> {
                    txn.put(PLACES, &self.id, &Place { committed: id });
                    Ok(())
                })
                .map_err(|_| "The commit could not be kept."),
        };
        CommitReplayResponse {
            commit_request_id: request.commit_request_id.clone(),
            replay_id: request.replay_id.clone(),
            // ErrorCode COMMIT.
            error: kept.err().map(|msg| EventError { code: 2, msg: msg.to_owned() }),
            process_time: world.now_ms(),
        }
    }
}

impl flow::Kind for Managed {
    type Request = ManagedFetchRequest;
    type Response = ManagedFetchResponse;

    fn take(
        &mut self,
        world: &World,
        flow: &mut Flow,
        request: &ManagedFetchRequest,
    ) -> Result<Option<ManagedFetchResponse>, Status> {
        // Only a request without a commit must ask for more.
        if request.num_requested != 0 || request.commit_replay_id_request.is_none() {
            flow.ask(world, request.num_requested, REQUESTED_INVALID)?;
        }
        let Some(commit) = &request.commit_replay_id_request else { return Ok(None) };
        let commit_response = Some(self.commit(world, flow, commit));
        Ok(Some(ManagedFetchResponse { commit_response, ..self.response(flow, Vec::new()) }))
    }

    fn response(&self, flow: &Flow, events: Vec<ConsumerEvent>) -> ManagedFetchResponse {
        ManagedFetchResponse {
            events,
            latest_replay_id: flow.latest(),
            rpc_id: crate::keys::new_uuid(),
            pending_num_requested: flow.pending,
            commit_response: None,
        }
    }

    fn check(&self, world: &World) -> Result<(), Status> {
        definition(world, &self.id).map(drop)
    }
}
