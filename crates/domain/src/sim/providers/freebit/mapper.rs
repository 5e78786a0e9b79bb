use crate::Date;
use crate::catalog::SimKind;
use crate::common::map_error::MapError;
use crate::common::pii::{Pii, mask_tail};
use crate::sim::contract::{LineState, Network, SimLine};
use crate::sim::units::CarrierUnits;
use serde_json::Value;

const WHAT: &str = "Freebit line";

/// A line with the parts that only the server sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarrierLine {
    pub line: SimLine,
    /// Freebit `planCode`.
    pub plan_code: Option<String>,
    pub iccid: Option<Pii<String>>,
    /// 32 digits; `None` for a physical card.
    pub eid: Option<Pii<String>>,
    /// What an eSIM phone needs to download its profile; both present once the profile is ready.
    pub smdp_address: Option<String>,
    pub activation_code: Option<Pii<String>>,
}

/// `resultCode` and `status.statusCode` of an envelope, each a string or a number.
///
/// # Errors
/// When there is no `resultCode`: the document is not an answer of Freebit's.
pub fn result_code(reply: &Value) -> Result<(u32, u32), MapError> {
    let result = digits(reply.get("resultCode")).ok_or_else(|| MapError::missing("Freebit reply", "resultCode"))?;
    let status = reply.get("status").and_then(|s| digits(s.get("statusCode"))).unwrap_or(0);
    let narrow = |n: u64| u32::try_from(n).map_err(|_| MapError::new("Freebit reply", "resultCode", "is out of range"));
    Ok((narrow(result)?, narrow(status)?))
}

/// Reads the line `account` out of a `getDetail` reply.
///
/// # Errors
/// When the reply holds no such line, or its state or kind is missing.
pub fn line(reply: &Value, account: &str, units: CarrierUnits) -> Result<CarrierLine, MapError> {
    let raw = reply
        .get("responseDatas")
        .and_then(|lines| match lines {
            Value::Array(lines) => lines.iter().find(|line| is_of(line, account)),
            // A list of one without its brackets.
            line => Some(line).filter(|line| is_of(line, account)),
        })
        .ok_or_else(|| MapError::missing(WHAT, "responseDatas"))?;
    let state = text(raw, "state").ok_or_else(|| MapError::missing(WHAT, "state"))?;
    let eid = digits_of(raw, "eid")?;
    // A line that is being opened may not show its `size` yet; an EID only belongs to an eSIM.
    let esim = eid.is_some() || text(raw, "size").is_some_and(|s| s.eq_ignore_ascii_case("esim"));
    let iccid = digits_of(raw, "iccid")?;
    let started_on = match text(raw, "startDate") {
        Some(day) => Some(compact_date(&day).ok_or_else(|| MapError::new(WHAT, "startDate", "is not YYYYMMDD"))?),
        None => None,
    };
    Ok(CarrierLine {
        line: SimLine {
            number: account.to_owned(),
            state: line_state(&state),
            kind: if esim { SimKind::Esim } else { SimKind::Physical },
            network: text(raw, "contractLine").and_then(|n| network(&n)),
            started_on,
            iccid_masked: iccid.as_deref().map(mask_tail),
            remaining_kb: digits(raw.get("quota")).map(|kb| units.kilobytes(kb)),
            voicemail: flag(raw, "voicemail"),
            call_waiting: flag(raw, "callwaiting"),
            roaming: flag(raw, "worldwing"),
            change_running: change_running(raw),
        },
        plan_code: text(raw, "planCode"),
        iccid: iccid.map(Pii::new),
        eid: eid.map(Pii::new),
        smdp_address: text(raw, "smdpAddress"),
        activation_code: text(raw, "activationCode").map(Pii::new),
    })
}

fn line_state(text: &str) -> LineState {
    match text.to_ascii_lowercase().as_str() {
        "waiting" => LineState::Waiting,
        "active" => LineState::Active,
        "suspended" => LineState::Suspended,
        "temporary" => LineState::Temporary,
        "obsolete" => LineState::Obsolete,
        _ => LineState::Unknown,
    }
}

fn network(text: &str) -> Option<Network> {
    match text.to_ascii_uppercase().as_str() {
        "4G" => Some(Network::FourG),
        "5G" => Some(Network::FiveG),
        _ => None,
    }
}

/// `async` stands in the reply while an order is open; `null`, `""`, `[]` and `{}` all mean none.
fn change_running(raw: &Value) -> bool {
    match raw.get("async") {
        None | Some(Value::Null) => false,
        Some(Value::String(s)) => !s.is_empty(),
        Some(Value::Array(a)) => !a.is_empty(),
        Some(Value::Object(o)) => !o.is_empty(),
        Some(_) => true,
    }
}

