//! What the customer sees of a run: milestones instead of steps.

use super::contract::{Actor, Milestone, MilestoneState, TimelineEntry};
use super::fulfilment::{Step, StepState};
use super::state::Stage;
use crate::Timestamp;

/// A recorded step with its time, as the timeline needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedStep {
    pub step: Step,
    pub state: StepState,
    /// When the state was last recorded.
    pub at: Option<Timestamp>,
}

/// Milestones of an order in their order. `steps` is empty before a run exists.
pub fn timeline(
    stage: Stage,
    placed_at: Timestamp,
    decided_at: Option<Timestamp>,
    has_sim: bool,
    steps: &[TimedStep],
) -> Vec<TimelineEntry> {
    use Milestone as M;
    use MilestoneState as S;
    let done_at = |m, at| TimelineEntry { milestone: m, state: S::Done, at };
    let mut entries = vec![done_at(M::Received, Some(placed_at))];
    match (stage, decided_at) {
        (Stage::AwaitingApproval, _) => {
            entries.push(TimelineEntry { milestone: M::InReview, state: S::Active, at: None });
        }
        (Stage::Rejected, at) if steps.is_empty() => {
            entries.push(TimelineEntry { milestone: M::InReview, state: S::Failed, at });
        }
        (_, at) => entries.extend([done_at(M::InReview, at), done_at(M::Approved, at)]),
    }
    let billing =
        [Step::CheckOrder, Step::EnsureClient, Step::ReserveLine, Step::AddBillingOrder, Step::AcceptBillingOrder];
    let mut rest = vec![(M::BillingReady, billing.as_slice())];
    if has_sim {
        rest.push((M::SimActivated, &[Step::OpenLine, Step::AwaitLine]));
    }
    rest.push((M::Ready, &[Step::ReportFulfilled]));
    if entries.len() == 2 {
        rest.insert(0, (M::Approved, &[]));
    }
    let mut reached = stage != Stage::AwaitingApproval && entries.len() == 3;
    for (milestone, of) in rest {
        let entry = milestone_entry(milestone, of, stage, reached, steps);
        reached = entry.state == S::Done;
        entries.push(entry);
    }
    entries
}

fn milestone_entry(
    milestone: Milestone,
    of: &[Step],
    stage: Stage,
    reached: bool,
    steps: &[TimedStep],
) -> TimelineEntry {
    use MilestoneState as S;
    let mine: Vec<&TimedStep> = steps.iter().filter(|s| of.contains(&s.step)).collect();
    let all_done = !mine.is_empty() && mine.iter().all(|s| s.state == StepState::Done);
    let failed = mine.iter().find(|s| matches!(s.state, StepState::Refused | StepState::Unclear));
    let (state, at) = if let Some(failed) = failed {
        (S::Failed, failed.at)
    } else if all_done {
        (S::Done, mine.iter().filter_map(|s| s.at).max())
    } else {
        let state = match stage {
            Stage::Rejected => S::Skipped,
            _ if !reached => S::Waiting,
            // The stage can say that a person is needed without a refused step: too many tries.
            Stage::NeedsAttention => S::Failed,
            _ if mine.iter().any(|s| s.state == StepState::Intent && s.step != Step::EnsureClient) => S::Checking,
            _ => S::Active,
        };
        (state, None)
    };
    TimelineEntry { milestone, state, at }
}

/// Who acts next.
pub const fn next_actor(stage: Stage, may_confirm: bool) -> Option<Actor> {
    match stage {
        Stage::AwaitingApproval if may_confirm => Some(Actor::Customer),
        Stage::AwaitingApproval => Some(Actor::Reviewer),
        Stage::Provisioning => Some(Actor::System),
        Stage::NeedsAttention => Some(Actor::Support),
        Stage::Active | Stage::Rejected => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MilestoneState as S;

    fn states(entries: &[TimelineEntry]) -> Vec<MilestoneState> {
        entries.iter().map(|e| e.state).collect()
    }
    fn steps(states: &[(Step, StepState)]) -> Vec<TimedStep> {
        states.iter().map(|&(step, state)| TimedStep { step, state, at: Some(Timestamp(5)) }).collect()
    }

    #[test]
    fn before_approval_all_milestones_are_listed_and_review_is_active() {
        let entries = timeline(Stage::AwaitingApproval, Timestamp(1), None, true, &[]);
        let names: Vec<_> = entries.iter().map(|e| e.milestone).collect();
        use Milestone as M;
        assert_eq!(names, [M::Received, M::InReview, M::Approved, M::BillingReady, M::SimActivated, M::Ready]);
        assert_eq!(states(&entries), [S::Done, S::Active, S::Waiting, S::Waiting, S::Waiting, S::Waiting]);
    }

    #[test]
    fn an_unknown_answer_is_shown_as_checking() {
        let steps = steps(&[(Step::CheckOrder, StepState::Done), (Step::AddBillingOrder, StepState::Intent)]);
        let entries = timeline(Stage::Provisioning, Timestamp(1), Some(Timestamp(2)), false, &steps);
        assert_eq!(states(&entries), [S::Done, S::Done, S::Done, S::Checking, S::Waiting]);
    }

    #[test]
    fn a_failed_sim_step_is_named_and_the_rest_waits() {
        let steps = steps(&[
            (Step::AcceptBillingOrder, StepState::Done),
            (Step::OpenLine, StepState::Refused),
            (Step::ReportFulfilled, StepState::Todo),
        ]);
        let entries = timeline(Stage::NeedsAttention, Timestamp(1), Some(Timestamp(2)), true, &steps);
        assert_eq!(states(&entries), [S::Done, S::Done, S::Done, S::Done, S::Failed, S::Waiting]);
        assert_eq!(entries[4].at, Some(Timestamp(5)));
    }

    #[test]
    fn a_rejected_order_skips_what_will_not_happen() {
        let entries = timeline(Stage::Rejected, Timestamp(1), Some(Timestamp(2)), true, &[]);
        assert_eq!(states(&entries), [S::Done, S::Failed, S::Skipped, S::Skipped, S::Skipped, S::Skipped]);
    }
}
