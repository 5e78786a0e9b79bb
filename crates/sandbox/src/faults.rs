//! Faults that a test or a person at the console puts into the upstreams.

use serde::{Deserialize, Serialize};

/// One of the upstream systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// REST and OAuth.
    Salesforce,
    /// The gRPC event bus.
    PubSub,
    /// Billing.
    Whmcs,
    /// SIM management.
    Freebit,
}

/// On which side of the effect a delay lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelayPoint {
    /// The call waits, then does its work.
    BeforeCommit,
    /// The work is done, the answer waits.
    AfterCommit,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// An HTTP status in the system's own error shape, with an optional `Retry-After` in seconds. Nothing is done.
    Status(u16, Option<u32>),
    /// The connection is closed before anything is done.
    DropBefore,
    /// The effect is done, then the connection is closed without an answer: a lost reply.
    DropAfterCommit,
    /// Milliseconds of waiting, before or after the effect.
    Delay(u64, DelayPoint),
    /// The effect is done and the answer is cut in the middle.
    Garbled,
    /// A business refusal in the system's own shape. Salesforce and Freebit take a leading code:
    /// `FIELD_CUSTOM_VALIDATION_EXCEPTION: text`, `400-303`.
    Refuse(String),
    /// 503 with an HTML page from a proxy. Nothing is done.
    Html503,
}

/// A fault that waits for its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The system it concerns.
    pub system: System,
    /// Only this operation, compared without regard to case: `AddOrder`, `composite`, `query`, `Order.update`,
    /// `mvno/esim/addAcnt`, `Subscribe`. `None` = every operation of the system.
    #[serde(default)]
    pub operation: Option<String>,
    /// What happens.
    pub kind: FaultKind,
    /// How often it strikes; `None` = until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

/// Names an added fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultId(pub u64);

/// The faults which are waiting, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    next: u64,
    waiting: Vec<(FaultId, Fault)>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        self.next += 1;
        let id = FaultId(self.next);
        if fault.times != Some(0) {
            self.waiting.push((id, fault));
        }
        id
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.waiting.iter().map(|(_, fault)| fault.clone()).collect()
    }

    /// Takes the first fault that fits the call and counts it down.
    pub(crate) fn strike(&mut self, system: System, operations: &[String]) -> Option<FaultKind> {
        let at = self.waiting.iter().position(|(_, fault)| {
            fault.system == system
                && fault.operation.as_ref().is_none_or(|wanted| {
                    let wanted = wanted.trim_matches('/');
                    operations.iter().any(|name| name.eq_ignore_ascii_case(wanted))
                })
        })?;
        let fault = &mut self.waiting[at].1;
        let kind = fault.kind.clone();
        if let Some(times) = &mut fault.times {
            *times -= 1;
            if *times == 0 {
                self.waiting.remove(at);
            }
        }
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_only_its_operation_and_only_so_often() {
        let mut faults = Faults::default();
        faults.add(Fault {
            system: System::Whmcs,
            operation: Some("AddOrder".into()),
            kind: FaultKind::Html503,
            times: Some(2),
        });
        let add_order = ["addorder".to_owned()];
        assert_eq!(faults.strike(System::Freebit, &add_order), None);
        assert_eq!(faults.strike(System::Whmcs, &["GetClients".to_owned()]), None);
        assert_eq!(faults.strike(System::Whmcs, &add_order), Some(FaultKind::Html503));
        assert_eq!(faults.strike(System::Whmcs, &add_order), Some(FaultKind::Html503));
        assert_eq!(faults.strike(System::Whmcs, &add_order), None);
    }
}
