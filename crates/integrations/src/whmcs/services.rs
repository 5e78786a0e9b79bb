use super::client::{Client, field};
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::ServiceId;
use domain::subscriptions::providers::whmcs::{self as mapper, WhmcsService, wire};

const CALL: Call = Call::read(Provider::Whmcs, "GetClientsProducts");
const LIST: (&str, &str) = ("products", "product");

impl Client {
    /// All services of a client. A row that does not fit is logged and left out; a row of somebody else is an alarm and is
    /// left out too.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled` (the list itself). A client without services gives an empty list.
    pub async fn services(&self, client_id: u64) -> Result<Vec<WhmcsService>, UpstreamError> {
        let fields = [field("clientid", client_id)];
        self.pages(CALL, &fields, LIST, |page| {
            let rows = wire::rows(page, "WHMCS service", LIST.0, LIST.1)?;
            Ok(rows.into_iter().filter_map(|row| self.own_service(row, client_id)).collect())
        })
        .await
        .or_else(|kind| match kind {
            UpstreamErrorKind::NotFound => Ok(Vec::new()),
            kind => Err(CALL.error(kind)),
        })
    }

    /// One service of a client.
    ///
    /// # Errors
    /// `NotFound`, also when the service belongs to somebody else; `Unavailable`, `Denied`, `Garbled`.
    pub async fn service(&self, client_id: u64, service_id: ServiceId) -> Result<WhmcsService, UpstreamError> {
        let fields = [field("clientid", client_id), field("serviceid", service_id)];
        let reply = self.act(CALL, &fields).await.map_err(|kind| CALL.error(kind))?;
        let rows = wire::rows(&reply, "WHMCS service", LIST.0, LIST.1).map_err(|error| CALL.error(error.into()))?;
        for row in rows {
            if row.get("id").and_then(wire::number) != Some(service_id.0) {
                continue;
            }
            let config = &self.inner.config;
            let service = mapper::service(row, &config.line_number_field, config.currency)
                .map_err(|error| CALL.error(error.into()))?;
            if service.client_id == client_id {
                return Ok(service);
            }
            tracing::error!(whmcs.service = %service_id, "WHMCS answered with a service of another client");
        }
        Err(CALL.error(UpstreamErrorKind::NotFound))
    }

    fn own_service(&self, row: &serde_json::Value, client_id: u64) -> Option<WhmcsService> {
        let config = &self.inner.config;
        match mapper::service(row, &config.line_number_field, config.currency) {
            Ok(service) if service.client_id == client_id => Some(service),
            Ok(service) => {
                tracing::error!(whmcs.service = %service.subscription.id, "WHMCS listed a service of another client");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "a WHMCS service does not fit and is left out");
                None
            }
        }
    }
}
