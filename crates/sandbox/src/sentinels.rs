//! Inputs with a meaning of their own, so that a person can try what goes wrong from the portal's own pages.
//!
//! All of them stand here and nowhere else; the systems ask. Each is an assumption of this sandbox, no system documents
//! them. What is said here for people is shown on the console and stands in `docs/sandbox.md`.

use serde_json::Value;

use crate::faults::{Attempt, DelayPoint, FaultKind, Struck, System};

/// An input for the table that people read.
pub(crate) struct Sentinel {
    pub system: System,
    /// Where it is typed and what.
    pub input: &'static str,
    pub effect: &'static str,
}

const fn of(system: System, input: &'static str, effect: &'static str) -> Sentinel {
    Sentinel { system, input, effect }
}

/// Every input that means something.
pub(crate) const ALL: &[Sentinel] = &[
    of(System::Whmcs, "card 4000000000000002", "refused when it is stored: Your card was declined."),
    of(System::Whmcs, "card 4000000000000341", "stored; every charge fails with Payment Attempt Failed"),
    of(System::Whmcs, "card 4000000000009979", "stored; can be neither changed nor deleted"),
    of(System::Whmcs, "service whose domain begins with modulefail", "its module refuses every command"),
    of(System::Whmcs, "AddClient with e-mail whmcs-slow@…", "the client is made, the answer comes 15 s later"),
    of(System::Whmcs, "AddClient with e-mail whmcs-lost@…", "the client is made, the answer is lost"),
    of(System::Whmcs, "AddClient with e-mail whmcs-down@…", "503 with a maintenance page, nothing is done"),
    of(System::Whmcs, "AddClient with e-mail whmcs-refused@…", "refused: The email address is banned"),
    of(System::Freebit, "EID with 9306 before its two check digits", "refused as in use: 400-306"),
    of(System::Freebit, "EID with 9303 before its two check digits", "accepted; the line stays waiting for ever"),
    of(System::Freebit, "EID with 9500 before its two check digits", "accepted; the line then ends as obsolete"),
    of(System::Freebit, "MNP reservation number that begins with 9307", "refused as expired: 400-356"),
    of(System::Freebit, "ICCID with 9356 as digits 15 to 18", "refused: 400-356"),
    of(System::Freebit, "ICCID with 9303 as digits 15 to 18", "accepted; the line stays waiting for ever"),
    of(System::Freebit, "ICCID with 9500 as digits 15 to 18", "accepted; the line then ends as obsolete"),
    of(System::Salesforce, "new record with [validation-rule] in a text", "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    of(System::Salesforce, "new record with [row-lock] in a text", "UNABLE_TO_LOCK_ROW"),
];

/// Beyond the patience of every client.
const SLOW_MS: u64 = 15_000;

/// The fault that a call's own input means.
pub(crate) fn fault(attempt: &Attempt<'_>) -> Option<Struck> {
    let kind = match (attempt.system, attempt.operations.first()?.as_str()) {
        (System::Whmcs, "AddClient") => {
            let (local, _) = attempt.parameters.get("email")?.trim().split_once('@')?;
            // `whmcs-slow+2@…` is another customer with the same meaning.
            match local.split('+').next()?.to_ascii_lowercase().as_str() {
                "whmcs-slow" => FaultKind::Delay(SLOW_MS, DelayPoint::AfterCommit),
                "whmcs-lost" => FaultKind::DropAfterCommit,
                "whmcs-down" => FaultKind::Html503,
                "whmcs-refused" => FaultKind::Refuse("The email address is banned".to_owned()),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Struck { id: None, kind })
}

/// What a payment gateway does with a card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Card {
    Good,
    Refused,
    Declines,
    Stuck,
}

pub(crate) fn card(number: &str) -> Card {
    match number {
        "4000000000000002" => Card::Refused,
        "4000000000000341" => Card::Declines,
        "4000000000009979" => Card::Stuck,
        _ => Card::Good,
    }
}

/// Whether the server behind a service refuses its commands.
pub(crate) fn module_refuses(domain: &str) -> bool {
    domain.starts_with("modulefail")
}

/// What becomes of the opening of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    Succeeds,
    /// With this `resultCode-statusCode`.
    Refused(&'static str),
    Waits,
    /// Accepted, and given up when it falls due.
    Fails,
}

/// By the digits of an EID or ICCID. The last ones are check digits, so the mark stands before them.
pub(crate) fn opening(eid: Option<&str>, iccid: Option<&str>) -> Opening {
    let mark = match (eid, iccid) {
        (Some(eid), _) => eid.get(26..30),
        (None, Some(iccid)) => iccid.get(14..18),
        (None, None) => None,
    };
    match (mark, eid.is_some()) {
        (Some("9306"), true) => Opening::Refused("400-306"),
        (Some("9356"), false) => Opening::Refused("400-356"),
        (Some("9303"), _) => Opening::Waits,
        (Some("9500"), _) => Opening::Fails,
        _ => Opening::Succeeds,
    }
}

/// Whether the other operator no longer knows a reservation. The carrier documents no code for it.
pub(crate) fn reservation_is_over(number: &str) -> bool {
    number.starts_with("9307")
}

/// The error by which the org refuses a new record with this text: code and message.
pub(crate) fn record(values: &mut dyn Iterator<Item = &Value>) -> Option<(&'static str, &'static str)> {
    values.filter_map(Value::as_str).find_map(|text| {
        if text.contains("[validation-rule]") {
            Some(("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A validation rule does not allow this text."))
        } else if text.contains("[row-lock]") {
            Some(("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"))
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_stands_in_the_document() {
        let document = include_str!("../../../docs/sandbox.md");
        for Sentinel { system, input, effect } in ALL {
            let system = if *system == System::Whmcs { "WHMCS".to_owned() } else { format!("{system:?}") };
            let row = format!("| {system} | {input} | {effect} |");
            assert!(document.contains(&row), "docs/sandbox.md lacks: {row}");
        }
        let rows = document
            .lines()
            .filter(|line| ["| WHMCS | ", "| Freebit | ", "| Salesforce | "].iter().any(|s| line.starts_with(s)));
        let table = rows.filter(|line| line.matches(" | ").count() == 2 && !line.contains("://")).count();
        assert_eq!(table, ALL.len(), "the document lists inputs that mean nothing");
    }

    #[test]
    fn a_sims_digits_are_read_where_they_stand() {
        let eid = |mark: &str| opening(Some(&format!("{}{mark}00", "8".repeat(26))), None);
        let iccid = |mark: &str| opening(None, Some(&format!("{}{mark}0", "8".repeat(14))));
        assert_eq!((eid("9306"), iccid("9306")), (Opening::Refused("400-306"), Opening::Succeeds));
        assert_eq!((eid("9356"), iccid("9356")), (Opening::Succeeds, Opening::Refused("400-356")));
        assert_eq!((eid("9303"), iccid("9303")), (Opening::Waits, Opening::Waits));
        assert_eq!((eid("9500"), iccid("9500")), (Opening::Fails, Opening::Fails));
        assert_eq!((opening(Some("9306"), None), opening(None, None)), (Opening::Succeeds, Opening::Succeeds));
    }
}
