//! The faults in force, and which of them strikes a call.

use serde::Serialize;

use super::{AimedFault, FaultId, FaultKind, Parameters, System};

/// A fault in force with its id and what it did so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingFault {
    /// What removes it.
    pub id: FaultId,
    /// The fault as it was added; `times` counts down.
    #[serde(flatten)]
    pub fault: AimedFault,
    /// Calls that fitted it so far.
    pub seen: u64,
    /// Calls that it struck.
    pub struck: u64,
}

/// A call that asks whether something goes wrong with it.
pub(crate) struct Attempt<'a> {
    pub system: System,
    /// Its names, the main one first.
    pub operations: &'a [String],
    pub parameters: &'a Parameters,
    /// Whether it comes with a session that can end.
    pub has_session: bool,
    /// How many events are about to be delivered.
    pub events: usize,
}

/// The fault of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Struck {
    /// `None`: an input that means this fault by itself.
    pub id: Option<FaultId>,
    pub kind: FaultKind,
}

/// The faults which are waiting, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: u64,
    waiting: Vec<WaitingFault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: AimedFault) -> FaultId {
        self.next += 1;
        let id = FaultId(self.next);
        if fault.fault.times != Some(0) {
            self.waiting.push(WaitingFault { id, fault, seen: 0, struck: 0 });
        }
        id
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// `false` when there is none of this id (any more).
    pub(crate) fn remove(&mut self, id: FaultId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.id != id);
        self.waiting.len() != before
    }

    pub(crate) fn list(&self) -> Vec<WaitingFault> {
        self.waiting.clone()
    }

    /// Shows the call to every fault that fits it, so that each counts it; the oldest that hits it strikes and is counted
    /// down.
    pub(crate) fn strike(&mut self, attempt: &Attempt<'_>) -> Option<Struck> {
        let mut struck = None;
        for waiting in &mut self.waiting {
            if !waiting.fits(attempt) {
                continue;
            }
            waiting.seen += 1;
            if struck.is_none() && waiting.fault.aim.hits(waiting.seen) {
                waiting.struck += 1;
                if let Some(times) = &mut waiting.fault.fault.times {
                    *times = times.saturating_sub(1);
                }
                struck = Some(Struck { id: Some(waiting.id), kind: waiting.fault.fault.kind.clone() });
            }
        }
        self.waiting.retain(|waiting| waiting.fault.fault.times != Some(0));
        struck
    }
}

impl WaitingFault {
    fn fits(&self, attempt: &Attempt<'_>) -> bool {
        let fault = &self.fault.fault;
        let point = attempt.operations.first().map_or("", String::as_str);
        let named = |wanted: &String| {
            let wanted = wanted.trim_matches('/');
            attempt.operations.iter().any(|name| name.eq_ignore_ascii_case(wanted))
        };
        fault.system == attempt.system
            && fault.kind.suits(attempt.system)
            && fault.kind.strikes_at(point, attempt.events)
            && (attempt.has_session || fault.kind != FaultKind::ExpiredSession)
            && fault.operation.as_ref().is_none_or(named)
            && self.fault.aim.fits(attempt.parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Aim, Fault};
    use super::*;

    fn strike(faults: &mut Faults, system: System, operation: &str, client: &str) -> Option<FaultKind> {
        let parameters = Parameters::of([("clientid".to_owned(), client.to_owned())]);
        let operations = [operation.to_owned()];
        let attempt =
            Attempt { system, operations: &operations, parameters: &parameters, has_session: false, events: 0 };
        faults.strike(&attempt).map(|struck| struck.kind)
    }

    fn fault(operation: Option<&str>, kind: FaultKind, times: Option<u32>) -> Fault {
        Fault { system: System::Whmcs, operation: operation.map(str::to_owned), kind, times }
    }

    #[test]
    fn a_fault_strikes_only_its_operation_and_only_so_often() {
        let mut faults = Faults::default();
        faults.add(fault(Some("AddOrder"), FaultKind::Html503, Some(2)).into());
        assert_eq!(strike(&mut faults, System::Freebit, "addorder", "1"), None);
        assert_eq!(strike(&mut faults, System::Whmcs, "GetClients", "1"), None);
        assert_eq!(strike(&mut faults, System::Whmcs, "addorder", "1"), Some(FaultKind::Html503));
        assert_eq!(strike(&mut faults, System::Whmcs, "addorder", "1"), Some(FaultKind::Html503));
        assert_eq!(strike(&mut faults, System::Whmcs, "addorder", "1"), None);
    }

    #[test]
    fn one_customers_calls_and_the_nth_call_can_be_hit() {
        let mut faults = Faults::default();
        let aim = Aim { skip: 1, parameters: [("clientid".to_owned(), "7".to_owned())].into(), ..Aim::default() };
        let id = faults.add(fault(None, FaultKind::Garbled, Some(1)).aimed(aim));
        for client in ["7", "8", "8"] {
            assert_eq!(strike(&mut faults, System::Whmcs, "GetInvoices", client), None, "client {client}");
        }
        assert_eq!((faults.list()[0].id, faults.list()[0].seen), (id, 1));
        assert_eq!(strike(&mut faults, System::Whmcs, "GetOrders", "7"), Some(FaultKind::Garbled));
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_younger_fault_counts_the_calls_of_an_older_one_and_each_can_be_removed() {
        let mut faults = Faults::default();
        let first = faults.add(fault(None, FaultKind::Garbled, None).into());
        let second = faults.add(fault(None, FaultKind::Html503, None).aimed(Aim { skip: 1, ..Aim::default() }));
        assert_eq!(strike(&mut faults, System::Whmcs, "a", "1"), Some(FaultKind::Garbled));
        assert!(faults.remove(first) && !faults.remove(first));
        assert_eq!(strike(&mut faults, System::Whmcs, "a", "1"), Some(FaultKind::Html503));
        assert_eq!(faults.list()[0].id, second);
    }
}
