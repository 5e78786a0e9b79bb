//! The form that offers every kind of fault.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::system_name;
use crate::console::ui::form::Fields;
use crate::console::ui::parts;
use crate::faults::{Aim, AimedFault, DelayPoint, Fault, FaultKind, System};

/// Longest delay: longer than any client waits.
const LONGEST_MS: u64 = 600_000;
/// More than any client reads.
const MOST_MEGABYTES: u32 = 100_000;

/// The kinds as a person chooses them: value, name, what happens.
const KINDS: &[(&str, &str, &str)] = &[
    ("status", "Error status", "An HTTP status in the system's own error form. Nothing is done."),
    ("html", "Maintenance page", "503 with a proxy's HTML page instead of an answer. Nothing is done."),
    ("refuse", "Business refusal", "The system says no in its own words. Nothing is done."),
    ("soft", "Success with a warning", "WHMCS says success with a warning and does nothing."),
    ("drop", "Connection closed", "The connection ends before anything is done."),
    ("lost", "Answer lost", "The work is done, then the connection ends without an answer."),
    ("garbled", "Garbled answer", "The work is done and the answer breaks off in the middle."),
    ("page", "Page instead of the answer", "The work is done; 200 with a proxy's HTML page instead of the answer."),
    ("label", "Wrong content type", "The work is done; the answer is right and says that it is HTML."),
    ("before", "Late, before the work", "The call waits, then does its work."),
    ("after", "Late, after the work", "The work is done at once, the answer waits."),
    ("drip", "Answer in drops", "The work is done; the answer comes in pieces with pauses."),
    ("large", "Answer too large", "The work is done; megabytes of blanks follow the answer."),
    ("expired", "Session ended", "The session of the call really ends. Salesforce, Pub/Sub and Freebit."),
    ("twice", "Events twice", "Pub/Sub delivers every event of a batch twice, with the same id."),
    ("reverse", "Events in reverse order", "Pub/Sub turns a batch of two or more events round."),
    ("reset", "Stream reset", "Pub/Sub resets the stream without a status."),
    ("interrupt", "Stream ended", "Pub/Sub ends the stream as unavailable."),
    ("silent", "Silent stream", "Pub/Sub sends nothing any more and leaves the stream open."),
    ("replay", "Replay id corrupted", "Pub/Sub does not accept the place where a subscription wants to go on."),
];

/// Names to choose from; others can be typed.
const OPERATIONS: &[&str] = &[
    "AddOrder",
    "AcceptOrder",
    "AddClient",
    "GetClientsDetails",
    "GetClientsProducts",
    "GetInvoices",
    "GetInvoice",
    "GetPayMethods",
    "CapturePayment",
    "UpgradeProduct",
    "CreateSsoToken",
    "token",
    "query",
    "composite",
    "Order.create",
    "Order.update",
    "Case.create",
    "Subscribe",
    "deliver",
    "authOem",
    "mvno/getDetail",
    "mvno/getTrafficInfo",
    "master/addSpec",
    "mvno/esim/addAcnt",
    "master/addAcnt",
    "mvno/changePlan",
    "mvno/contractline/change",
    "mvno/suspend",
    "mvno/resume",
];

/// The form, with what was `typed` into it before it was refused.
pub(super) fn form(typed: &Fields<'_>) -> Markup {
    let systems = [System::Whmcs, System::Salesforce, System::Freebit, System::PubSub].map(system_name);
    let number = |name: &str, label: &str, hint: &str, default: &'static str, least: i64, most: i64| {
        parts::number(name, label, hint, typed.again(name, default), least, most)
    };
    let line = |name: &str, label: &str, hint: &str| parts::line(name, label, hint, typed.again(name, ""));
    let kind = typed.again("kind", "status");
    html! {
        form method="post" action="/console/faults/add" class="form" {
            div class="grid" {
                (parts::choice("system", "System", &systems.map(|name| (name, name)), typed.again("system", "")))
                label class="field" { span { "Operation" }
                    input type="text" name="operation" value=(typed.again("operation", "")) list="operations" autocomplete="off" spellcheck="false";
                    small { "Empty: every call of the system" }
                    datalist id="operations" { @for name in OPERATIONS { option value=(name) {} } } }
                label class="field" { span { "What happens" }
                    select name="kind" data-chooses {
                        @for (value, name, _) in KINDS { option value=(value) selected[*value == kind] { (name) } }
                    }
                    @for (value, _, text) in KINDS { small data-for=(value) { (text) } } }
            }
            div class="grid" {
                div data-for="status" { (number("status", "Status", "400 to 599", "503", 400, 599)) }
                div data-for="status" { (number("retry", "Retry-After", "Seconds; empty: without the header", "", 0, 86_400)) }
                div data-for="before after" { (number("ms", "Delay", "Milliseconds", "10000", 1, LONGEST_MS.cast_signed())) }
                div data-for="refuse" { (line("text", "Refusal", "Salesforce: CODE: text. Freebit: 400-356. WHMCS: any text.")) }
                div data-for="soft" { (line("warning", "Warning", "Any text")) }
                div data-for="drip" { (number("pieces", "Pieces", "How many", "30", 1, 10_000)) }
                div data-for="drip" { (number("pause", "Pause", "Milliseconds before each piece", "1000", 1, LONGEST_MS.cast_signed())) }
                div data-for="large" { (number("megabytes", "Size", "Megabytes of blanks", "64", 1, i64::from(MOST_MEGABYTES))) }
                div data-for="reset interrupt" { (number("events", "Events", "That still arrive on the stream", "1", 0, 100_000)) }
                (number("times", "How often", "Empty: until it is removed", "1", 1, 100_000))
            }
            details open[typed.0.iter().any(|(name, value)| AIM.contains(&name.as_str()) && !value.is_empty())] {
                summary { "Only some of the calls" }
                div class="grid" {
                    (number("skip", "Let through first", "Calls before the first one that is struck", "", 0, 100_000))
                    (number("every", "Every n-th call", "Empty: each", "", 1, 100_000))
                    (number("share", "Share", "Percent of the calls, in a pattern that repeats itself", "", 1, 100))
                    (number("seed", "Pattern", "Another number, another pattern of the same share", "", 0, i64::from(u32::MAX)))
                    (line("parameters", "With parameters", "clientid=7, or *=0015j… for any parameter; several with commas"))
                }
            }
            div class="actions" { button class="primary" { "Add the fault" } }
        }
    }
}

