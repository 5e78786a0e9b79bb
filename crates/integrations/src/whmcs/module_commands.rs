//! Commands of the provisioning module behind a service. Each runs inside the call and may take tens of seconds.

use super::client::{Client, field};
use crate::error::{Provider, UpstreamError};
use crate::http::Call;
use domain::ServiceId;

/// What the module is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleCommand {
    Create,
    /// With the reason that the customer reads.
    Suspend {
        reason: String,
    },
    Unsuspend,
    Terminate,
    /// After the product was changed.
    ChangePackage,
}

impl ModuleCommand {
    const fn action(&self) -> &'static str {
        match self {
            Self::Create => "ModuleCreate",
            Self::Suspend { .. } => "ModuleSuspend",
            Self::Unsuspend => "ModuleUnsuspend",
            Self::Terminate => "ModuleTerminate",
            Self::ChangePackage => "ModuleChangePackage",
        }
    }
}

impl Client {
    /// Runs a command on a service. The caller has checked whose it is.
    ///
    /// # Errors
    /// `Refused`: the module's own words, or a service without a module; `OutcomeUnknown`: read the service's status first;
    /// `NotFound`, `Unavailable`, `Denied`.
    pub async fn run_module(&self, service_id: ServiceId, command: &ModuleCommand) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, command.action());
        let mut fields = vec![field("serviceid", service_id)];
        if let ModuleCommand::Suspend { reason } = command {
            fields.push(field("suspendreason", reason));
        }
        self.act(call, &fields).await.map(drop).map_err(|kind| call.error(kind))
    }
}
