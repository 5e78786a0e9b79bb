//! Faults: what is in force, and inputs that are faults by themselves. The form is in `fault_form`.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::{fault_form, system_name};
use crate::World;
use crate::console::ui::form::{Fields, Sent};
use crate::console::ui::layout::{self, Part};
use crate::console::ui::notice::{self, Typed};
use crate::console::ui::parts::{self, words};
use crate::faults::{Aim, DelayPoint, FaultId, FaultKind, WaitingFault};
use crate::sentinels;

/// The form that adds a fault.
const FORM: &str = "fault";

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
        FaultKind::Html200 => "does its work, answers 200 with a proxy's page".to_owned(),
        FaultKind::Mislabelled => "does its work, the answer says that it is HTML".to_owned(),
        FaultKind::Drip { pieces, pause_ms } => {
            format!("does its work, answers in {pieces} pieces, {pause_ms} ms before each")
        }
        FaultKind::TooLarge { megabytes } => {
            format!("does its work, the answer has {megabytes} MB of blanks behind it")
        }
        FaultKind::SoftFailure(text) => format!("says success with a warning and does nothing: {text}"),
        FaultKind::ExpiredSession => "ends the call's session".to_owned(),
        FaultKind::Duplicate => "delivers events twice".to_owned(),
        FaultKind::Reorder => "delivers a batch in reverse order".to_owned(),
        FaultKind::Reset { after } => format!("resets the stream after {after} more events"),
        FaultKind::Interrupt { after } => format!("ends the stream as unavailable after {after} more events"),
        FaultKind::Silent => "falls silent, the stream stays open".to_owned(),
        FaultKind::CorruptedReplayId => "calls the replay id corrupted".to_owned(),
    }
}

/// Which of its calls, in words; empty for all of them.
fn aimed(aim: &Aim) -> String {
    let mut parts = Vec::new();
    if aim.skip > 0 {
        parts.push(format!("after {} calls", aim.skip));
    }
    if let Some(every) = aim.every {
        parts.push(format!("every {every}. call"));
    }
    if let Some(share) = aim.share {
        parts.push(format!("{share} % of calls (seed {})", aim.seed));
    }
    parts.extend(aim.parameters.iter().map(|(name, value)| format!("{name} = {value}")));
    parts.join(", ")
}

/// A fault as an item of a list.
pub(super) fn item(waiting: &WaitingFault) -> Markup {
    let (fault, aim) = (&waiting.fault.fault, aimed(&waiting.fault.aim));
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
            @if !aim.is_empty() { br; small { (aim) } }
        }
        span class="count" { (times) @if waiting.struck > 0 { ", struck " (waiting.struck) } }
    }
}

pub(super) async fn list(world: web::Data<World>, request: HttpRequest) -> HttpResponse {
    let faults = world.faults();
    let clear =
        html! { @if !faults.is_empty() { (parts::action("/console/faults/clear", "Remove all", "", "faults", &[])) } };
    let remove = |fault: &WaitingFault| {
        let spoken = format!("fault {}: {}", fault.id.0, describe(&fault.fault.fault.kind));
        parts::action(&format!("/console/faults/{}/remove", fault.id.0), "Remove", "quiet", &spoken, &[])
    };
    let inputs: Vec<Vec<Markup>> = sentinels::ALL
        .iter()
        .map(|input| vec![words(system_name(input.system)), words(input.input), words(input.effect)])
        .collect();
    let typed = Typed::of(&request, FORM);
    let body = html! {
        (parts::card("in-force", "In force", &clear, &html! {
            @if faults.is_empty() { p class="empty" { "None: all systems answer as they should." } }
            @else { ul class="list" { @for fault in &faults { li { (item(fault)) (remove(fault)) } } } }
        }))
        (parts::panel("add", "Add a fault", &fault_form::form(&Fields(typed.fields()))))
        (parts::panel("inputs", "Inputs that are faults by themselves", &html! {
            p { "Typed in the portal's own pages or sent in a call, these go wrong without a fault here." }
            (parts::table("Inputs with a meaning of their own", &["System", "Input", "Effect"], &inputs, ""))
        }))
    };
    layout::send(&world, &request, Part::Faults, body)
}

pub(super) async fn add(world: web::Data<World>, sent: Sent) -> HttpResponse {
    let result = fault_form::read(&Fields(&sent)).map(|aimed| {
        let text = format!("{} {} from now on.", system_name(aimed.fault.system), describe(&aimed.fault.kind));
        world.add_fault(aimed);
        text
    });
    notice::after_form(Part::Faults.path(), FORM, &sent, result)
}

pub(super) async fn remove(world: web::Data<World>, id: web::Path<u64>) -> HttpResponse {
    let removed = world.remove_fault(FaultId(*id));
    let result = if removed { Ok("The fault is removed.") } else { Err("It is not in force any more.") };
    notice::after(Part::Faults.path(), result.map(str::to_owned).map_err(str::to_owned))
}

pub(super) async fn clear(world: web::Data<World>) -> HttpResponse {
    world.clear_faults();
    notice::after(Part::Faults.path(), Ok("All faults are removed.".to_owned()))
}
