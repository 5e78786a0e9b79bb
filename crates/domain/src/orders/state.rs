//! The life of an order.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where an order stands. The names are stored and travel: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// In Salesforce as Draft; an agent, or the customer where allowed, approves it.
    AwaitingApproval,
    /// Approved; a run is working on it.
    Provisioning,
    /// Every service works.
    Active,
    /// Stopped after billing accepted it, or by an answer that we do not understand: a person decides.
    NeedsAttention,
    /// An agent turned it down, or billing refused it before anything was owned; nothing is charged.
    Rejected,
}

/// The transition is not part of an order's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an order that is {from:?} cannot become {to:?}")]
pub struct InvalidTransition {
    pub from: Stage,
    pub to: Stage,
}

impl Stage {
    pub const ALL: [Self; 5] =
        [Self::AwaitingApproval, Self::Provisioning, Self::Active, Self::NeedsAttention, Self::Rejected];

    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::NeedsAttention => "needs_attention",
            Self::Rejected => "rejected",
        }
    }
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The next stage, or the reason why not. Staying where one is is always fine, so that a repeated message is harmless.
    pub fn advance_to(self, to: Self) -> Result<Self, InvalidTransition> {
        let fine = match (self, to) {
            (from, to) if from == to => true,
            (Self::AwaitingApproval, Self::Provisioning | Self::Rejected) => true,
            (Self::Provisioning, Self::Active | Self::NeedsAttention | Self::Rejected) => true,
            (Self::NeedsAttention, Self::Provisioning | Self::Active | Self::Rejected) => true,
            (Self::AwaitingApproval | Self::Provisioning | Self::NeedsAttention, _) => false,
            (Self::Active | Self::Rejected, _) => false,
        };
        if fine { Ok(to) } else { Err(InvalidTransition { from: self, to }) }
    }

    /// Nothing happens to it any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Active | Self::Rejected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_or_rejected_order_never_changes_again() {
        for end in [Stage::Active, Stage::Rejected] {
            for to in Stage::ALL {
                assert_eq!(end.advance_to(to).is_ok(), end == to, "{end:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn provisioning_never_goes_back_to_review() {
        assert!(Stage::Provisioning.advance_to(Stage::AwaitingApproval).is_err());
        assert!(Stage::NeedsAttention.advance_to(Stage::AwaitingApproval).is_err());
        assert!(Stage::AwaitingApproval.advance_to(Stage::Active).is_err());
    }

    #[test]
    fn stored_names_round_trip() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_name(stage.name()), Some(stage));
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.name());
        }
    }
}
