//! Closes live connections whose session has ended without a word of the bus: Redis away, a message lost, the session's
//! time over. One look at the database for all of them.

use crate::features::auth::ended::End;
use crate::state::Ctx;
use platform::bus::BusMessage;
use platform::store::sessions;
use std::time::Duration;

/// Between two looks. With the look itself an end is felt within five seconds.
const EVERY: Duration = Duration::from_secs(3);

/// Looks until the process ends.
pub(crate) async fn watch(ctx: Ctx) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let open = ctx.connections.sessions();
        if open.is_empty() {
            continue;
        }
        match sessions::ended_among(ctx.db.conn(), &open, ctx.config.idle_ms(), ctx.clock.now()).await {
            Ok(ended) => {
                for (session_id, reason) in ended {
                    ctx.ended.mark(&ctx, session_id, End::of(reason.as_deref())).await;
                    ctx.bus.send_here(BusMessage::SessionEnded { session_id });
                }
            }
            Err(error) => tracing::warn!(%error, "sessions of live connections could not be checked"),
        }
    }
}
