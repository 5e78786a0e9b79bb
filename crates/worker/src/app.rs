//! All loops of the worker, and their orderly end.

use crate::engine;
use crate::state::WorkerState;
use crate::subscriber;

/// Runs until [`WorkerState::stopping`] is set, then lets jobs reach their next step border and gives the rest back.
pub async fn run(state: WorkerState) {
    let loops = [
        tokio::spawn(subscriber::stream::run(state.clone())),
        tokio::spawn(subscriber::reconcile::run(state.clone())),
        tokio::spawn(engine::sweep::run(state.clone())),
        tokio::spawn(engine::observe::run(state.clone())),
    ];
    engine::run::run(state).await;
    for task in loops {
        // The queue is at rest; these hold nothing that would have to be given back.
        task.abort();
    }
}
