//! Closes a customer account when its waiting time is over: persons, sessions and names go, what the law keeps stays.

use super::JobError;
use crate::state::WorkerState;
use domain::account::closing::{KEPT, runs};
use domain::{CustomerId, Timestamp, UserId};
use platform::queue::Ended;
use platform::store::events::DomainEvent;
use platform::store::{accounts, personal};
use platform::{Cause, Change, Owner};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// How often it looks again whether what stands against it is over.
const AGAIN: Duration = Duration::from_secs(24 * 3600);

pub async fn run(state: &WorkerState, customer: CustomerId, asked_at: Timestamp) -> Result<Ended, JobError> {
    let now = state.clock.now();
    let conn = state.db.conn();
    let Some((asked, closes_at)) = personal::closing(conn, customer).await? else { return Ok(Ended::Done) };
    if asked != asked_at {
        return Ok(Ended::Done);
    }
    if closes_at > now {
        let left = u64::try_from(closes_at.millis() - now.millis()).unwrap_or(0);
        return Ok(Ended::Later { after: Duration::from_millis(left), reason: "waiting time" });
    }
    let Some(account) = accounts::customer(conn, Owner::for_system(customer)).await? else { return Ok(Ended::Done) };
    if let Some(client) = account.whmcs_client_id {
        match state.whmcs.services(client).await {
            Ok(services) if services.iter().any(|s| s.client_id == client && runs(s.subscription.status)) => {
                tracing::warn!(customer.id = %customer, "an account is not closed while a service runs");
                return Ok(Ended::Later { after: AGAIN, reason: "a service runs" });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "billing could not be asked whether a service runs");
                return Ok(Ended::Failed { reason: "billing" });
            }
        }
    }
    let (_, open) = personal::standing(conn, UserId(Uuid::nil()), customer).await?;
    if open > 0 {
        return Ok(Ended::Later { after: AGAIN, reason: "an order is under way" });
    }
    let mut change = Change::begin(&state.db, Cause { person: None, request_id: None, now }).await?;
    // Withdrawn meanwhile?
    if personal::closing(change.conn(), customer).await?.map(|(asked, _)| asked) != Some(asked_at) {
        return Ok(Ended::Done);
    }
    personal::erase(change.conn(), customer).await?;
    personal::closed(change.conn(), customer, now).await?;
    let fact = DomainEvent {
        kind: "account_closed",
        customer_id: Some(customer),
        // What staff do in the other systems, and by when.
        data: json!({
            "customer_number": account.number, "salesforce_account_id": account.salesforce_account_id,
            "whmcs_client_id": account.whmcs_client_id, "kept": KEPT,
            "to_do": ["whmcs: close the client, keep its invoices", "salesforce: strip the account and its contacts",
                      "freebit: nothing, no line is open"],
        }),
        ..DomainEvent::default()
    };
    change.append(fact).await?;
    change.commit(&state.bus).await?;
    tracing::info!(customer.id = %customer, "account closed; staff have work in the other systems");
    Ok(Ended::Done)
}
