//! States of orders and services as chips: the same words everywhere.

use crate::components::ui::chip::{StatusChip, Tone};
use crate::providers::language::Tr;
use crate::tr;
use domain::orders::Stage;
use domain::sim::LineState;
use domain::subscriptions::ServiceStatus;
use leptos::prelude::*;

/// Words and tone of an order's stage.
pub const fn stage_words(stage: Stage) -> (Tone, Tr) {
    match stage {
        Stage::AwaitingApproval => (Tone::Busy, tr!(stage.awaiting_approval)),
        Stage::Provisioning => (Tone::Busy, tr!(stage.provisioning)),
        Stage::Active => (Tone::Good, tr!(stage.active)),
        Stage::NeedsAttention => (Tone::Bad, tr!(stage.needs_attention)),
        Stage::Rejected => (Tone::Off, tr!(stage.rejected)),
    }
}

/// Words and tone of a service's state in billing.
pub const fn service_words(status: ServiceStatus) -> (Tone, Tr) {
    match status {
        ServiceStatus::Active => (Tone::Good, tr!(service.active)),
        ServiceStatus::Pending => (Tone::Busy, tr!(service.pending)),
        ServiceStatus::Suspended => (Tone::Bad, tr!(service.suspended)),
        ServiceStatus::Fraud => (Tone::Bad, tr!(service.blocked)),
        ServiceStatus::Terminated => (Tone::Off, tr!(service.terminated)),
        ServiceStatus::Cancelled => (Tone::Off, tr!(service.cancelled)),
        ServiceStatus::Completed => (Tone::Off, tr!(service.completed)),
        ServiceStatus::Unknown => (Tone::Off, tr!(service.unknown)),
    }
}

/// Words and tone of a line's state at the carrier.
pub const fn line_words(state: LineState) -> (Tone, Tr) {
    match state {
        LineState::Active => (Tone::Good, tr!(line.active)),
        LineState::Waiting => (Tone::Busy, tr!(line.waiting)),
        LineState::Temporary => (Tone::Busy, tr!(line.temporary)),
        LineState::Suspended => (Tone::Bad, tr!(line.suspended)),
        LineState::Obsolete => (Tone::Off, tr!(line.obsolete)),
        LineState::Unknown => (Tone::Off, tr!(service.unknown)),
    }
}

/// A chip from words and tone.
pub fn chip((tone, words): (Tone, Tr)) -> AnyView {
    view! { <StatusChip tone=tone label=words/> }.into_any()
}
