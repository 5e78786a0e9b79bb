//! How an approved order is fulfilled: the plan of steps, and the pure decision what comes next.
//!
//! A run is its recorded steps and nothing else. The worker loads it, asks [`next`], acts, records, and asks again.

use crate::catalog::{Category, SimKind};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One effect on one system. Stored names are a format: new steps are added, none is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Read the order in Salesforce: still approved, not provisioned, prices as we placed them.
    CheckOrder,
    /// Find or create the WHMCS client of the account.
    EnsureClient,
    /// Allot a phone number (and a card for a physical SIM) from our stock, before any call names it.
    ReserveLine,
    /// WHMCS `AddOrder` with our marker on every line.
    AddBillingOrder,
    /// WHMCS `AcceptOrder`: the pivot. Afterwards the customer owns services.
    AcceptBillingOrder,
    /// Freebit opening of the line.
    OpenLine,
    /// Wait until Freebit reports the line active.
    AwaitLine,
    /// Salesforce order becomes Activated, with the WHMCS ids.
    ReportFulfilled,
}

impl Step {
    pub const ALL: [Self; 8] = [
        Self::CheckOrder,
        Self::EnsureClient,
        Self::ReserveLine,
        Self::AddBillingOrder,
        Self::AcceptBillingOrder,
        Self::OpenLine,
        Self::AwaitLine,
        Self::ReportFulfilled,
    ];
    /// Once this step is done (or may be done), the run only goes forward.
    pub const PIVOT: Self = Self::AcceptBillingOrder;

    pub const fn name(self) -> &'static str {
        match self {
            Self::CheckOrder => "check_order",
            Self::EnsureClient => "ensure_client",
            Self::ReserveLine => "reserve_line",
            Self::AddBillingOrder => "add_billing_order",
            Self::AcceptBillingOrder => "accept_billing_order",
            Self::OpenLine => "open_line",
            Self::AwaitLine => "await_line",
            Self::ReportFulfilled => "report_fulfilled",
        }
    }

    /// A repeated call would make a second one upstream: the intent is recorded before the call, and a step found in
    /// *intent* waits for its settle time and is then looked up, never sent again blindly.
    pub const fn needs_intent(self) -> bool {
        match self {
            Self::EnsureClient | Self::AddBillingOrder | Self::AcceptBillingOrder | Self::OpenLine => true,
            Self::CheckOrder | Self::ReserveLine | Self::AwaitLine | Self::ReportFulfilled => false,
        }
    }

    /// Whether the step left something behind that must be taken back when the run is rolled back before the pivot.
    pub const fn has_undo(self) -> bool {
        match self {
            Self::ReserveLine | Self::AddBillingOrder => true,
            Self::CheckOrder
            | Self::EnsureClient
            | Self::AcceptBillingOrder
            | Self::OpenLine
            | Self::AwaitLine
            | Self::ReportFulfilled => false,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl FromStr for Step {
    type Err = UnknownStep;
    fn from_str(s: &str) -> Result<Self, UnknownStep> {
        Self::ALL.into_iter().find(|step| step.name() == s).ok_or_else(|| UnknownStep(s.to_owned()))
    }
}

/// A stored step of a newer or older release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown step {0:?}")]
pub struct UnknownStep(pub String);

/// A step of one order; `item` is the order item it works on, 0 for the whole order (items count from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlannedStep {
    pub step: Step,
    pub item: u32,
}

/// What of an ordered item decides its steps. Stored with the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemKind {
    pub category: Category,
    pub sim: Option<SimKind>,
}

/// The steps of an order, in order.
pub fn plan(items: &[ItemKind]) -> Vec<PlannedStep> {
    let whole = |step| PlannedStep { step, item: 0 };
    let lines: Vec<u32> = (1_u32..).zip(items).filter(|(_, i)| i.sim.is_some()).map(|(no, _)| no).collect();
    let each = |step: Step| lines.iter().map(move |&item| PlannedStep { step, item });
    let mut steps = vec![whole(Step::CheckOrder), whole(Step::EnsureClient)];
    steps.extend(each(Step::ReserveLine));
    steps.extend([whole(Step::AddBillingOrder), whole(Step::AcceptBillingOrder)]);
    steps.extend(each(Step::OpenLine));
    steps.extend(each(Step::AwaitLine));
    steps.push(whole(Step::ReportFulfilled));
    steps
}

/// How a step stands. Stored names are a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepState {
    Todo,
    /// A call may have been sent; its result is not recorded.
    Intent,
    Done,
    /// The other system understood and said no.
    Refused,
    Undone,
    /// Nobody can decide by program: two hits for one marker, or an answer that does not fit.
    Unclear,
}

impl StepState {
    pub const ALL: [Self; 6] = [Self::Todo, Self::Intent, Self::Done, Self::Refused, Self::Undone, Self::Unclear];
    pub const fn name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Intent => "intent",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Undone => "undone",
            Self::Unclear => "unclear",
        }
    }
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// A planned step and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedStep {
    pub planned: PlannedStep,
    pub state: StepState,
}

/// The recorded steps of one order, in plan order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub steps: Vec<RecordedStep>,
}

/// What a run needs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Act on this step (for one in *intent*: settle, look, then act).
    Do(PlannedStep),
    /// Take this step's effect back.
    Undo(PlannedStep),
    /// Every step is done.
    Finished,
    /// A refusal before the pivot; everything is taken back.
    RolledBack,
    /// A person must decide at this step.
    AskHuman(PlannedStep),
}

