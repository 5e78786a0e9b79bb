//! WHMCS `AddOrder`: one order with a line per product, each carrying our marker.

use super::{Context, Looked, Outcome, failed_repeatable, failed_write, look_failed, store_failed, stored};
use domain::orders::fulfilment::Step;
use domain::orders::providers::whmcs::{BillingLine, BillingOrderStatus, NewBillingOrder};
use platform::store::leases;
use platform::store::runs::{BillingOrderRef, result_of};
use std::collections::BTreeSet;
use std::time::Duration;

pub async fn perform(context: &Context<'_>) -> Outcome {
    let Some(client_id) = context.customer.whmcs_client_id else { return Outcome::Unclear("billing_client_unknown") };
    // At most one AddOrder in flight per client, so that a look-up cannot meet a sibling. A call may be at work until the
    // settle time is over, whatever became of its sender.
    let (lease, holder) = (format!("whmcs-client-{client_id}"), context.job.id.to_string());
    let conn = context.state.db.conn();
    match leases::hold(conn, &lease, &holder, context.state.config.settle).await {
        Ok(true) => {}
        Ok(false) => return Outcome::NotDone { after: Some(Duration::from_secs(1)), reason: "client_busy" },
        Err(error) => return store_failed(&error),
    }
    let outcome = match context.state.whmcs.add_order(&new_order(context, client_id)).await {
        Ok(order) => Outcome::Done(stored(&BillingOrderRef { whmcs_order_id: order.order_id })),
        Err(error) => failed_write(&error, "billing_order_refused"),
    };
    if !matches!(outcome, Outcome::Unknown)
        && let Err(error) = leases::give_back(conn, &lease, &holder).await
    {
        tracing::debug!(%error, "lease ends by itself");
    }
    outcome
}

fn new_order(context: &Context<'_>, client_id: u64) -> NewBillingOrder {
    let mut lines = Vec::new();
    for (no, item) in context.items() {
        let number = context.reserved(no).map(|line| line.number);
        lines.extend(item.billing.iter().enumerate().map(|(index, line)| BillingLine {
            product_id: line.whmcs_product_id,
            marker: context.marker(no),
            cycle: line.cycle,
            // The plan itself carries the number; its options do not.
            line_number: number.clone().filter(|_| index == 0),
        }));
    }
    NewBillingOrder { client_id, lines }
}

/// Finds the order by the marker of every item. Exactly one order must be found, or none.
pub async fn look(context: &Context<'_>) -> Looked {
    let Some(client_id) = context.customer.whmcs_client_id else { return Looked::Ambiguous("billing_client_unknown") };
    let mut found = BTreeSet::new();
    for (no, _) in context.items() {
        match context.state.whmcs.find_by_marker(client_id, &context.marker(no)).await {
            Ok(hits) => found.extend(hits.iter().map(|hit| hit.order_id)),
            Err(error) => return look_failed(&error),
        }
    }
    match found.into_iter().collect::<Vec<_>>().as_slice() {
        [] => Looked::Nothing,
        [whmcs_order_id] => Looked::Found(stored(&BillingOrderRef { whmcs_order_id: *whmcs_order_id })),
        _ => Looked::Ambiguous("two_billing_orders"),
    }
}

pub async fn undo(context: &Context<'_>) -> Outcome {
    let Some(BillingOrderRef { whmcs_order_id }) = result_of(context.steps, Step::AddBillingOrder, 0) else {
        return Outcome::Unclear("billing_order_unknown");
    };
    match context.state.whmcs.order(whmcs_order_id).await {
        Ok(state) => match state.status {
            BillingOrderStatus::Cancelled => return Outcome::Done(None),
            BillingOrderStatus::Pending | BillingOrderStatus::Fraud => {}
            BillingOrderStatus::Active | BillingOrderStatus::Other => {
                return Outcome::Unclear("billing_order_not_pending");
            }
        },
        Err(error) => return failed_repeatable(&error, "billing_order_unknown"),
    }
    match context.state.whmcs.cancel_order(whmcs_order_id).await {
        Ok(()) => Outcome::Done(None),
        Err(error) => failed_repeatable(&error, "billing_order_not_cancelled"),
    }
}
