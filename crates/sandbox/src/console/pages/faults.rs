//! Faults: what is in force, and a form that offers every kind.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::system_name;
use crate::World;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::notice;
use crate::console::ui::parts;
use crate::faults::{DelayPoint, Fault, FaultKind, System};

/// Longest delay: longer than any client waits.
const LONGEST_MS: u64 = 600_000;

/// The kinds as a person chooses them: value, name, what happens.
const KINDS: &[(&str, &str, &str)] = &[
    ("status", "Error status", "An HTTP status in the system's own error form. Nothing is done."),
    ("html", "Maintenance page", "503 with a proxy's HTML page instead of an answer. Nothing is done."),
    ("refuse", "Business refusal", "The system says no in its own words. Nothing is done."),
    ("drop", "Connection closed", "The connection ends before anything is done."),
    ("lost", "Answer lost", "The work is done, then the connection ends without an answer."),
    ("garbled", "Garbled answer", "The work is done and the answer breaks off in the middle."),
    ("before", "Late, before the work", "The call waits, then does its work."),
    ("after", "Late, after the work", "The work is done at once, the answer waits."),
];

/// A fault in words.
pub(super) fn describe(kind: &FaultKind) -> String {
    match kind {
        FaultKind::Status(code, None) => format!("answers {code}"),
        FaultKind::Status(code, Some(seconds)) => format!("answers {code}, Retry-After {seconds} s"),
        FaultKind::DropBefore => "closes the connection, nothing done".to_owned(),
        FaultKind::DropAfterCommit => "does its work, the answer is lost".to_owned(),
        FaultKind::Delay(ms, DelayPoint::BeforeCommit) => format!("waits {ms} ms before the work"),
        FaultKind::Delay(ms, DelayPoint::AfterCommit) => format!("answers {ms} ms after the work"),
        FaultKind::Garbled => "does its work, the answer breaks off".to_owned(),
        FaultKind::Refuse(text) => format!("refuses: {text}"),
        FaultKind::Html503 => "answers with a maintenance page".to_owned(),
    }
}

/// A fault as an item of a list.
pub(super) fn item(fault: &Fault) -> Markup {
    let times = match fault.times {
        None => "until it is removed".to_owned(),
        Some(1) => "once".to_owned(),
        Some(times) => format!("{times} times"),
    };
    html! {
        strong { (system_name(fault.system)) }
        span class="grow" {
            @match &fault.operation { Some(operation) => code { (operation) }, None => "every call" }
            " " (describe(&fault.kind))
        }
        span class="count" { (times) }
    }
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let faults = world.faults();
    let clear =
        html! { @if !faults.is_empty() { (parts::action("/console/faults/clear", "Remove all", "", "faults", &[])) } };
    let body = html! {
        (parts::card("in-force", "In force", &clear, &html! {
            @if faults.is_empty() { p class="empty" { "None: all systems answer as they should." } }
            @else { ul class="list" { @for fault in &faults { li { (item(fault)) } } } }
        }))
        (parts::panel("add", "Add a fault", &form()))
    };
    layout::send(&world, &request, Part::Faults, body)
}

fn form() -> Markup {
    let systems = [System::Whmcs, System::Salesforce, System::Freebit, System::PubSub].map(system_name);
    html! {
        form method="post" action="/console/faults/add" class="form" {
            div class="grid" {
                (parts::choice("system", "System", &systems.map(|name| (name, name)), ""))
                label class="field" { span { "Operation" }
                    input type="text" name="operation" list="operations" autocomplete="off" spellcheck="false";
                    small { "Empty: every call of the system" }
                    datalist id="operations" { @for name in OPERATIONS { option value=(name) {} } } }
                label class="field" { span { "What happens" }
                    select name="kind" data-chooses { @for (value, name, _) in KINDS { option value=(value) { (name) } } }
                    @for (value, _, text) in KINDS { small data-for=(value) { (text) } } }
            }
            div class="grid" {
                div data-for="status" { (parts::number("status", "Status", "400 to 599", "503", 400, 599)) }
                div data-for="status" { (parts::number("retry", "Retry-After", "Seconds; empty: without the header", "", 0, 86_400)) }
                div data-for="before after" { (parts::number("ms", "Delay", "Milliseconds", "10000", 1, LONGEST_MS.cast_signed())) }
                div data-for="refuse" { (parts::line("text", "Refusal", "Salesforce: CODE: text. Freebit: 400-356. WHMCS: any text.", "")) }
                (parts::number("times", "How often", "Empty: until it is removed", "1", 1, 100_000))
            }
            div class="actions" { button class="primary" { "Add the fault" } }
        }
    }
}

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

fn read(fields: &Fields<'_>) -> Result<Fault, String> {
    let systems = [System::Salesforce, System::PubSub, System::Whmcs, System::Freebit];
    let system = systems.into_iter().find(|system| system_name(*system) == fields.text("system"));
    let system = system.ok_or("Choose a system.")?;
    let delay = || fields.number("ms", "Delay", 1..=LONGEST_MS);
    let kind = match fields.text("kind") {
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
        "drop" => FaultKind::DropBefore,
        "lost" => FaultKind::DropAfterCommit,
        "garbled" => FaultKind::Garbled,
        "before" => FaultKind::Delay(delay()?, DelayPoint::BeforeCommit),
        "after" => FaultKind::Delay(delay()?, DelayPoint::AfterCommit),
        _ => return Err("Choose what happens.".to_owned()),
    };
    let operation = fields.given("operation").map(str::to_owned);
    Ok(Fault { system, operation, kind, times: fields.optional("times", "How often", 1..=100_000)? })
}

pub(super) async fn add(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let result = read(&Fields(&sent)).map(|fault| {
        let text = format!("{} {} from now on.", system_name(fault.system), describe(&fault.kind));
        world.add_fault(fault);
        text
    });
    notice::after(Part::Faults.path(), result)
}

pub(super) async fn clear(world: web::Data<World>) -> HttpResponse {
    world.clear_faults();
    notice::after(Part::Faults.path(), Ok("All faults are removed.".to_owned()))
}
