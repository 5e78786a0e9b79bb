//! The way of an order in the customer's words: what a milestone is, what is happening, who acts next. Vendor names and
//! technical words never appear here.

use crate::components::ui::icon::Icon;
use crate::providers::language::Tr;
use crate::tr;
use domain::catalog::SimKind;
use domain::orders::contract::{Actor, MilestoneState};
use domain::orders::{Milestone, OrderDetail, Stage, TimelineEntry};

/// Name of a milestone, as tests and style sheets know it.
pub const fn milestone_slug(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Received => "received",
        Milestone::InReview => "in_review",
        Milestone::Approved => "approved",
        Milestone::BillingReady => "billing_ready",
        Milestone::SimActivated => "sim_activated",
        Milestone::Ready => "ready",
    }
}

/// Name of a state, as tests and style sheets know it.
pub const fn state_slug(state: MilestoneState) -> &'static str {
    match state {
        MilestoneState::Waiting => "waiting",
        MilestoneState::Active => "active",
        MilestoneState::Checking => "checking",
        MilestoneState::Done => "done",
        MilestoneState::Failed => "failed",
        MilestoneState::Skipped => "skipped",
    }
}

pub const fn milestone_name(milestone: Milestone) -> Tr {
    match milestone {
        Milestone::Received => tr!(milestone.received),
        Milestone::InReview => tr!(milestone.in_review),
        Milestone::Approved => tr!(milestone.approved),
        Milestone::BillingReady => tr!(milestone.billing_ready),
        Milestone::SimActivated => tr!(milestone.sim_activated),
        Milestone::Ready => tr!(milestone.ready),
    }
}

/// Word and picture of a state.
pub const fn state_look(state: MilestoneState) -> (Tr, Icon) {
    match state {
        MilestoneState::Waiting => (tr!(progress.waiting), Icon::Clock),
        MilestoneState::Active => (tr!(progress.active), Icon::Wave),
        MilestoneState::Checking => (tr!(progress.checking), Icon::Search),
        MilestoneState::Done => (tr!(progress.done), Icon::Check),
        MilestoneState::Failed => (tr!(progress.failed), Icon::Alert),
        MilestoneState::Skipped => (tr!(progress.skipped), Icon::Skip),
    }
}

/// What is going on at a milestone, where there is something to say.
pub const fn milestone_note(entry: &TimelineEntry, stage: Stage) -> Option<Tr> {
    match (entry.milestone, entry.state) {
        (Milestone::InReview, MilestoneState::Active) => Some(tr!(note.review)),
        (Milestone::InReview, MilestoneState::Failed) => Some(tr!(note.turned_down)),
        (_, MilestoneState::Checking) => Some(tr!(note.checking)),
        (Milestone::BillingReady, MilestoneState::Active) => Some(tr!(note.billing)),
        (Milestone::SimActivated, MilestoneState::Active) => Some(tr!(note.sim)),
        (Milestone::Ready, MilestoneState::Active) => Some(tr!(note.ready)),
        (Milestone::BillingReady, MilestoneState::Failed) => {
            Some(if matches!(stage, Stage::Rejected) { tr!(note.billing_refused) } else { tr!(note.billing_stopped) })
        }
        (Milestone::SimActivated, MilestoneState::Failed) => Some(tr!(note.sim_stopped)),
        (_, MilestoneState::Failed) => Some(tr!(note.stopped)),
        _ => None,
    }
}

/// Headline and sentence about who acts next.
pub const fn whats_next(stage: Stage, actor: Option<Actor>) -> (Tr, Tr) {
    match (stage, actor) {
        (Stage::Active, _) => (tr!(next.active), tr!(next.active_text)),
        (Stage::Rejected, _) => (tr!(next.rejected), tr!(next.rejected_text)),
        (Stage::NeedsAttention, _) | (_, Some(Actor::Support)) => (tr!(next.support), tr!(next.support_text)),
        (_, Some(Actor::Customer)) => (tr!(next.customer), tr!(next.customer_text)),
        (_, Some(Actor::System)) => (tr!(next.system), tr!(next.system_text)),
        (_, Some(Actor::Reviewer) | None) => (tr!(next.reviewer), tr!(next.reviewer_text)),
    }
}

