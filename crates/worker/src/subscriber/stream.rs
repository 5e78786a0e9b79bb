//! The event stream. Per batch, one transaction: the inbox, the jobs and the replay id. Never a cursor before its work,
//! never work without its cursor.

use super::leads;
use crate::state::WorkerState;
use domain::orders::providers::salesforce::provision_requested;
use integrations::salesforce::events::{Backoff, Batch, EventError, Start};
use platform::bus::BusMessage;
use platform::crash;
use platform::queue::{NewJob, Work, enqueue};
use platform::store::{StoreError, cursors};
use std::convert::Infallible;

/// How many events we like to have outstanding (Pub/Sub counts at most 100).
pub const WINDOW: u8 = 50;

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("the event stream ended")]
    Stream(#[from] EventError),
    #[error("events could not be stored")]
    Store(#[from] StoreError),
    #[error("another worker leads")]
    NotLeader,
}

impl StreamError {
    /// The form that staff see.
    const fn code(&self) -> &'static str {
        match self {
            Self::Stream(EventError::ReplayIdInvalid) => "replay_position_lost",
            Self::Stream(_) => "interrupted",
            Self::Store(_) => "database",
            Self::NotLeader => "not_leader",
        }
    }
}

/// Shows staff whether the stream is connected. Best effort: the age of the replay position tells it too, later.
async fn say(state: &WorkerState, error: Option<&str>) {
    let (topic, now) = (&state.config.provision_topic, state.clock.now());
    if let Err(error) = cursors::set_stream(state.db.conn(), topic, &state.name, error, now).await {
        tracing::debug!(%error, "the state of the event stream could not be written");
    }
}

/// Subscribes for ever, one worker at a time.
pub async fn run(state: WorkerState) {
    let mut backoff = Backoff::default();
    loop {
        if !leads(&state, super::SUBSCRIBER).await {
            tokio::time::sleep(super::lease(&state) / 3).await;
            continue;
        }
        let started = std::time::Instant::now();
        let Err(error) = follow(&state).await;
        if !matches!(error, StreamError::NotLeader) {
            say(&state, Some(error.code())).await;
        }
        let wait = match &error {
            StreamError::Stream(error) => backoff.after(error, started.elapsed()),
            StreamError::Store(_) | StreamError::NotLeader => backoff.after_other(),
        };
        if let StreamError::Stream(EventError::ReplayIdInvalid) = &error {
            // Older than 72 hours, or from before a migration of the org. Everything that is still kept is read again;
            // the inbox drops what is known, the reconciler finds what is gone. Never LATEST: that would lose silently.
            tracing::error!("replay position refused by Salesforce; reading all kept events again");
            metrics::counter!("replay_position_lost_total").increment(1);
            if let Err(error) = cursors::forget_replay_id(state.db.conn(), &state.config.provision_topic).await {
                tracing::warn!(%error, "replay position could not be dropped");
            }
        } else {
            tracing::warn!(error = &error as &dyn std::error::Error, "event stream interrupted");
            metrics::counter!("event_stream_interrupted_total").increment(1);
        }
        tokio::time::sleep(wait).await;
    }
}

async fn follow(state: &WorkerState) -> Result<Infallible, StreamError> {
    tokio::select! {
        ended = listen(state) => ended,
        () = lost_lead(state) => Err(StreamError::NotLeader),
    }
}

/// Returns when another worker leads.
async fn lost_lead(state: &WorkerState) {
    loop {
        tokio::time::sleep(super::lease(state) / 3).await;
        if !leads(state, super::SUBSCRIBER).await {
            return;
        }
    }
}

/// Follows the topic from the stored place until the stream breaks, whoever leads: a second listener finds every event in
/// the inbox.
///
/// # Errors
/// Why it broke.
pub async fn listen(state: &WorkerState) -> Result<Infallible, StreamError> {
    let topic = &state.config.provision_topic;
    let start = match cursors::replay_id(state.db.conn(), topic).await? {
        Some((replay_id, _)) => Start::After(replay_id),
        None => Start::Earliest,
    };
    let mut stream = state.events.connect(topic, start, WINDOW).await?;
    say(state, None).await;
    tracing::info!(topic, "listening for approved orders");
    loop {
        let batch = stream.next().await?;
        accept(state, topic, &batch).await?;
        // Only after the commit: what is not stored is not asked away.
        stream.stored(&batch).await?;
    }
}

async fn accept(state: &WorkerState, topic: &str, batch: &Batch) -> Result<(), StoreError> {
    let now = state.clock.now();
    let tx = state.db.begin().await?;
    let mut queued = 0;
    metrics::counter!("events_unreadable_total").increment(u64::from(batch.undecodable));
    for event in &batch.events {
        let request = match provision_requested(&event.uuid, &event.fields) {
            Ok(request) => request,
            Err(error) => {
                // One unreadable event must not hold up the others; the reconciler still finds its order.
                tracing::error!(%error, event.uuid = event.uuid, "event does not fit its contract");
                metrics::counter!("events_unreadable_total").increment(1);
                continue;
            }
        };
        if !cursors::accept_event(&tx, topic, &request.event_uuid, &request.salesforce_order_id, now).await? {
            continue;
        }
        let work = Work::Provision { salesforce_order_id: request.salesforce_order_id };
        let request_id = request.request_id.or(Some(request.event_uuid));
        queued += u32::from(enqueue(&tx, NewJob { work, request_id }).await?);
    }
    // An empty one would be refused as a place to go on from.
    if !batch.latest_replay_id.is_empty() {
        cursors::store_replay_id(&tx, topic, &batch.latest_replay_id, now).await?;
    }
    crash::point(|| "accept:written".to_owned());
    tx.commit().await.map_err(StoreError::from)?;
    crash::point(|| "accept:committed".to_owned());
    if queued > 0 {
        tracing::info!(queued, "approved orders received");
        state.bus.send(BusMessage::JobsReady).await;
    }
    Ok(())
}
