//! Allots a phone number, and a card for a physical SIM, from the operator's stock, or takes the number that the customer
//! brings along.

use super::{Context, Outcome, failed, store_failed, stored};
use domain::catalog::SimKind;
use domain::sim::LineState;
use integrations::UpstreamErrorKind;
use platform::store::inventory::{self, StockKind};
use platform::store::orders::StoredPortIn;
use platform::store::runs::ReservedLine;
use platform::store::{StoreError, StoreResult};

pub async fn perform(context: &Context<'_>, item: u32) -> Outcome {
    if let Some(port_in) = context.item(item).and_then(|i| i.port_in.as_ref()) {
        return keep(context, port_in).await;
    }
    match allot(context, item).await {
        Ok(Some(line)) => Outcome::Done(stored(&line)),
        Ok(None) => {
            tracing::error!(order.id = %context.order.id, "stock of numbers or cards is empty");
            metrics::counter!("inventory_empty_total").increment(1);
            // The operator's to fill; the order waits for it.
            Outcome::NotDone { after: Some(context.state.config.stock_pause), reason: "stock_empty" }
        }
        Err(error) => store_failed(&error),
    }
}

/// The customer's own number, which another operator serves until the line is opened. It takes nothing from the stock, so
/// there is nothing to give back either.
async fn keep(context: &Context<'_>, port_in: &StoredPortIn) -> Outcome {
    // Before anything is billed: the carrier would refuse it only after the customer has a contract.
    if port_in.expires_on < context.state.clock.now().date_in_japan() {
        return Outcome::Refused("reservation_expired");
    }
    let number = port_in.number.reveal();
    match context.state.freebit.line(number).await {
        // No call of this order can have opened it yet: it is a line of ours already, this customer's or another's.
        Ok(line) if line.line.state != LineState::Obsolete => Outcome::Refused("number_served_already"),
        Err(error) if !matches!(error.kind, UpstreamErrorKind::NotFound) => failed(&error, "number_not_accepted"),
        Ok(_) | Err(_) => Outcome::Done(stored(&ReservedLine { number: number.clone(), iccid: None })),
    }
}

/// Number and card in one transaction: both or none.
async fn allot(context: &Context<'_>, item: u32) -> StoreResult<Option<ReservedLine>> {
    let (order, now) = (context.order.id, context.state.clock.now());
    let tx = context.state.db.begin().await?;
    let Some(number) = inventory::allot(&tx, StockKind::Msisdn, order, item, now).await? else { return Ok(None) };
    let iccid = if context.item(item).and_then(|i| i.sim) == Some(SimKind::Physical) {
        let Some(iccid) = inventory::allot(&tx, StockKind::Iccid, order, item, now).await? else { return Ok(None) };
        Some(iccid)
    } else {
        None
    };
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Some(ReservedLine { number, iccid }))
}

pub async fn undo(context: &Context<'_>, item: u32) -> Outcome {
    match inventory::release(context.state.db.conn(), context.order.id, item).await {
        Ok(()) => Outcome::Done(None),
        Err(error) => store_failed(&error),
    }
}
