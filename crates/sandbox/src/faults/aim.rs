//! Which of the calls that a fault fits it strikes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fault, FaultKind, Parameters, System};

/// Narrows a fault down. The default strikes every call that the fault fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aim {
    /// Calls that fit and are let through first.
    pub skip: u32,
    /// After those, only every n-th call (1 = each).
    pub every: Option<u32>,
    /// After those, this share of the calls in percent. Which ones follows from `seed` and the call's number alone.
    pub share: Option<u8>,
    /// Chooses another pattern of the same share.
    pub seed: u64,
    /// Only calls with all of these parameters: name and value. A name is the whole name (`clientid`, `order.AccountId`) or
    /// its last part (`AccountId`), without regard to case; `*` is any parameter. A query (`q`) needs only contain the value.
    pub parameters: BTreeMap<String, String>,
}

impl Aim {
    pub(super) fn fits(&self, parameters: &Parameters) -> bool {
        self.parameters.iter().all(|(name, value)| parameters.has(name, value))
    }

    /// Whether the call of this number, counted from 1 among those that fit, is struck.
    pub(super) fn hits(&self, number: u64) -> bool {
        let Some(number) = number.checked_sub(u64::from(self.skip)).filter(|number| *number > 0) else { return false };
        self.every.is_none_or(|every| number.is_multiple_of(u64::from(every.max(1))))
            && self.share.is_none_or(|share| chance(self.seed, number) < u64::from(share))
    }
}

/// 0 to 99, evenly spread over the numbers of calls (splitmix64).
fn chance(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_mul(0xD1B5_4A32_D192_ED03).wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % 100
}

/// A fault with its aim; every [`Fault`] is one that strikes whatever it fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct AimedFault {
    /// What goes wrong, and where.
    pub fault: Fault,
    /// Which of the calls there.
    pub aim: Aim,
}

impl From<Fault> for AimedFault {
    fn from(fault: Fault) -> Self {
        Self { fault, aim: Aim::default() }
    }
}

impl Fault {
    /// The same fault for only some of its calls.
    #[must_use]
    pub fn aimed(self, aim: Aim) -> AimedFault {
        AimedFault { fault: self, aim }
    }
}

/// As it stands in JSON: a typing error in a name must not make a fault that strikes everybody.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    system: System,
    #[serde(default)]
    operation: Option<String>,
    kind: FaultKind,
    #[serde(default)]
    times: Option<u32>,
    #[serde(default)]
    skip: u32,
    #[serde(default)]
    every: Option<u32>,
    #[serde(default)]
    share: Option<u8>,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

impl From<AimedFault> for Written {
    fn from(aimed: AimedFault) -> Self {
        let AimedFault { fault: Fault { system, operation, kind, times }, aim } = aimed;
        let Aim { skip, every, share, seed, parameters } = aim;
        Self { system, operation, kind, times, skip, every, share, seed, parameters }
    }
}

impl TryFrom<Written> for AimedFault {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { system, operation, kind, times, skip, every, share, seed, parameters } = written;
        if !kind.suits(system) {
            return Err(format!("{system:?} cannot fail in this way: {kind:?}"));
        }
        if let FaultKind::Status(status, _) = kind
            && !(400..=599).contains(&status)
        {
            return Err("a status is 400 to 599".to_owned());
        }
        if matches!(kind, FaultKind::Drip { pieces: 0, .. } | FaultKind::TooLarge { megabytes: 0 }) {
            return Err("a number of pieces or megabytes is at least 1".to_owned());
        }
        if every == Some(0) {
            return Err("`every` is at least 1".to_owned());
        }
        if share.is_some_and(|share| !(1..=100).contains(&share)) {
            return Err("`share` is 1 to 100".to_owned());
        }
        if times == Some(0) {
            return Err("`times` is at least 1, or left out".to_owned());
        }
        Ok(Self { fault: Fault { system, operation, kind, times }, aim: Aim { skip, every, share, seed, parameters } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(aim: &Aim, calls: u64) -> Vec<u64> {
        (1..=calls).filter(|number| aim.hits(*number)).collect()
    }

    #[test]
    fn calls_are_skipped_and_counted() {
        assert_eq!(hit(&Aim::default(), 3), [1, 2, 3]);
        assert_eq!(hit(&Aim { skip: 2, ..Aim::default() }, 4), [3, 4]);
        assert_eq!(hit(&Aim { skip: 1, every: Some(3), ..Aim::default() }, 8), [4, 7]);
    }

    #[test]
    fn a_share_is_kept_and_can_be_repeated() {
        for (share, seed) in [(1, 0), (30, 0), (30, 7), (50, u64::MAX), (99, 3)] {
            let aim = Aim { share: Some(share), seed, ..Aim::default() };
            let first = hit(&aim, 10_000);
            let percent = first.len() as f64 / 100.0;
            assert!((percent - f64::from(share)).abs() < 2.0, "{share} % became {percent}");
            assert_eq!(first, hit(&aim, 10_000));
        }
        let of = |seed| hit(&Aim { share: Some(50), seed, ..Aim::default() }, 100);
        assert_ne!(of(1), of(2), "another seed is another pattern");
        assert_eq!(hit(&Aim { share: Some(100), ..Aim::default() }, 50).len(), 50);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        let read = |text: &str| serde_json::from_str::<AimedFault>(text).map_err(|error| error.to_string());
        let good = r#"{"system":"Whmcs","kind":"Garbled","skip":1,"parameters":{"clientid":"7"}}"#;
        let fault = read(good).unwrap();
        assert_eq!((fault.aim.skip, fault.aim.parameters["clientid"].as_str()), (1, "7"));
        let again = serde_json::to_string(&fault).unwrap();
        assert_eq!(read(&again).unwrap(), fault);
        for (bad, reason) in [
            (r#"{"system":"Whmcs","kind":"Garbled","parametres":{}}"#, "unknown field"),
            (r#"{"system":"Whmcs","kind":"Duplicate"}"#, "cannot fail in this way"),
            (r#"{"system":"Whmcs","kind":"ExpiredSession"}"#, "cannot fail in this way"),
            (r#"{"system":"PubSub","kind":{"Drip":{"pieces":2,"pause_ms":1}}}"#, "cannot fail in this way"),
            (r#"{"system":"Freebit","kind":{"SoftFailure":"x"}}"#, "cannot fail in this way"),
            (r#"{"system":"Freebit","kind":{"Status":[200,null]}}"#, "400 to 599"),
            (r#"{"system":"Freebit","kind":{"TooLarge":{"megabytes":0}}}"#, "at least 1"),
            (r#"{"system":"Freebit","kind":{"TooLarge":{"megabyte":1}}}"#, "unknown field"),
            (r#"{"system":"Freebit","kind":"Garbled","share":0}"#, "1 to 100"),
            (r#"{"system":"Freebit","kind":"Garbled","every":0}"#, "at least 1"),
            (r#"{"system":"Freebit","kind":"Garbled","times":0}"#, "at least 1"),
        ] {
            assert!(read(bad).is_err_and(|error| error.contains(reason)), "{bad}");
        }
    }
}
