//! Reads the order in Salesforce: it must still be approved, not yet provisioned, and hold what was ordered.

use super::{Context, Outcome, failed};
use domain::orders::providers::salesforce::CrmOrderState;

pub async fn perform(context: &Context<'_>) -> Outcome {
    let crm = match context.state.salesforce.order(&context.order.salesforce_order_id).await {
        Ok(crm) => crm,
        Err(error) => return failed(&error, "order_unknown_to_crm"),
    };
    if crm.portal_order_id != Some(context.order.id) {
        return Outcome::Refused("order_belongs_to_another");
    }
    // An agent may have changed the lines before approving; then what the customer confirmed is not what was approved.
    let lines = &context.order.content.quote.lines;
    let same_prices = crm.items.len() == lines.len()
        && crm.items.iter().map(|i| i.unit_price.minor).sum::<i64>()
            == lines.iter().map(|l| l.price.minor).sum::<i64>();
    match crm.state {
        CrmOrderState::Approved if !same_prices => Outcome::Unclear("order_changed_in_crm"),
        CrmOrderState::Approved => Outcome::Done(None),
        CrmOrderState::Rejected => Outcome::Refused("order_withdrawn"),
        CrmOrderState::Activated => Outcome::Unclear("order_already_activated"),
        CrmOrderState::Draft | CrmOrderState::Other => Outcome::NotDone { after: None, reason: "order_not_approved" },
    }
}
