//! What is kept of an order: the quote with the upstream ids that fulfil it. Pure.

use domain::catalog::product::Product;
use domain::common::pii::Pii;
use domain::orders::pricing::LineKind;
use domain::orders::providers::salesforce::{CrmOrder, CrmPortIn, NewCrmOrder, NewCrmOrderLine};
use domain::orders::schema::{NewOrder, NewOrderItem};
use domain::orders::{PortIn, Quote};
use domain::{OrderId, Sku, Timestamp};
use platform::store::orders::{OrderContent, StoredBillingLine, StoredItem, StoredPortIn};

/// A product that the quote names and the catalogue's source does not.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue names {0} and the products do not")]
pub(super) struct Unknown(Sku);

fn find<'p>(products: &'p [Product], sku: &Sku) -> Result<&'p Product, Unknown> {
    products.iter().find(|p| p.sku == *sku).ok_or_else(|| Unknown(sku.clone()))
}

/// The stored form of a priced order; the caller adds the request id.
pub(super) fn stored(order: &NewOrder, quote: Quote, products: &[Product]) -> Result<OrderContent, Unknown> {
    let items = (0_u32..).zip(&order.items).map(|(no, item)| stored_item(no, item, &quote, products));
    Ok(OrderContent { items: items.collect::<Result<_, _>>()?, quote, request_id: None })
}

fn stored_item(no: u32, item: &NewOrderItem, quote: &Quote, products: &[Product]) -> Result<StoredItem, Unknown> {
    let plan = find(products, &item.plan)?;
    let mut lines: Vec<_> = quote.lines.iter().filter(|l| l.item == no).collect();
    lines.sort_by_key(|l| l.kind != LineKind::Plan);
    let billing = lines
        .into_iter()
        .map(|line| Ok(find(products, &line.sku)?.whmcs_product_id.map(|id| (id, line.cycle))))
        .filter_map(Result::transpose)
        .map(|line| line.map(|(whmcs_product_id, cycle)| StoredBillingLine { whmcs_product_id, cycle }))
        .collect::<Result<_, Unknown>>()?;
    Ok(StoredItem {
        plan: plan.sku.clone(),
        name: plan.name.clone(),
        category: plan.category,
        sim: item.sim.as_ref().map(|s| s.kind),
        eid: item.sim.as_ref().and_then(|s| s.eid_digits()).filter(|eid| !eid.is_empty()),
        port_in: item.sim.as_ref().and_then(|s| s.port_in.as_ref()).map(stored_port_in),
        voice: plan.voice,
        freebit_plan_code: plan.freebit_plan_code.clone(),
        billing,
    })
}

fn stored_port_in(port_in: &PortIn) -> StoredPortIn {
    StoredPortIn {
        number: Pii::new(port_in.phone_digits()),
        reservation_number: Pii::new(port_in.reservation_digits()),
        expires_on: port_in.expires_on,
        holder_name_kana: Pii::new(port_in.holder_name_kana.trim().to_owned()),
    }
}

/// The order as the CRM gets it.
pub(super) fn crm_order(
    id: OrderId,
    account_id: String,
    content: &OrderContent,
    products: &[Product],
    now: Timestamp,
) -> Result<NewCrmOrder, Unknown> {
    let lines = content.quote.lines.iter().map(|line| {
        Ok(NewCrmOrderLine {
            pricebook_entry_id: find(products, &line.sku)?.pricebook_entry_id.clone(),
            unit_price: line.price,
            item: line.item + 1,
        })
    });
    // The record has room for one SIM: the one that keeps its number, else the first.
    let ported = content.items.iter().find(|i| i.port_in.is_some());
    let sim = ported.or_else(|| content.items.iter().find(|i| i.sim.is_some()));
    let port_in = ported.and_then(|i| i.port_in.as_ref()).map(|p| CrmPortIn {
        phone_number: p.number.clone(),
        reservation_number: p.reservation_number.clone(),
        expires_on: p.expires_on,
        holder_name_kana: p.holder_name_kana.clone(),
    });
    Ok(NewCrmOrder {
        order_id: id,
        account_id,
        effective_on: now.date_in_japan(),
        sim: sim.and_then(|i| i.sim),
        eid: sim.and_then(|i| i.eid.clone()).map(Pii::new),
        port_in,
        lines: lines.collect::<Result<_, Unknown>>()?,
    })
}

/// The products at the prices of an order that is already in the CRM: a repeat of a request whose answer was lost keeps
/// the prices under which the first one was placed.
pub(super) fn at_prices_of(crm: &CrmOrder, products: &[Product]) -> Vec<Product> {
    let mut products = products.to_vec();
    for product in &mut products {
        if let Some(item) = crm.items.iter().find(|i| i.pricebook_entry_id == product.pricebook_entry_id) {
            product.price = item.unit_price;
        }
    }
    products
}