impl Run {
    pub fn new(items: &[ItemKind]) -> Self {
        let steps = plan(items).into_iter().map(|planned| RecordedStep { planned, state: StepState::Todo }).collect();
        Self { steps }
    }

    /// Billing has accepted the order, or may have.
    pub fn past_pivot(&self) -> bool {
        self.steps.iter().any(|s| {
            s.planned.step == Step::PIVOT && matches!(s.state, StepState::Done | StepState::Intent | StepState::Unclear)
        })
    }
}

/// The next thing to do, from what is recorded and nothing else.
pub fn next(run: &Run) -> Next {
    if let Some(step) = run.steps.iter().find(|s| s.state == StepState::Unclear) {
        return Next::AskHuman(step.planned);
    }
    let refused = run.steps.iter().find(|s| s.state == StepState::Refused);
    match refused {
        Some(step) if run.past_pivot() => Next::AskHuman(step.planned),
        Some(_) => {
            let to_undo = |s: &&RecordedStep| s.planned.step.has_undo() && s.state == StepState::Done;
            run.steps.iter().rev().find(to_undo).map_or(Next::RolledBack, |s| Next::Undo(s.planned))
        }
        None => run
            .steps
            .iter()
            .find(|s| matches!(s.state, StepState::Todo | StepState::Intent))
            .map_or(Next::Finished, |s| Next::Do(s.planned)),
    }
}

/// Our name for an item of an order in billing, the same at every try: `sfo-00001234-1`.
/// Goes into the `domain` of the WHMCS order line, the only caller-given field that `GetClientsProducts` filters by.
pub fn marker(order_number: &str, item: u32) -> String {
    format!("sfo-{order_number}-{item}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ESIM: ItemKind = ItemKind { category: Category::Sim, sim: Some(SimKind::Esim) };
    const FIBRE: ItemKind = ItemKind { category: Category::Internet, sim: None };

    fn set(run: &mut Run, step: Step, state: StepState) {
        for s in run.steps.iter_mut().filter(|s| s.planned.step == step) {
            s.state = state;
        }
    }

    #[test]
    fn only_sim_items_open_a_line() {
        let plan = plan(&[FIBRE, ESIM]);
        let lines: Vec<u32> = plan.iter().filter(|p| p.step == Step::OpenLine).map(|p| p.item).collect();
        assert_eq!(lines, [2]);
        assert_eq!(super::plan(&[FIBRE]).len(), 5);
    }

    #[test]
    fn a_refusal_before_the_pivot_takes_everything_back_in_reverse() {
        let mut run = Run::new(&[ESIM]);
        for step in [Step::CheckOrder, Step::EnsureClient, Step::ReserveLine, Step::AddBillingOrder] {
            set(&mut run, step, StepState::Done);
        }
        set(&mut run, Step::AcceptBillingOrder, StepState::Refused);
        assert_eq!(next(&run), Next::Undo(PlannedStep { step: Step::AddBillingOrder, item: 0 }));
        set(&mut run, Step::AddBillingOrder, StepState::Undone);
        assert_eq!(next(&run), Next::Undo(PlannedStep { step: Step::ReserveLine, item: 1 }));
        set(&mut run, Step::ReserveLine, StepState::Undone);
        assert_eq!(next(&run), Next::RolledBack);
    }

    #[test]
    fn a_refusal_after_the_pivot_asks_a_human() {
        let mut run = Run::new(&[ESIM]);
        for step in
            [Step::CheckOrder, Step::EnsureClient, Step::ReserveLine, Step::AddBillingOrder, Step::AcceptBillingOrder]
        {
            set(&mut run, step, StepState::Done);
        }
        set(&mut run, Step::OpenLine, StepState::Refused);
        assert_eq!(next(&run), Next::AskHuman(PlannedStep { step: Step::OpenLine, item: 1 }));
    }

    #[test]
    fn an_unknown_acceptance_counts_as_accepted() {
        let mut run = Run::new(&[FIBRE]);
        set(&mut run, Step::AcceptBillingOrder, StepState::Intent);
        assert!(run.past_pivot());
    }

    proptest! {
        /// Whatever is recorded, the decision never undoes anything once billing may have accepted the order.
        #[test]
        fn nothing_is_undone_after_the_pivot(states in proptest::collection::vec(0_usize..6, 9)) {
            let mut run = Run::new(&[ESIM]);
            for (s, state) in run.steps.iter_mut().zip(states) {
                s.state = StepState::ALL[state];
            }
            if run.past_pivot() {
                prop_assert!(!matches!(next(&run), Next::Undo(_) | Next::RolledBack));
            }
        }

        /// Doing what it says always comes to an end, and each step is done once.
        #[test]
        fn a_quiet_run_does_each_step_once(sims in proptest::collection::vec(proptest::bool::ANY, 1..5)) {
            let items: Vec<_> = sims.iter().map(|&sim| if sim { ESIM } else { FIBRE }).collect();
            let mut run = Run::new(&items);
            let mut done = 0;
            while let Next::Do(planned) = next(&run) {
                let step = run.steps.iter_mut().find(|s| s.planned == planned).unwrap();
                prop_assert_eq!(step.state, StepState::Todo);
                step.state = StepState::Done;
                done += 1;
            }
            prop_assert_eq!(done, run.steps.len());
            prop_assert_eq!(next(&run), Next::Finished);
        }
    }
}
