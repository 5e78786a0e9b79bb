//! Changing a service to another product, and ending it.

use super::client::{Client, Fields, field, not_made};
use super::invoices::is;
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::ServiceId;
use domain::billing::providers::whmcs as mapper;
use domain::billing::{UpgradeOrder, UpgradeQuote};

/// What a service becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeTo {
    pub product_id: u64,
    /// In WHMCS' form for orders: `monthly`.
    pub billing_cycle: String,
    /// System name of the gateway of the invoice.
    pub payment_gateway: String,
}

/// When a service ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelWhen {
    Immediately,
    AtEndOfBillingPeriod,
}

impl Client {
    /// What a change would cost today; changes nothing.
    ///
    /// # Errors
    /// `Refused`: an earlier change is not paid yet, or the product cannot be changed to; `NotFound`, `Unavailable`,
    /// `Denied`, `Garbled`.
    pub async fn upgrade_quote(&self, service_id: ServiceId, to: &UpgradeTo) -> Result<UpgradeQuote, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "UpgradeProduct");
        let mut fields = upgrade_fields(service_id, to);
        fields.push(field("calconly", 1));
        let reply = self.act_for_bytes(call, &fields).await.map_err(|kind| call.error(kind))?;
        let quote = mapper::upgrade_quote(&reply, self.inner.config.currency).map_err(|e| call.error(e.into()))?;
        if quote.new_product_id == to.product_id {
            Ok(quote)
        } else {
            Err(call.error(UpstreamErrorKind::garbled("the price is of another product")))
        }
    }

    /// Orders the change; it is made when its invoice is paid. The caller has checked whose service it is.
    ///
    /// # Errors
    /// As [`Client::upgrade_quote`], `Refused` also for success with only a `warning`; `OutcomeUnknown`: look at the client's orders before sending it again.
    pub async fn upgrade(&self, service_id: ServiceId, to: &UpgradeTo) -> Result<UpgradeOrder, UpstreamError> {
        let call = Call::write(Provider::Whmcs, "UpgradeProduct");
        let reply = self.act(call, &upgrade_fields(service_id, to)).await.map_err(|kind| call.error(kind))?;
        // Success without an order is no success.
        mapper::upgrade_order(&reply).map_err(|reason| call.error(not_made(reason)))
    }

    /// Asks for the end of a service. A request that exists already counts as done.
    ///
    /// # Errors
    /// `NotFound`, `Refused`, `OutcomeUnknown` (sending it again is harmless), `Unavailable`, `Denied`.
    pub async fn request_cancellation(
        &self,
        service_id: ServiceId,
        when: CancelWhen,
        reason: &str,
    ) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, "AddCancelRequest");
        let kind = match when {
            CancelWhen::Immediately => "Immediate",
            CancelWhen::AtEndOfBillingPeriod => "End of Billing Period",
        };
        let fields = [field("serviceid", service_id), field("type", kind), field("reason", reason)];
        match self.act(call, &fields).await {
            Ok(_) => Ok(()),
            Err(UpstreamErrorKind::Refused { reason }) if is(&reason, "existing cancellation request exists") => Ok(()),
            Err(kind) => Err(call.error(kind)),
        }
    }
}

fn upgrade_fields(service_id: ServiceId, to: &UpgradeTo) -> Fields {
    vec![
        field("serviceid", service_id),
        field("type", "product"),
        field("newproductid", to.product_id),
        field("newproductbillingcycle", &to.billing_cycle),
        field("paymentmethod", &to.payment_gateway),
    ]
}
