//! Settings of the worker.

use crate::mail;
use std::time::Duration;

/// How the worker works.
#[derive(Clone, Debug)]
pub struct Config {
    /// Jobs at a time.
    pub slots: u32,
    /// How long a job stays ours without a heartbeat.
    pub lease: Duration,
    /// How long a call whose answer we did not get may still be at work upstream. At least our own time-out plus the
    /// longest time that WHMCS may work on a request.
    pub settle: Duration,
    /// How long after its intent is recorded a call may still be sent. Together with our time-out and the longest time of
    /// the other system's work it must stay below [`Config::settle`].
    pub send_within: Duration,
    /// Between the two look-ups after the settle time.
    pub look_gap: Duration,
    /// How often Salesforce is asked for decisions that no event told us.
    pub reconcile_every: Duration,
    /// Approvals younger than this are left to their event.
    pub reconcile_quiet: Duration,
    /// Pub/Sub topic of provision requests.
    pub provision_topic: String,
    /// How long the carrier may take to open a line before a person looks at it.
    pub line_limit: Duration,
    /// How long an order waits for the operator to fill an empty stock of numbers or cards before it looks again.
    pub stock_pause: Duration,
    /// How long a stopping worker waits for its jobs to reach a step border.
    pub stop_limit: Duration,
    /// Where mails go; without it they wait.
    pub mail: Option<mail::Config>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            slots: 8,
            lease: Duration::from_secs(60),
            settle: Duration::from_secs(120),
            send_within: Duration::from_secs(20),
            look_gap: Duration::from_secs(5),
            reconcile_every: Duration::from_secs(300),
            reconcile_quiet: Duration::from_secs(180),
            provision_topic: "/event/OrderProvisionRequested__e".to_owned(),
            line_limit: Duration::from_secs(3600),
            stock_pause: Duration::from_secs(60),
            stop_limit: Duration::from_secs(25),
            mail: None,
        }
    }
}