/// Fields of the aim: with one of them filled in, that part of the form is shown open again.
const AIM: &[&str] = &["skip", "every", "share", "seed", "parameters"];

/// # Errors
/// A sentence for the person who filled in the form.
pub(super) fn read(fields: &Fields<'_>) -> Result<AimedFault, String> {
    let systems = [System::Salesforce, System::PubSub, System::Whmcs, System::Freebit];
    let system = systems.into_iter().find(|system| system_name(*system) == fields.text("system"));
    let system = system.ok_or("Choose a system.")?;
    let kind = kind(fields, system)?;
    if !kind.suits(system) {
        return Err(format!("{} cannot fail in this way.", system_name(system)));
    }
    let operation = fields.given("operation").map(str::to_owned);
    let fault = Fault { system, operation, kind, times: fields.optional("times", "How often", 1..=100_000)? };
    Ok(fault.aimed(Aim {
        skip: fields.optional("skip", "Let through first", 0..=100_000)?.unwrap_or(0),
        every: fields.optional("every", "Every n-th call", 1..=100_000)?,
        share: fields.optional("share", "Share", 1..=100)?,
        seed: fields.optional("seed", "Pattern", 0..=u64::from(u32::MAX))?.unwrap_or(0),
        parameters: parameters(fields.text("parameters"))?,
    }))
}

fn kind(fields: &Fields<'_>, system: System) -> Result<FaultKind, String> {
    let delay = || fields.number("ms", "Delay", 1..=LONGEST_MS);
    let after = || fields.number("events", "Events", 0..=100_000);
    Ok(match fields.text("kind") {
        "status" => FaultKind::Status(
            fields.number("status", "Status", 400..=599)?,
            fields.optional("retry", "Retry-After", 0..=86_400)?,
        ),
        "html" => FaultKind::Html503,
        "refuse" => FaultKind::Refuse(match (fields.given("text"), system) {
            (Some(text), _) => text.to_owned(),
            (None, System::Freebit) => "400-356".to_owned(),
            (None, System::Salesforce | System::PubSub | System::Whmcs) => "Refused at the console".to_owned(),
        }),
        "soft" => FaultKind::SoftFailure(fields.given("warning").unwrap_or("Not done, says the console").to_owned()),
        "drop" => FaultKind::DropBefore,
        "lost" => FaultKind::DropAfterCommit,
        "garbled" => FaultKind::Garbled,
        "page" => FaultKind::Html200,
        "label" => FaultKind::Mislabelled,
        "before" => FaultKind::Delay(delay()?, DelayPoint::BeforeCommit),
        "after" => FaultKind::Delay(delay()?, DelayPoint::AfterCommit),
        "drip" => FaultKind::Drip {
            pieces: fields.number("pieces", "Pieces", 1..=10_000)?,
            pause_ms: fields.number("pause", "Pause", 1..=LONGEST_MS)?,
        },
        "large" => FaultKind::TooLarge { megabytes: fields.number("megabytes", "Size", 1..=MOST_MEGABYTES)? },
        "expired" => FaultKind::ExpiredSession,
        "twice" => FaultKind::Duplicate,
        "reverse" => FaultKind::Reorder,
        "reset" => FaultKind::Reset { after: after()? },
        "interrupt" => FaultKind::Interrupt { after: after()? },
        "silent" => FaultKind::Silent,
        "replay" => FaultKind::CorruptedReplayId,
        _ => return Err("Choose what happens.".to_owned()),
    })
}

/// `clientid=7, *=0015j…`
fn parameters(text: &str) -> Result<BTreeMap<String, String>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or(("", ""));
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || value.is_empty() {
                return Err("With parameters: write name=value, several with commas.".to_owned());
            }
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_pairs() {
        let read = parameters(" clientid=7, *=a=b ,").unwrap();
        assert_eq!(read, BTreeMap::from([("*".into(), "a=b".into()), ("clientid".into(), "7".into())]));
        assert!(parameters("").unwrap().is_empty());
        assert!(parameters("clientid").is_err() && parameters("=7").is_err() && parameters("a=").is_err());
    }
}
