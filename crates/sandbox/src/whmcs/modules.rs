//! Commands to the module behind a service, and requests to cancel one.
//!
//! The module of lines does nothing here (lines live in the third system), save for the services that [`sentinels`]
//! names: for those it refuses every command, so that a test can see the answer of a server that says no.

use serde_json::{Map, json};

use super::form::Form;
use super::types::{self, CancelRequest, Product, Service};
use super::{Answer, Failure, effects, object};
use crate::clock::{Date, japan_datetime};
use crate::sentinels;
use crate::world::store::Txn;

#[derive(Clone, Copy)]
pub(crate) enum Command {
    Create,
    Suspend,
    Unsuspend,
    Terminate,
    ChangePackage,
}

impl Command {
    fn hook(self) -> &'static str {
        match self {
            Self::Create => "AfterModuleCreate",
            Self::Suspend => "AfterModuleSuspend",
            Self::Unsuspend => "AfterModuleUnsuspend",
            Self::Terminate => "AfterModuleTerminate",
            Self::ChangePackage => "AfterModuleChangePackage",
        }
    }
}

/// What the server said when it refused.
const REFUSED: &str = "The line server refused the command";

/// Runs the command of a call. A refusal by the server is told to the hooks, so it must be written: the outer result
/// is always `Ok`.
pub(crate) fn run(txn: &mut Txn<'_>, form: &Form, command: Command) -> Result<Answer, Failure> {
    if form.text("serviceid").unwrap_or_default().is_empty() {
        return Ok(Err(Failure::new("Service ID is required")));
    }
    let Some(service) = form.number("serviceid").and_then(|id| types::find::<Service>(txn, id)) else {
        return Ok(Err(Failure::new("Service ID not found")));
    };
    let product = types::find::<Product>(txn, service.pid);
    if product.is_none_or(|product| product.module.is_empty()) {
        return Ok(Err(Failure::new("Service not assigned to a module")));
    }
    let reason = form.text("suspendreason").filter(|reason| !reason.is_empty());
    Ok(self::command(txn, service, command, reason).map(|()| Map::new()))
}

/// Runs a command on a service that has a module.
///
/// # Errors
/// What the server said.
pub(crate) fn command(
    txn: &mut Txn<'_>,
    mut service: Service,
    command: Command,
    reason: Option<String>,
) -> Result<(), Failure> {
    let params = effects::module_params(txn, &service);
    if sentinels::module_refuses(&service.domain) {
        let vars = json!({ "params": params, "failureResponseMessage": REFUSED });
        effects::hook(txn, &format!("{}Failed", command.hook()), vars);
        return Err(Failure::new(REFUSED));
    }
    match command {
        Command::Create => service.status = "Active".to_owned(),
        Command::Suspend => {
            service.status = "Suspended".to_owned();
            service.suspensionreason = reason.unwrap_or_else(|| effects::OVERDUE.to_owned());
        }
        Command::Unsuspend => {
            service.status = "Active".to_owned();
            service.suspensionreason.clear();
        }
        Command::Terminate => end(&mut service, "Terminated", Date::japan(txn.now_ms())),
        Command::ChangePackage => {}
    }
    types::save(txn, &service);
    effects::hook(txn, command.hook(), json!({ "params": params }));
    Ok(())
}

/// The service is over: nothing of it is due any more.
pub(crate) fn end(service: &mut Service, status: &str, today: Date) {
    status.clone_into(&mut service.status);
    service.terminationdate = today.iso();
}

pub(crate) fn add_cancel_request(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let service = form.number("serviceid").and_then(|id| types::find::<Service>(txn, id));
    let service = service.ok_or_else(|| Failure::new("Service ID Not Found"))?;
    if types::all::<CancelRequest>(txn).iter().any(|row| row.serviceid == service.id && !row.done) {
        return Err(Failure::new("Existing Cancellation Request Exists"));
    }
    let immediate = form.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("Immediate"));
    let row = CancelRequest {
        id: types::next_id::<CancelRequest>(txn),
        serviceid: service.id,
        date: japan_datetime(txn.now_ms()),
        reason: form.text("reason").unwrap_or_default(),
        kind: if immediate { "Immediate" } else { "End of Billing Period" }.to_owned(),
        done: false,
    };
    types::save(txn, &row);
    let vars = json!({ "userid": service.clientid, "relid": service.id, "reason": row.reason, "type": row.kind });
    effects::hook(txn, "CancellationRequest", vars);
    Ok(object(json!({ "serviceid": service.id.to_string(), "userid": service.clientid.to_string() })))
}