/// A scalar as text; empty is none, and so is a number that is not whole.
pub(super) fn text(raw: &Value, field: &str) -> Option<String> {
    match raw.get(field)? {
        Value::String(s) => Some(s.trim().to_owned()).filter(|s| !s.is_empty()),
        Value::Number(n) => n.as_u64().map(|n| n.to_string()),
        _ => None,
    }
}

/// Whether a document is about this line. As a number the account has lost its zero at the front.
pub(super) fn is_of(raw: &Value, account: &str) -> bool {
    match raw.get("account") {
        Some(Value::Number(n)) => n.to_string() == account.trim_start_matches('0'),
        _ => text(raw, "account").as_deref() == Some(account),
    }
}

/// A card number. JSON readers round numbers of 20 and more digits: such a one is no card that exists.
fn digits_of(raw: &Value, field: &'static str) -> Result<Option<String>, MapError> {
    match raw.get(field) {
        Some(Value::Number(n)) if !n.is_u64() => Err(MapError::new(WHAT, field, "is a rounded number")),
        _ => Ok(text(raw, field)),
    }
}

pub(super) fn digits(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(s) => s.trim().parse().ok(),
        Value::Number(n) => n.as_u64(),
        _ => None,
    }
}

/// `"10"` is yes, `"20"` is no.
pub(super) fn flag(raw: &Value, field: &str) -> bool {
    text(raw, field).as_deref() == Some("10")
}

/// `YYYYMMDD`, Japan time.
pub(super) fn compact_date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::units::Kilobytes;
    use serde_json::json;

    fn line(reply: &Value, account: &str) -> Result<CarrierLine, MapError> {
        super::line(reply, account, CarrierUnits::default())
    }

    fn reply(change: impl FnOnce(&mut Value)) -> Value {
        let mut line = json!({
            "kind": "MVNO", "account": "07012345678", "state": "active", "startDate": "20260115", "planCode": "PASI_10G",
            "iccid": "8981040000001234567", "imsi": "440101234567890", "eid": "", "contractLine": "5G", "size": "nano",
            "sms": "10", "talk": "10", "quota": "4200000", "voicemail": "10", "callwaiting": "20", "worldwing": 20
        });
        change(&mut line);
        json!({"resultCode": "100", "status": {"message": "OK", "statusCode": "200"}, "responseDatas": [line]})
    }

    #[test]
    fn a_physical_line_is_read_with_its_card_masked() {
        let found = line(&reply(|_| ()), "07012345678").unwrap();
        assert_eq!(found.line.state, LineState::Active);
        assert_eq!(found.line.kind, SimKind::Physical);
        assert_eq!(found.line.network, Some(Network::FiveG));
        assert_eq!(found.line.started_on, Date::new(2026, 1, 15));
        assert_eq!(found.line.iccid_masked.as_deref(), Some("••••4567"));
        assert_eq!(found.line.remaining_kb, Some(Kilobytes(4_200_000)));
        assert_eq!((found.line.voicemail, found.line.call_waiting, found.line.roaming), (true, false, false));
        assert!(!found.line.change_running);
        assert!(!format!("{found:?}").contains("8981040000001234567"));
    }

    #[test]
    fn an_esim_that_is_being_opened_is_waiting() {
        let raw = reply(|l| {
            l["state"] = json!("waiting");
            l["eid"] = json!("89049032000000000000000000000001");
            l["startDate"] = json!("");
            l["async"] = json!({"func": "addAcnt", "date": "20260115120000"});
        });
        let found = line(&raw, "07012345678").unwrap();
        assert_eq!(
            (found.line.state, found.line.kind, found.line.change_running),
            (LineState::Waiting, SimKind::Esim, true)
        );
        assert_eq!(found.line.started_on, None);
    }

    #[test]
    fn odd_forms_are_understood_and_nonsense_is_not() {
        for none in [json!(null), json!(""), json!([]), json!({})] {
            let raw = reply(|l| l["async"] = none.clone());
            assert!(!line(&raw, "07012345678").unwrap().line.change_running, "{none}");
        }
        assert_eq!(
            line(&reply(|l| l["state"] = json!("paused")), "07012345678").unwrap().line.state,
            LineState::Unknown
        );
        assert!(line(&reply(|l| l["startDate"] = json!("20260231")), "07012345678").is_err());
        assert!(line(&reply(|_| ()), "07099999999").is_err());
        assert!(line(&json!({"resultCode": "100"}), "07012345678").is_err());
    }

    #[test]
    fn result_codes_are_strings_or_numbers() {
        assert_eq!(result_code(&json!({"resultCode": "100", "status": {"statusCode": "200"}})), Ok((100, 200)));
        assert_eq!(result_code(&json!({"resultCode": 210, "status": {"statusCode": 2}})), Ok((210, 2)));
        assert_eq!(result_code(&json!({"resultCode": "503"})), Ok((503, 0)));
        assert!(result_code(&json!({"error": "x"})).is_err());
    }
}
