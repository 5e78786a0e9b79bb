//! Allots a phone number, and a card for a physical SIM, from the operator's stock.

use super::{Context, Outcome, store_failed, stored};
use domain::catalog::SimKind;
use platform::store::inventory::{self, StockKind};
use platform::store::runs::ReservedLine;
use platform::store::{StoreError, StoreResult};

pub async fn perform(context: &Context<'_>, item: u32) -> Outcome {
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
