//! The sessions of a person: seeing them, and ending them from elsewhere.

use crate::error::{ApiError, ApiResult};
use crate::features::auth::ended::End;
use crate::features::auth::service::{announce_ended, record};
use crate::http::extract::SignedInPerson;
use crate::state::Context;
use domain::SessionId;
use domain::people::{EndedCount, SessionInfo, SessionList};
use platform::store::sessions;
use serde_json::json;

/// Those that live, the last used first.
pub(super) async fn list(ctx: &Context, person: SignedInPerson) -> ApiResult<SessionList> {
    let (now, idle_ms) = (ctx.clock.now(), ctx.config.idle_ms());
    let found = sessions::of_person(ctx.db.conn(), person.user_id, now).await?;
    let sessions = found
        .into_iter()
        .filter(|s| s.lives(idle_ms, now))
        .map(|s| SessionInfo {
            id: s.id,
            current: s.id == person.session_id,
            device: s.device,
            address: s.address,
            created_at: s.created_at,
            last_used_at: s.last_used_at,
        })
        .collect();
    Ok(SessionList { sessions })
}

/// Signs one browser of the person out, also this one.
///
/// # Errors
/// 404 for one that has ended, is unknown, or is somebody else's.
pub(super) async fn end(ctx: &Context, person: SignedInPerson, id: SessionId) -> ApiResult<()> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    if !sessions::end_own(&tx, person.user_id, id, "ended_by_owner", now).await? {
        return Err(ApiError::not_found());
    }
    let data = json!({ "session": id, "from": person.session_id });
    record(&tx, "session_ended_by_owner", person.user_id, person.customer_id, data, now).await?;
    tx.commit().await?;
    announce_ended(ctx, &[id], End::Ended).await;
    Ok(())
}

/// Signs every other browser of the person out.
pub(super) async fn end_others(ctx: &Context, person: SignedInPerson) -> ApiResult<EndedCount> {
    let now = ctx.clock.now();
    let tx = ctx.db.begin().await?;
    let ended = sessions::end_others(&tx, person.user_id, person.session_id, "ended_by_owner", now).await?;
    if !ended.is_empty() {
        let data = json!({ "sessions": ended, "from": person.session_id });
        record(&tx, "session_ended_by_owner", person.user_id, person.customer_id, data, now).await?;
    }
    tx.commit().await?;
    announce_ended(ctx, &ended, End::Ended).await;
    Ok(EndedCount { ended: u32::try_from(ended.len()).unwrap_or(u32::MAX) })
}
