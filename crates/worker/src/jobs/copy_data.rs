//! Gathers everything that the portal holds of a person, keeps it for a day, then forgets it.

use super::JobError;
use crate::state::WorkerState;
use domain::account::copy::DataCopyState;
use domain::common::pii::Pii;
use domain::{Timestamp, UserId};
use platform::queue::Ended;
use platform::store::{accounts, personal};
use platform::{Cause, Change};
use serde_json::json;
use std::time::Duration;

/// How long a copy can be fetched, seconds.
const LIFE_SECONDS: i64 = 24 * 3600;

pub async fn run(state: &WorkerState, person: UserId, asked_at: Timestamp) -> Result<Ended, JobError> {
    let now = state.clock.now();
    let Some(copy) = personal::copy_of(state.db.conn(), person, now).await? else { return Ok(Ended::Done) };
    if copy.asked_at != asked_at {
        // Another one was asked for; its own job looks after it.
        return Ok(Ended::Done);
    }
    if copy.state == DataCopyState::Gathering {
        let cause = Cause { person: None, request_id: None, now };
        let change = Change::begin(&state.db, cause).await?;
        let account = accounts::account_owned_by(change.conn(), person).await?;
        let held = personal::gather(change.conn(), person, account).await?;
        let elsewhere = json!({
            "salesforce": "Name, address, contact data and orders in the customer system, by the customer number.",
            "whmcs": "Name, address, contact data, services, invoices and payments in billing, by the client id.",
            "freebit": "Number, card and usage of each line at the carrier, by the number.",
        });
        let whole = json!({ "made_at": now, "portal": held, "elsewhere": elsewhere });
        let until = now.plus_seconds(LIFE_SECONDS);
        personal::keep_copy(change.conn(), person, &Pii::new(format!("{whole:#}")), until).await?;
        change.commit(&state.bus).await?;
        return Ok(Ended::Later { after: Duration::from_secs(24 * 3600), reason: "can be fetched" });
    }
    match copy.expires_at {
        Some(end) if end > now => {
            let left = u64::try_from(end.millis() - now.millis()).unwrap_or(0);
            Ok(Ended::Later { after: Duration::from_millis(left.max(1_000)), reason: "can be fetched" })
        }
        _ => {
            personal::drop_copies(state.db.conn(), now).await?;
            Ok(Ended::Done)
        }
    }
}
