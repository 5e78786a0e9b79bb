//! The heartbeat that keeps the leases, and the watchman who drops work when it fails.

use super::held::Held;
use super::{Engine, Line};
use platform::queue::heartbeat;
use std::time::{Duration, Instant};

/// Prolongs all leases four times per lease, and tries again soon when that fails.
pub async fn beat(engine: Engine, held: Held) {
    let mut line = Line::new(&engine.db, true);
    let mut pause = engine.lease / 4;
    loop {
        tokio::time::sleep(pause).await;
        pause = engine.lease / 4;
        let asked = held.tokens();
        if asked.is_empty() {
            continue;
        }
        let sent = Instant::now();
        let found = heartbeat(&line.db, &engine.name, &asked, engine.lease);
        match tokio::time::timeout(engine.answer_within(), found).await {
            Ok(Ok(found)) => {
                held.beat(&asked, &found, sent);
                continue;
            }
            Ok(Err(error)) => tracing::warn!(%error, "heartbeat failed"),
            Err(_) => {
                tracing::warn!("heartbeat took too long");
                line.renew();
            }
        }
        pause = engine.lease / 30;
    }
}

/// Its own task: a heartbeat that hangs must not delay the dropping.
pub async fn watch(engine: Engine, held: Held) {
    let every = (engine.lease / 60).max(Duration::from_millis(10));
    loop {
        tokio::time::sleep(every).await;
        held.drop_unproven(engine.drop_after());
    }
}
