//! The client's account and credit.

use super::client::{Client, field};
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::Money;
use domain::billing::providers::whmcs as mapper;
use domain::billing::{BillingAccount, CreditEntry};
use domain::subscriptions::providers::whmcs::wire;

impl Client {
    /// How the account of a client stands.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`, `Denied`, `Garbled` (also another currency than ours).
    pub async fn billing_account(&self, client_id: u64) -> Result<BillingAccount, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetClientsDetails");
        let reply = self.act_for_bytes(call, &[field("clientid", client_id)]).await.map_err(|kind| call.error(kind))?;
        mapper::account(&reply, client_id, self.inner.config.currency).map_err(|error| call.error(error.into()))
    }

    /// The credit log of a client.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`, `Denied`, `Garbled`.
    pub async fn credits(&self, client_id: u64) -> Result<Vec<CreditEntry>, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetCredits");
        let reply = self.act_for_bytes(call, &[field("clientid", client_id)]).await.map_err(|kind| call.error(kind))?;
        mapper::credits(&reply, client_id, self.inner.config.currency).map_err(|error| call.error(error.into()))
    }

    /// Gives a client credit. The description is what the customer reads, and what finds the entry again in
    /// [`Client::credits`] after an unknown outcome: make it unique.
    ///
    /// # Errors
    /// `OutcomeUnknown`: look before sending it again; `Refused`, `NotFound`, `Unavailable`, `Denied`.
    pub async fn add_credit(&self, client_id: u64, amount: Money, description: &str) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, "AddCredit");
        let fields =
            [field("clientid", client_id), field("description", description), field("amount", amount.to_decimal())];
        let reply = self.act(call, &fields).await.map_err(|kind| call.error(kind))?;
        // Without the new balance it is the soft failure: success with a `warning`, and nothing was done.
        if wire::text(&reply, "newbalance").is_empty() {
            let warning = wire::text(&reply, "warning");
            return Err(call.error(match warning.is_empty() {
                true => UpstreamErrorKind::OutcomeUnknown,
                false => UpstreamErrorKind::refused(&warning),
            }));
        }
        Ok(())
    }
}
