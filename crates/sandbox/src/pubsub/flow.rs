//! What both kinds of subscription share: one task a stream, which owes the client as many events as it asked for.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status, Streaming};

use super::events::EventType;
use super::messages::ConsumerEvent;
use super::service::{denied, failure, is_valid, unavailable};
use super::{batch, log};
use crate::World;
use batch::{Marks, Owed};

/// A larger number outstanding counts as this.
const MOST_PENDING: i32 = 100;
/// With nothing pending the client has this long to ask again.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far a stream is and what it owes.
pub(super) struct Flow {
    pub event: &'static EventType,
    /// The last replay id sent, or where the subscription began.
    pub position: u64,
    pub pending: i32,
    pub marks: Marks,
    last_response: Instant,
}

impl Flow {
    pub fn new(event: &'static EventType, position: u64) -> Self {
        Self { event, position, pending: 0, marks: Marks::default(), last_response: Instant::now() }
    }

    /// Adds what a request asks for. `prefix` begins the error code: `subscription` or `managed.subscription`.
    pub fn ask(&mut self, world: &World, requested: i32, error_code: &str) -> Result<(), Status> {
        if requested <= 0 {
            let message = "The number of requested events must be greater than 0.";
            return Err(failure(Code::InvalidArgument, error_code, message));
        }
        let owed = self.pending.saturating_add(requested);
        world.note_events_asked_for(owed);
        self.pending = owed.min(MOST_PENDING);
        Ok(())
    }

    pub fn latest(&self) -> Vec<u8> {
        self.position.to_be_bytes().to_vec()
    }
}

/// One kind of subscription: its messages, and what a request does.
pub(super) trait Kind: Send {
    type Request: Send + 'static;
    type Response: Send + 'static;

    /// Takes a further request; may answer at once.
    fn take(
        &mut self,
        world: &World,
        flow: &mut Flow,
        request: &Self::Request,
    ) -> Result<Option<Self::Response>, Status>;
    fn response(&self, flow: &Flow, events: Vec<ConsumerEvent>) -> Self::Response;
    /// Whether the subscription may go on.
    fn check(&self, _world: &World) -> Result<(), Status> {
        Ok(())
    }
}

/// Serves a stream until the client leaves, the session ends or the sandbox stops.
pub(super) async fn drive<K>(
    world: &World,
    token: &str,
    mut inbound: Streaming<K::Request>,
    sender: &mpsc::Sender<Result<K::Response, Status>>,
    mut flow: Flow,
    mut kind: K,
) -> Result<(), Status>
where
    K: Kind,
{
    let mut changes = world.watch_changes();
    let mut stopping = world.watch_stop();
    loop {
        changes.borrow_and_update();
        if !is_valid(world, token) {
            return Err(denied());
        }
        if *stopping.borrow() {
            return Err(unavailable());
        }
        kind.check(world)?;
        while flow.pending > 0 {
            let Some(Owed { messages, end }) = batch::next(world, token, &mut flow).await? else { break };
            flow.last_response = Instant::now();
            // One that breaks off before its first event answers nothing.
            if !messages.is_empty() && sender.send(Ok(kind.response(&flow, messages))).await.is_err() {
                return Ok(());
            }
            if let Some(status) = end {
                return Err(status);
            }
        }
        if flow.marks.silent {
            return hang(stopping, sender).await;
        }
        let keep_alive = Duration::from_millis(world.delays().pubsub_keep_alive_ms.max(1));
        let wait = if flow.pending > 0 { keep_alive } else { PATIENCE };
        let answer = tokio::select! {
            message = inbound.message() => match message? {
                Some(request) => kind.take(world, &mut flow, &request)?,
                None => return Ok(()),
            },
            changed = changes.changed() => match changed {
                Ok(()) => None,
                Err(_) => return Err(unavailable()),
            },
            stopped = stopping.changed() => match stopped {
                Ok(()) => None,
                Err(_) => return Err(unavailable()),
            },
            () = sleep_until(flow.last_response + wait) => {
                if flow.pending == 0 {
                    return Ok(());
                }
                if batch::falls_silent(world, &flow) {
                    flow.marks.silent = true;
                    continue;
                }
                // Nothing happened: an empty answer shows life and moves the client's mark ahead.
                flow.position = log::mark(world, &flow.event.topic, flow.position);
                Some(kind.response(&flow, Vec::new()))
            }
            () = sender.closed() => return Ok(()),
        };
        if let Some(answer) = answer {
            flow.last_response = Instant::now();
            if sender.send(Ok(answer)).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Holds the stream open without a word until the client leaves or the sandbox stops.
async fn hang<R>(mut stopping: watch::Receiver<bool>, sender: &mpsc::Sender<Result<R, Status>>) -> Result<(), Status> {
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => Err(unavailable()),
        () = sender.closed() => Ok(()),
    }
}
