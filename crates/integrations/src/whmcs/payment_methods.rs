//! A client's stored ways to pay. Card numbers pass through on their way to the gateway and are never kept, shown or logged.

use super::client::{Client, Fields, field, not_made};
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::billing::providers::whmcs as mapper;
use domain::billing::{PaymentMethod, YearMonth};
use domain::subscriptions::providers::whmcs::wire;
use secrecy::{ExposeSecret as _, SecretString};

/// A way to pay to be stored.
#[derive(Clone, Debug)]
pub enum NewPaymentMethod {
    /// Kept by the gateway, which gives WHMCS a token (`RemoteCreditCard`).
    Card { gateway: String, number: SecretString, expires: YearMonth },
    /// Kept by WHMCS (`BankAccount`).
    Bank { gateway: String, bank_name: String, bank_code: SecretString, account: SecretString },
}

const LIST: Call = Call::read(Provider::Whmcs, "GetPayMethods");

impl Client {
    /// The stored ways to pay of a client, in WHMCS' order: the first is the default (assumed).
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`, `Denied`, `Garbled`.
    pub async fn payment_methods(&self, client_id: u64) -> Result<Vec<PaymentMethod>, UpstreamError> {
        let reply = self.act_for_bytes(LIST, &[field("clientid", client_id)]).await.map_err(|kind| LIST.error(kind))?;
        mapper::payment_methods(&reply, client_id).map_err(|error| LIST.error(error.into()))
    }

    /// Stores a way to pay; answers its id.
    ///
    /// # Errors
    /// `Refused`: the gateway or WHMCS does not take it (also success without an id); `OutcomeUnknown`: list before sending
    /// again; `NotFound`, `Unavailable`, `Denied`.
    pub async fn add_payment_method(
        &self,
        client_id: u64,
        method: &NewPaymentMethod,
        description: &str,
        make_default: bool,
    ) -> Result<u64, UpstreamError> {
        let call = Call::write(Provider::Whmcs, "AddPayMethod");
        let mut fields: Fields = vec![field("clientid", client_id), field("description", description)];
        match method {
            NewPaymentMethod::Card { gateway, number, expires } => fields.extend([
                field("type", "RemoteCreditCard"),
                field("gateway_module_name", gateway),
                field("card_number", number.expose_secret()),
                field("card_expiry", expiry(*expires)),
            ]),
            NewPaymentMethod::Bank { gateway, bank_name, bank_code, account } => fields.extend([
                field("type", "BankAccount"),
                field("gateway_module_name", gateway),
                field("bank_name", bank_name),
                field("bank_code", bank_code.expose_secret()),
                field("bank_account", account.expose_secret()),
            ]),
        }
        if make_default {
            fields.push(field("set_as_default", 1));
        }
        let reply = match self.act(call, &fields).await {
            Ok(reply) => reply,
            Err(UpstreamErrorKind::Refused { reason }) if super::invoices::is(&reason, "invalid client id") => {
                return Err(call.error(UpstreamErrorKind::NotFound));
            }
            Err(kind) => return Err(call.error(kind)),
        };
        wire::made(&reply, "paymethodid").map_err(|reason| call.error(not_made(reason)))
    }

    /// Makes it the default. The same every time.
    ///
    /// # Errors
    /// `NotFound`, also when it is somebody else's; `Refused`, `OutcomeUnknown`, `Unavailable`, `Denied`.
    pub async fn set_default_payment_method(&self, client_id: u64, method_id: u64) -> Result<(), UpstreamError> {
        self.change_payment_method("UpdatePayMethod", client_id, method_id, [field("set_as_default", 1)]).await
    }

    /// Changes the month in which a card ends. The same every time.
    ///
    /// # Errors
    /// As [`Client::set_default_payment_method`].
    pub async fn update_card_expiry(
        &self,
        client_id: u64,
        method_id: u64,
        expires: YearMonth,
    ) -> Result<(), UpstreamError> {
        self.change_payment_method("UpdatePayMethod", client_id, method_id, [field("card_expiry", expiry(expires))])
            .await
    }

    /// Forgets it.
    ///
    /// # Errors
    /// `NotFound`: gone already, or somebody else's; `Refused`, `OutcomeUnknown` (sending it again is harmless),
    /// `Unavailable`, `Denied`.
    pub async fn delete_payment_method(&self, client_id: u64, method_id: u64) -> Result<(), UpstreamError> {
        self.change_payment_method("DeletePayMethod", client_id, method_id, []).await
    }

    async fn change_payment_method<const N: usize>(
        &self,
        action: &'static str,
        client_id: u64,
        method_id: u64,
        more: [(String, String); N],
    ) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, action);
        let mut fields = vec![field("clientid", client_id), field("paymethodid", method_id)];
        fields.extend(more);
        match self.act(call, &fields).await {
            Ok(_) => Ok(()),
            Err(UpstreamErrorKind::Refused { reason })
                if ["invalid pay method id", "pay method does not belong to passed client id"]
                    .iter()
                    .any(|text| super::invoices::is(&reason, text)) =>
            {
                Err(call.error(UpstreamErrorKind::NotFound))
            }
            Err(kind) => Err(call.error(kind)),
        }
    }
}

/// `MMYY`
fn expiry(month: YearMonth) -> String {
    format!("{:02}{:02}", month.month, month.year % 100)
}
