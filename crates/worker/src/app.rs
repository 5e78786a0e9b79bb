//! All loops of the worker, and their orderly end.

use crate::figures;
use crate::state::WorkerState;
use crate::subscriber;
use crate::{engine, jobs};
use tokio::task::JoinSet;

/// Runs until [`WorkerState::stopping`] is set, then lets jobs reach their next step border and gives the rest back.
pub async fn run(state: WorkerState) {
    if state.sole {
        match platform::queue::reclaim(&state.db, &state.name).await {
            Ok(0) => {}
            Ok(jobs) => tracing::warn!(jobs, "work of a run that ended abruptly goes on"),
            Err(error) => tracing::warn!(%error, "leases of an earlier run end by themselves"),
        }
    }
    // Dropped with this future, so that nothing of a worker outlives it.
    let mut loops = JoinSet::new();
    loops.spawn(subscriber::stream::run(state.clone()));
    loops.spawn(subscriber::reconcile::run(state.clone()));
    loops.spawn(state.engine().sweep());
    loops.spawn(engine::observe::run(state.clone()));
    loops.spawn(figures::run(state.clone()));
    let handling = state.clone();
    let handler = move |job| {
        let state = handling.clone();
        async move { jobs::run(&state, &job).await }
    };
    state.engine().run(handler).await;
    // The queue is at rest; the loops hold nothing that would have to be given back.
    loops.shutdown().await;
    subscriber::step_back(&state).await;
}
