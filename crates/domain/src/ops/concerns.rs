//! What of the overview needs a person. The same limits as the rules in `contrib/prometheus/alerts.yml`, so that the page
//! and the pager agree; a test compares their names.

use super::Overview;
use crate::orders::Stage;

/// A due job should be taken within a second; this is far beyond a busy minute.
pub const QUEUE_AGE_LIMIT_SECONDS: u64 = 300;
/// An empty batch comes each 270 seconds.
pub const CURSOR_AGE_LIMIT_SECONDS: u64 = 600;
/// Fewest free numbers or cards.
pub const STOCK_LIMIT: u64 = 20;

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concern {
    QueueOld { kind: String, seconds: u64 },
    JobsDead { kind: String, jobs: u64 },
    JobsParked { kind: String, jobs: u64 },
    OrdersNeedAttention { orders: u64 },
    NoSubscriber,
    StreamDown,
    CursorOld { seconds: u64 },
    BreakerOpen { provider: String, process: String },
    Denied { provider: String, process: String },
    Drift { found: u64 },
    StockLow { kind: String, free: u64 },
}

impl Concern {
    /// The name of the alert rule for the same thing, and of its paragraph in `docs/operations.md`.
    pub const fn alert(&self) -> &'static str {
        match self {
            Self::QueueOld { .. } => "PortalQueueOld",

            Self::JobsDead { .. } => "PortalJobsDead",
            Self::JobsParked { .. } => "PortalJobsParked",
            Self::OrdersNeedAttention { .. } => "PortalOrdersNeedAttention",
            Self::NoSubscriber => "PortalNoSubscriber",
            Self::StreamDown => "PortalEventStreamDown",
            Self::CursorOld { .. } => "PortalReplayPositionOld",
            Self::BreakerOpen { .. } => "PortalUpstreamHeldBack",
            Self::Denied { .. } => "PortalCredentialsDenied",
            Self::Drift { .. } => "PortalDrift",
            Self::StockLow { .. } => "PortalStockLow",
        }
    }
}

/// Everything that needs a person now, the worst first.
pub fn concerns(seen: &Overview) -> Vec<Concern> {
    let mut found = Vec::new();
    let leads = seen.subscriber.leaders.iter().any(|l| l.role == "subscriber" && l.alive);
    if !leads {
        found.push(Concern::NoSubscriber);
    } else if seen.subscriber.stream.as_ref().is_some_and(|s| !s.connected) {
        found.push(Concern::StreamDown);
    }
    if let Some(seconds) = seen.subscriber.cursor_age_seconds.filter(|s| *s > CURSOR_AGE_LIMIT_SECONDS) {
        found.push(Concern::CursorOld { seconds });
    }
    for view in seen.upstreams.iter().filter(|u| !u.stale) {
        let named = || (view.provider.clone(), view.process.clone());
        if view.denied > 0 {
            let (provider, process) = named();
            found.push(Concern::Denied { provider, process });
        }
        if view.breaker == "open" {
            let (provider, process) = named();
            found.push(Concern::BreakerOpen { provider, process });
        }
    }
    let attention = seen.orders.iter().find(|c| c.stage == Stage::NeedsAttention).map_or(0, |c| c.orders);
    if attention > 0 {
        found.push(Concern::OrdersNeedAttention { orders: attention });
    }
    for kind in &seen.queue {
        let name = || kind.kind.clone();
        if kind.dead > 0 {
            found.push(Concern::JobsDead { kind: name(), jobs: kind.dead });
        }
        if kind.parked > 0 {
            found.push(Concern::JobsParked { kind: name(), jobs: kind.parked });
        }
        if let Some(seconds) = kind.oldest_due_seconds.filter(|s| *s > QUEUE_AGE_LIMIT_SECONDS) {
            found.push(Concern::QueueOld { kind: name(), seconds });
        }
    }
    if seen.drift_open > 0 {
        found.push(Concern::Drift { found: seen.drift_open });
    }
    let low = seen.stock.iter().filter(|s| s.free < STOCK_LIMIT);
    found.extend(low.map(|s| Concern::StockLow { kind: s.kind.clone(), free: s.free }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::ops::overview::{Leader, QueueKind, StageCount, StockView, StreamView, SubscriberView, UpstreamView};

    fn calm() -> Overview {
        let leader = Leader { role: "subscriber".into(), holder: "one".into(), alive: true };
        let stream = StreamView { connected: true, since: Timestamp(0), error: None };
        Overview {
            as_of: Timestamp(0),
            queue: vec![QueueKind {
                kind: "provision".into(),
                ready: 4,
                oldest_due_seconds: Some(2),
                ..Default::default()
            }],
            orders: vec![StageCount { stage: Stage::Active, orders: 9 }],
            subscriber: SubscriberView {
                leaders: vec![leader],
                stream: Some(stream),
                cursor_age_seconds: Some(200),
                ..Default::default()
            },
            upstreams: vec![],
            stock: vec![StockView { kind: "msisdn".into(), free: 500 }],
            drift_open: 0,
        }
    }

    #[test]
    fn a_calm_day_needs_nobody() {
        assert_eq!(concerns(&calm()), []);
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        let mut seen = calm();
        seen.queue[0] = QueueKind {
            kind: "provision".into(),
            dead: 1,
            parked: 2,
            oldest_due_seconds: Some(301),
            ..Default::default()
        };
        seen.orders.push(StageCount { stage: Stage::NeedsAttention, orders: 2 });
        seen.subscriber.stream.as_mut().unwrap().connected = false;
        seen.subscriber.cursor_age_seconds = Some(601);
        seen.drift_open = 1;
        seen.stock[0].free = 19;
        let view = UpstreamView {
            process: "w".into(),
            provider: "whmcs".into(),
            breaker: "open".into(),
            calls: 5,
            failed: 5,
            denied: 1,
            p50_ms: None,
            p99_ms: None,
            at: Timestamp(0),
            stale: false,
        };
        seen.upstreams = vec![view.clone(), UpstreamView { stale: true, ..view }];
        let found: Vec<&str> = concerns(&seen).iter().map(Concern::alert).collect();
        assert_eq!(
            found,
            [
                "PortalEventStreamDown",
                "PortalReplayPositionOld",
                "PortalCredentialsDenied",
                "PortalUpstreamHeldBack",
                "PortalOrdersNeedAttention",
                "PortalJobsDead",
                "PortalJobsParked",
                "PortalQueueOld",
                "PortalDrift",
                "PortalStockLow",
            ]
        );
        seen.subscriber.leaders[0].alive = false;
        assert_eq!(concerns(&seen)[0], Concern::NoSubscriber);
    }
}
