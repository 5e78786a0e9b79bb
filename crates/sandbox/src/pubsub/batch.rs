//! The next events of a stream, with whatever a fault makes of them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tonic::Status;

use super::flow::Flow;
use super::log::{self, Published};
use super::messages::{ConsumerEvent, ProducerEvent};
use super::reset;
use super::service::{meet, note, strike, unavailable};
use crate::World;
use crate::faults::{DELIVER, FaultKind, KEEP_ALIVE, Parameters};

/// How a stream that a fault has struck will end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doom {
    Reset,
    Interrupt,
}

impl Doom {
    fn status(self) -> Status {
        match self {
            Self::Reset => reset::marker(),
            Self::Interrupt => unavailable(),
        }
    }
}

/// What faults left behind in a stream.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Events that are to come once more.
    again: VecDeque<ConsumerEvent>,
    /// How many events still arrive before the stream breaks.
    doom: Option<(u32, Doom)>,
    /// Nothing is sent any more.
    pub silent: bool,
}

/// What is sent next.
pub(super) struct Owed {
    pub messages: Vec<ConsumerEvent>,
    /// With what the stream ends afterwards.
    pub end: Option<Status>,
}

fn message(kept: &Published) -> ConsumerEvent {
    ConsumerEvent {
        event: Some(ProducerEvent {
            id: kept.id.clone(),
            schema_id: kept.schema_id.clone(),
            payload: kept.payload(),
            headers: Vec::new(),
        }),
        replay_id: kept.replay_id.to_be_bytes().to_vec(),
    }
}

/// Topic, and the fields of all events of a batch.
fn parameters(flow: &Flow, events: &[Published]) -> Parameters {
    let mut parameters = Parameters::of([("topic".to_owned(), flow.event.topic.clone())]);
    for event in events {
        parameters.add("event", event.id.as_str());
        parameters.add_json("", &event.fields);
    }
    parameters
}

/// Whether a fault takes the place of the empty answer that shows life.
pub(super) fn falls_silent(world: &World, flow: &Flow) -> bool {
    let (started, parameters) = (Instant::now(), parameters(flow, &[]));
    let struck = strike(world, KEEP_ALIVE, &parameters, 0);
    let silent = struck.is_some();
    if silent {
        note(world, KEEP_ALIVE, started, "silence".to_owned(), &parameters, struck);
    }
    silent
}

/// The next events, up to what is owed; `None` when there are none or the stream has fallen silent.
///
/// # Errors
/// With what the stream ends at once.
pub(super) async fn next(world: &World, token: &str, flow: &mut Flow) -> Result<Option<Owed>, Status> {
    let room = usize::try_from(flow.pending).unwrap_or(0);
    if !flow.marks.again.is_empty() {
        let count = flow.marks.again.len().min(room);
        let messages: Vec<ConsumerEvent> = flow.marks.again.drain(..count).collect();
        flow.pending -= i32::try_from(count).unwrap_or(0);
        return Ok(Some(Owed { messages, end: None }));
    }
    let mut found = world.read(|store| log::after(store, &flow.event.topic, flow.position, room));
    if found.is_empty() {
        return Ok(None);
    }
    let started = Instant::now();
    let parameters = parameters(flow, &found);
    let struck = strike(world, DELIVER, &parameters, found.len());
    let fault = match &struck {
        None => None,
        Some(struck) => {
            let met = meet(world, token, Some(struck.kind.clone())).await;
            let outcome = met.as_ref().map_or_else(
                |status| format!("{:?}", status.code()),
                |_| format!("{} events from {}", found.len(), found[0].replay_id),
            );
            note(world, DELIVER, started, outcome, &parameters, Some(struck.clone()));
            met?
        }
    };
    match &fault {
        Some(FaultKind::Silent) => {
            flow.marks.silent = true;
            return Ok(None);
        }
        Some(FaultKind::Reset { after }) => flow.marks.doom = Some((*after, Doom::Reset)),
        Some(FaultKind::Interrupt { after }) => flow.marks.doom = Some((*after, Doom::Interrupt)),
        _ => {}
    }
    let mut end = None;
    if let Some((left, doom)) = &mut flow.marks.doom {
        found.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
        *left -= u32::try_from(found.len()).unwrap_or(*left);
        end = (*left == 0).then(|| doom.status());
    }
    let mut messages: Vec<ConsumerEvent> = found.iter().map(message).collect();
    match fault {
        Some(FaultKind::Delay(ms, _)) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(FaultKind::Reorder) => messages.reverse(),
        Some(FaultKind::Duplicate) => {
            let twice: Vec<ConsumerEvent> = messages.iter().flat_map(|event| [event.clone(), event.clone()]).collect();
            if twice.len() <= room {
                messages = twice;
            } else {
                flow.marks.again = messages.iter().cloned().collect();
            }
        }
        Some(FaultKind::DropAfterCommit | FaultKind::Garbled) => end = Some(unavailable()),
        _ => {}
    }
    if let Some(last) = found.last() {
        flow.position = last.replay_id;
    }
    flow.pending -= i32::try_from(messages.len()).unwrap_or(0);
    Ok(Some(Owed { messages, end }))
}