/// The failed milestone, if one failed.
pub fn failed(order: &OrderDetail) -> Option<&TimelineEntry> {
    order.timeline.iter().find(|e| e.state == MilestoneState::Failed)
}

pub const fn sim_words(kind: SimKind) -> Tr {
    match kind {
        SimKind::Physical => tr!(wizard.sim_card),
        SimKind::Esim => tr!(wizard.esim),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use domain::catalog::{Catalog, CatalogOption, Category, Choice, Cycle, DataAllowance, OptionKind, Plan};
    use domain::common::text::Language;
    use domain::common::text::LocalText;
    use domain::{Money, Timestamp};

    fn text(text: &str) -> LocalText {
        LocalText { en: text.to_owned(), ja: text.to_owned() }
    }
    fn option(sku: &str, kind: OptionKind, choice: Choice, cycle: Cycle, yen: i64) -> CatalogOption {
        CatalogOption {
            sku: sku.into(),
            name: text(sku),
            description: text(""),
            kind,
            choice,
            cycle,
            price: Money::yen(yen),
        }
    }

    /// A small catalogue for the tests of this feature.
    pub fn catalog() -> Catalog {
        let fee = option("FEE", OptionKind::Activation, Choice::Included, Cycle::OneTime, 3000);
        let plan = |sku: &str, category, yen, sims: &[SimKind], options: Vec<CatalogOption>| Plan {
            sku: sku.into(),
            category,
            name: text(sku),
            description: text(""),
            price: Money::yen(yen),
            data: Some(DataAllowance::Megabytes(20_000)),
            voice: true,
            tier: None,
            sim_kinds: sims.to_vec(),
            options,
        };
        Catalog {
            plans: vec![
                plan(
                    "SIM-20",
                    Category::Sim,
                    2000,
                    &[SimKind::Physical, SimKind::Esim],
                    vec![fee.clone(), option("VOICEMAIL", OptionKind::AddOn, Choice::Optional, Cycle::Monthly, 300)],
                ),
                plan(
                    "NET-1G",
                    Category::Internet,
                    5000,
                    &[],
                    vec![
                        fee,
                        option("INST-WEEKDAY", OptionKind::Installation, Choice::OneOfKind, Cycle::OneTime, 8000),
                        option("INST-WEEKEND", OptionKind::Installation, Choice::OneOfKind, Cycle::OneTime, 11_000),
                    ],
                ),
            ],
            tax_rate_percent: 10,
            as_of: Timestamp(0),
            stale: false,
            customer_may_confirm: true,
        }
    }

    #[test]
    fn a_stopped_order_says_where_that_nothing_is_charged_twice_and_who_acts() {
        let entry = TimelineEntry { milestone: Milestone::SimActivated, state: MilestoneState::Failed, at: None };
        let note = milestone_note(&entry, Stage::NeedsAttention).unwrap().get(Language::En);
        let next = whats_next(Stage::NeedsAttention, Some(Actor::Support)).1.get(Language::En);
        let all = [note, next].join(" ");
        assert!(all.contains("SIM") && all.contains("second time") && all.contains("working day"), "{all}");
    }

    #[test]
    fn no_word_about_an_order_names_a_vendor() {
        use MilestoneState as S;
        for milestone in [
            Milestone::Received,
            Milestone::InReview,
            Milestone::Approved,
            Milestone::BillingReady,
            Milestone::SimActivated,
            Milestone::Ready,
        ] {
            for state in [S::Waiting, S::Active, S::Checking, S::Done, S::Failed, S::Skipped] {
                for stage in Stage::ALL {
                    let entry = TimelineEntry { milestone, state, at: None };
                    for language in [Language::En, Language::Ja] {
                        let note = milestone_note(&entry, stage).map_or("", |tr| tr.get(language)).to_lowercase();
                        for word in ["salesforce", "whmcs", "freebit", "error", "エラー"] {
                            assert!(!note.contains(word), "{milestone:?} {state:?}: {note}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn slugs_are_the_names_on_the_wire() {
        for m in [Milestone::Received, Milestone::InReview, Milestone::SimActivated, Milestone::Ready] {
            assert_eq!(serde_json::to_value(m).unwrap(), milestone_slug(m));
        }
        for s in [MilestoneState::Checking, MilestoneState::Skipped] {
            assert_eq!(serde_json::to_value(s).unwrap(), state_slug(s));
        }
    }
}
