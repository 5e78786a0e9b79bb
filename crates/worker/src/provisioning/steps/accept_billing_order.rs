//! WHMCS `AcceptOrder`, the pivot: afterwards the customer owns services.

use super::{Context, Looked, Outcome, failed, failed_write, look_failed, stored};
use domain::orders::fulfilment::Step;
use domain::orders::providers::whmcs::BillingOrderStatus;
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::store::runs::{AcceptedServices, BillingOrderRef, ItemService, result_of};

pub async fn perform(context: &Context<'_>) -> Outcome {
    let Some(BillingOrderRef { whmcs_order_id }) = result_of(context.steps, Step::AddBillingOrder, 0) else {
        return Outcome::Unclear("billing_order_unknown");
    };
    // Read before the call: afterwards a failed read must not put the acceptance itself in doubt.
    let services = match services(context, whmcs_order_id).await {
        Ok(Some(services)) => services,
        Ok(None) => return Outcome::Unclear("billing_services_missing"),
        Err(error) => return failed(&error, "billing_services_missing"),
    };
    match context.state.whmcs.accept_order(whmcs_order_id).await {
        Ok(()) => Outcome::Done(stored(&services)),
        Err(error) => match failed_write(&error, "billing_not_accepted") {
            // "Order ID not found or Status not Pending" is also what a repeated acceptance gets.
            Outcome::Refused(code) => match context.state.whmcs.order(whmcs_order_id).await {
                Ok(state) if state.status == BillingOrderStatus::Active => Outcome::Done(stored(&services)),
                Ok(_) => Outcome::Refused(code),
                Err(_) => Outcome::Unknown,
            },
            other => other,
        },
    }
}

pub async fn look(context: &Context<'_>) -> Looked {
    let Some(BillingOrderRef { whmcs_order_id }) = result_of(context.steps, Step::AddBillingOrder, 0) else {
        return Looked::Ambiguous("billing_order_unknown");
    };
    match context.state.whmcs.order(whmcs_order_id).await {
        Ok(state) => match state.status {
            BillingOrderStatus::Pending => Looked::Nothing,
            BillingOrderStatus::Active => match services(context, whmcs_order_id).await {
                Ok(Some(services)) => Looked::Found(stored(&services)),
                Ok(None) => Looked::Ambiguous("billing_services_missing"),
                Err(error) => look_failed(&error),
            },
            BillingOrderStatus::Fraud | BillingOrderStatus::Cancelled | BillingOrderStatus::Other => {
                Looked::Ambiguous("billing_order_not_pending")
            }
        },
        Err(error) if matches!(error.kind, UpstreamErrorKind::NotFound) => Looked::Ambiguous("billing_order_unknown"),
        Err(error) => look_failed(&error),
    }
}

/// The service of each item's plan, by our marker; `None` when one is missing.
async fn services(context: &Context<'_>, whmcs_order_id: u64) -> Result<Option<AcceptedServices>, UpstreamError> {
    let Some(client_id) = context.customer.whmcs_client_id else { return Ok(None) };
    let mut services = Vec::new();
    for (no, item) in context.items() {
        let Some(plan) = item.billing.first() else { continue };
        let hits = context.state.whmcs.find_by_marker(client_id, &context.marker(no)).await?;
        let mine = hits.iter().find(|h| h.order_id == whmcs_order_id && h.product_id == plan.whmcs_product_id);
        let Some(hit) = mine else { return Ok(None) };
        services.push(ItemService { item: no, service_id: hit.service_id });
    }
    Ok(Some(AcceptedServices { whmcs_order_id, services }))
}
