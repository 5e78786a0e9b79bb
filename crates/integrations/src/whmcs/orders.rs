use super::client::{Client, Fields, field, not_made};
use super::php;
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::orders::providers::whmcs::{
    self as mapper, BillingHit, BillingLine, BillingOrder, BillingOrderState, NewBillingOrder,
};
use domain::subscriptions::providers::whmcs::wire;
use std::sync::PoisonError;

impl Client {
    /// Makes a pending order with an invoice. **Never send it again without looking**: WHMCS makes a second one.
    ///
    /// # Errors
    /// `OutcomeUnknown`: wait for the settle time, then [`Client::find_by_marker`]; `Refused` (also the soft failure with
    /// only a `warning`, and a product without the phone number field); `NotFound` (the client); `Garbled` (the order was
    /// made, but not with one service for each line: a person decides); `Unavailable`, `Denied` (nothing was made).
    pub async fn add_order(&self, order: &NewBillingOrder) -> Result<BillingOrder, UpstreamError> {
        let call = Call::write(Provider::Whmcs, "AddOrder");
        let mut fields: Fields = vec![
            field("clientid", order.client_id),
            field("paymentmethod", &self.inner.config.payment_method),
            // The portal confirms the order itself; the mail about the invoice still goes out.
            field("noemail", 1),
        ];
        for (index, line) in order.lines.iter().enumerate() {
            fields.push(field(format!("pid[{index}]"), line.product_id));
            fields.push(field(format!("domain[{index}]"), &line.marker));
            fields.push(field(format!("billingcycle[{index}]"), mapper::cycle_name(line.cycle)));
            if let Some(custom) = self.number_field(line).await? {
                fields.push(field(format!("customfields[{index}]"), custom));
            }
        }
        let reply = self.act(call, &fields).await.map_err(|kind| call.error(kind))?;
        wire::made(&reply, "orderid").map_err(|reason| call.error(not_made(reason)))?;
        mapper::added_order(&reply, order.lines.len()).map_err(|error| call.error(error.into()))
    }

    /// The services of the client that carry the marker; empty when there are none. All pages are read and every row is
    /// checked, because "no hit" permits sending the order again.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled` (also for a single row that does not fit).
    pub async fn find_by_marker(&self, client_id: u64, marker: &str) -> Result<Vec<BillingHit>, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetClientsProducts");
        let fields = [field("clientid", client_id), field("domain", marker)];
        self.pages(call, &fields, ("products", "product"), |page| mapper::hits(page, client_id, marker))
            .await
            .map_err(|kind| call.error(kind))
    }

    /// An order with its status and services.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`, `Denied`, `Garbled`.
    pub async fn order(&self, order_id: u64) -> Result<BillingOrderState, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetOrders");
        let reply = self.act(call, &[field("id", order_id)]).await.map_err(|kind| call.error(kind))?;
        mapper::order_state(&reply, order_id)
            .map_err(|error| call.error(error.into()))?
            .ok_or_else(|| call.error(UpstreamErrorKind::NotFound))
    }

    /// Accepts a pending order: its services become active and belong to the customer.
    ///
    /// # Errors
    /// `OutcomeUnknown` and `Refused` (also when it is no longer pending, so perhaps accepted already): read the order
    /// before deciding; `Unavailable`, `Denied`.
    pub async fn accept_order(&self, order_id: u64) -> Result<(), UpstreamError> {
        self.change_order("AcceptOrder", &[field("orderid", order_id)]).await
    }

    /// Cancels a pending order.
    ///
    /// # Errors
    /// As [`Client::accept_order`].
    pub async fn cancel_order(&self, order_id: u64) -> Result<(), UpstreamError> {
        self.change_order("CancelOrder", &[field("orderid", order_id), field("noemail", 1)]).await
    }

    async fn change_order(&self, action: &'static str, fields: &[(String, String)]) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, action);
        self.act(call, fields).await.map(drop).map_err(|kind| call.error(kind))
    }

    /// The encoded custom fields of a line: its phone number under the field id that its product uses.
    async fn number_field(&self, line: &BillingLine) -> Result<Option<String>, UpstreamError> {
        let Some(number) = &line.line_number else { return Ok(None) };
        let known =
            self.inner.number_fields.lock().unwrap_or_else(PoisonError::into_inner).get(&line.product_id).copied();
        let field_id = match known {
            Some(id) => id,
            None => self.look_up_number_field(line.product_id).await?,
        };
        Ok(Some(php::custom_fields(&[(field_id, number)])))
    }

    async fn look_up_number_field(&self, product_id: u64) -> Result<u64, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetProducts");
        let name = &self.inner.config.line_number_field;
        let reply = self.act(call, &[field("pid", product_id)]).await.map_err(|kind| call.error(kind))?;
        let id = mapper::line_field_id(&reply, product_id, name)
            .map_err(|error| call.error(error.into()))?
            .ok_or_else(|| {
                let reason = format!("WHMCS product {product_id} has no custom field for the phone number");
                call.error(UpstreamErrorKind::Refused { reason })
            })?;
        self.inner.number_fields.lock().unwrap_or_else(PoisonError::into_inner).insert(product_id, id);
        Ok(id)
    }
}
