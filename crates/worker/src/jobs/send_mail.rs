//! Sends one mail of the outbox. The intent is in the database before the mail server hears of it, so that a try that broke
//! off is known afterwards: it may have been sent, and is not sent again.

use super::JobError;
use crate::mail::{self, Delivery};
use crate::state::WorkerState;
use platform::queue::{Ended, Job};
use platform::store::events::{self, DomainEvent};
use platform::store::mails::{self, MailState, Taken};
use platform::{clock, crash};
use std::time::Duration;
use uuid::Uuid;

/// How long a mail waits where no mail server is configured.
const UNCONFIGURED_PAUSE: Duration = Duration::from_secs(60);

pub async fn run(state: &WorkerState, job: &Job, mail_id: Uuid) -> Result<Ended, JobError> {
    let Some(config) = &state.config.mail else {
        return Ok(Ended::Later { after: UNCONFIGURED_PAUSE, reason: "mail_unconfigured" });
    };
    let message_id = clock::random_id().simple().to_string();
    let outgoing = match mails::take(state.db.conn(), mail_id, &message_id, state.clock.now()).await? {
        Taken::Send(outgoing) => outgoing,
        Taken::WasUnderWay => {
            told(state, job, mail_id, MailState::Unknown, "interrupted").await?;
            return Ok(Ended::Done);
        }
        Taken::Nothing => return Ok(Ended::Done),
    };
    crash::point(|| "mail:intent".to_owned());
    let delivery = match mail::compose(config, &outgoing) {
        Ok(composed) => mail::deliver(config, &composed).await,
        Err(delivery) => delivery,
    };
    crash::point(|| "mail:answered".to_owned());
    let (ended, reason) = match delivery {
        Delivery::Sent => (MailState::Sent, None),
        Delivery::Unknown => (MailState::Unknown, Some("answer_lost")),
        Delivery::Refused(reason) => (MailState::Refused, Some(reason)),
        Delivery::NotNow(reason) if job.attempts >= job.max_attempts => (MailState::Refused, Some(reason)),
        Delivery::NotNow(reason) => {
            mails::again(state.db.conn(), mail_id, reason).await?;
            return Ok(Ended::Failed { reason });
        }
    };
    mails::end(state.db.conn(), mail_id, ended, reason, state.clock.now()).await?;
    match reason {
        None => metrics::counter!("mails_total", "outcome" => ended.name()).increment(1),
        Some(reason) => told(state, job, mail_id, ended, reason).await?,
    }
    Ok(Ended::Done)
}

/// A mail that did not arrive, or may not have: a fact in the log that staff read.
async fn told(state: &WorkerState, job: &Job, mail_id: Uuid, ended: MailState, reason: &str) -> Result<(), JobError> {
    metrics::counter!("mails_total", "outcome" => ended.name()).increment(1);
    tracing::warn!(mail.id = %mail_id, state = ended.name(), reason, "a mail did not arrive, or may not have");
    let kind = if ended == MailState::Unknown { "mail_unknown" } else { "mail_refused" };
    let data = serde_json::json!({ "mail": mail_id, "reason": reason });
    let event = DomainEvent { kind, request_id: job.request_id.as_deref(), data, ..DomainEvent::default() };
    Ok(events::append(state.db.conn(), &event, state.clock.now()).await?)
}
