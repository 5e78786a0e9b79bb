use super::client::{Client, field, not_made};
use super::php;
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::common::pii::Pii;
use domain::customer::providers::whmcs::{self as mapper, ClientLookup};
use domain::customer::{Customer, KnownCustomer};
use domain::subscriptions::providers::whmcs::wire;

impl Client {
    /// Looks for the client of a customer by mail address, and accepts only one that carries our customer number: a person
    /// who signs up with somebody else's mail address is never linked to that person's record.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`. Never `NotFound` or `OutcomeUnknown`.
    pub async fn find_client(&self, customer_number: &str, email: &str) -> Result<ClientLookup, UpstreamError> {
        let list = Call::read(Provider::Whmcs, "GetClients");
        // The search matches beginnings of the mail address and of names.
        let matches = self
            .pages(list, &[field("search", email.trim())], ("clients", "client"), |page| {
                mapper::client_matches(page, email)
            })
            .await
            .map_err(|kind| list.error(kind))?;
        let details = Call::read(Provider::Whmcs, "GetClientsDetails");
        let mut belongs_to_another = false;
        for found in matches {
            let number = match self.act(details, &[field("clientid", found.id)]).await {
                Ok(reply) => mapper::customer_number_of(&reply, self.inner.config.customer_number_field)
                    .map_err(|error| details.error(error.into()))?,
                // Deleted since the list was read.
                Err(UpstreamErrorKind::NotFound) => continue,
                Err(kind) => return Err(details.error(kind)),
            };
            if number.as_deref() == Some(customer_number) {
                return Ok(ClientLookup::Found(found.id));
            }
            belongs_to_another = true;
        }
        Ok(if belongs_to_another { ClientLookup::EmailBelongsToAnother } else { ClientLookup::None })
    }

    /// The customer number that a client carries; none when the client carries none.
    ///
    /// # Errors
    /// `NotFound` when there is no such client; `Unavailable`, `Denied`, `Garbled`.
    pub async fn client_number(&self, client_id: u64) -> Result<Option<String>, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetClientsDetails");
        let reply = self.act(call, &[field("clientid", client_id)]).await.map_err(|kind| call.error(kind))?;
        mapper::customer_number_of(&reply, self.inner.config.customer_number_field)
            .map_err(|error| call.error(error.into()))
    }

    /// Who a client is.
    ///
    /// # Errors
    /// As [`Client::client_number`].
    pub async fn client_record(&self, client_id: u64) -> Result<KnownCustomer, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetClientsDetails");
        let reply = self.act(call, &[field("clientid", client_id)]).await.map_err(|kind| call.error(kind))?;
        mapper::client_record(&reply).map_err(|error| call.error(error.into()))
    }

    /// Gives a client another mail address. The same value every time, so repeating is harmless.
    ///
    /// # Errors
    /// `Refused` when another client has the address; `NotFound`, `OutcomeUnknown`, `Unavailable`, `Denied`.
    pub async fn set_client_email(&self, client_id: u64, email: &Pii<String>) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, "UpdateClient");
        let fields = [field("clientid", client_id), field("email", email.reveal())];
        self.act(call, &fields).await.map(drop).map_err(|kind| call.error(kind))
    }

    /// Makes a client that carries our customer number. Sends no mail: the portal has already greeted the customer.
    ///
    /// # Errors
    /// `OutcomeUnknown`: look with [`Client::find_client`] first; `Refused` (a required field, a mail address in use, also success
    /// with only a `warning`); `Unavailable`, `Denied`.
    pub async fn add_client(&self, customer: &Customer) -> Result<u64, UpstreamError> {
        let call = Call::write(Provider::Whmcs, "AddClient");
        let mut fields: Vec<_> =
            mapper::add_client_fields(customer).into_iter().map(|(name, value)| field(name, value)).collect();
        let number_field = self.inner.config.customer_number_field;
        fields.push(field("customfields", php::custom_fields(&[(number_field, &customer.number)])));
        fields.push(field("noemail", 1));
        let reply = self.act(call, &fields).await.map_err(|kind| call.error(kind))?;
        wire::made(&reply, "clientid").map_err(|reason| call.error(not_made(reason)))
    }
}
