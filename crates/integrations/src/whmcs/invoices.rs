//! Invoices and paying them. Nothing here looks for cards or credit first: the caller shows them.

use super::client::{Client, MAX_PAGES, PAGE, field};
use crate::error::{Provider, UpstreamError, UpstreamErrorKind};
use crate::http::Call;
use domain::Money;
use domain::billing::providers::whmcs as mapper;
use domain::billing::{Invoice, InvoiceDetail, PaymentGateway, Transaction};
use secrecy::{ExposeSecret as _, SecretString};

const LIST: Call = Call::read(Provider::Whmcs, "GetInvoices");
const ONE: Call = Call::read(Provider::Whmcs, "GetInvoice");

impl Client {
    /// All invoices of a client, in WHMCS' order (newest first). Rows that do not fit are logged and left out, rows of
    /// somebody else are an alarm and left out. `status` is one of WHMCS' words, or `Overdue`.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled` (the list itself). A client without invoices gives an empty list.
    pub async fn invoices(&self, client_id: u64, status: Option<&str>) -> Result<Vec<Invoice>, UpstreamError> {
        let mut all = Vec::new();
        let mut start = 0;
        for _ in 0..MAX_PAGES {
            let mut fields = vec![field("userid", client_id), field("limitstart", start), field("limitnum", PAGE)];
            fields.extend(status.map(|status| field("status", status)));
            let reply = self.act_for_bytes(LIST, &fields).await.map_err(|kind| LIST.error(kind))?;
            let page = mapper::invoice_page(&reply, self.inner.config.currency).map_err(|e| LIST.error(e.into()))?;
            for error in page.unreadable {
                tracing::warn!(%error, "a WHMCS invoice does not fit and is left out");
            }
            let (own, foreign): (Vec<_>, Vec<_>) =
                page.invoices.into_iter().partition(|invoice| invoice.client_id == client_id);
            if !foreign.is_empty() {
                tracing::error!(rows = foreign.len(), "WHMCS listed invoices of another client");
            }
            all.extend(own);
            start += page.returned;
            if page.returned == 0 || start >= page.total {
                return Ok(all);
            }
        }
        Err(LIST.error(UpstreamErrorKind::garbled("the list does not end")))
    }

    /// One invoice of a client, with its lines and payments.
    ///
    /// # Errors
    /// `NotFound`, also when it is somebody else's; `Unavailable`, `Denied`, `Garbled`.
    pub async fn invoice(&self, client_id: u64, invoice_id: u64) -> Result<InvoiceDetail, UpstreamError> {
        let reply = self.act_for_bytes(ONE, &[field("invoiceid", invoice_id)]).await.map_err(|kind| ONE.error(kind))?;
        let found = mapper::invoice(&reply, self.inner.config.currency).map_err(|e| ONE.error(e.into()))?;
        if found.invoice.id != invoice_id || found.invoice.client_id != client_id {
            return Err(ONE.error(UpstreamErrorKind::NotFound));
        }
        Ok(found)
    }

    /// Charges the client's stored payment method for an unpaid invoice. The caller has checked that it is the client's.
    ///
    /// # Errors
    /// `Refused`: the payment failed (WHMCS never says why); `NotFound`: it is not unpaid any more. `OutcomeUnknown`: **the
    /// money may have been taken**: read the invoice with [`Client::invoice`] before anything else. `Unavailable`, `Denied`:
    /// nothing was done.
    pub async fn capture_payment(&self, invoice_id: u64, cvv: Option<&SecretString>) -> Result<(), UpstreamError> {
        let call = Call::write(Provider::Whmcs, "CapturePayment");
        let mut fields = vec![field("invoiceid", invoice_id)];
        fields.extend(cvv.map(|cvv| field("cvv", cvv.expose_secret())));
        match self.act(call, &fields).await {
            Ok(_) => Ok(()),
            Err(UpstreamErrorKind::Refused { reason }) if is(&reason, "invoice not found or not unpaid") => {
                Err(call.error(UpstreamErrorKind::NotFound))
            }
            Err(kind) => Err(call.error(kind)),
        }
    }

    /// Pays from the client's credit, all that is needed when `amount` is `None`. Answers whether the invoice is paid now.
    ///
    /// # Errors
    /// `Refused`: not enough credit, more than is due, or not unpaid; `OutcomeUnknown`: read the invoice first; `NotFound`,
    /// `Unavailable`, `Denied`.
    pub async fn apply_credit(&self, invoice_id: u64, amount: Option<Money>) -> Result<bool, UpstreamError> {
        let call = Call::write(Provider::Whmcs, "ApplyCredit");
        let amount = amount.map_or_else(|| "full".to_owned(), Money::to_decimal);
        let fields = [field("invoiceid", invoice_id), field("amount", amount)];
        let reply = self.act(call, &fields).await.map_err(|kind| call.error(kind))?;
        Ok(mapper::credit_applied(&reply))
    }

    /// Payments and refunds of a client; the caller filters by invoice.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn transactions(&self, client_id: u64) -> Result<Vec<Transaction>, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetTransactions");
        let reply = self.act_for_bytes(call, &[field("clientid", client_id)]).await.map_err(|kind| call.error(kind))?;
        mapper::transactions(&reply, self.inner.config.currency).map_err(|error| call.error(error.into()))
    }

    /// The ways to pay that the operator offers.
    ///
    /// # Errors
    /// `Unavailable`, `Denied`, `Garbled`.
    pub async fn payment_gateways(&self) -> Result<Vec<PaymentGateway>, UpstreamError> {
        let call = Call::read(Provider::Whmcs, "GetPaymentMethods");
        let reply = self.act_for_bytes(call, &[]).await.map_err(|kind| call.error(kind))?;
        mapper::gateways(&reply).map_err(|error| call.error(error.into()))
    }
}

/// One of WHMCS' texts, without regard to case and a full stop.
pub(super) fn is(reason: &str, text: &str) -> bool {
    reason.trim().trim_end_matches('.').eq_ignore_ascii_case(text)
}
