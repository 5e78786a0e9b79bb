//! Changing a service to another product, with the price for the rest of the period.

use serde_json::json;

use super::form::Form;
use super::types::{self, Invoice, Order, Product, Service, Upgrade, display};
use super::{Answer, Failure, credit, effects, invoice_edit, invoices, object, orders, settings};
use crate::clock::Date;
use crate::world::store::{Store, Txn};

/// Days until the next due date, days of the period, and the price for them: the difference of both prices by day,
/// rounded to whole yen with halves away from zero. A service without a due date ahead pays the whole difference.
fn prorate(service: &Service, new_price: i64, today: Date) -> (i64, i64, i64) {
    let difference = new_price - service.recurringamount;
    let Some(due) = Date::parse_iso(&service.nextduedate).filter(|due| *due > today) else {
        return (0, 30, difference);
    };
    let first = due.first_of_month(-1);
    let last = due.first_of_month(0).plus_days(-1);
    let began = Date { day: due.day.min(last.day), ..first };
    let (left, total) = (due.days() - today.days(), due.days() - began.days());
    let scaled = difference * left;
    let half = if scaled < 0 { -total } else { total };
    (left, total, (2 * scaled + half) / (2 * total))
}

fn unpaid_before(store: &Store, service: u64) -> bool {
    types::all::<Upgrade>(store)
        .iter()
        .filter(|row| row.serviceid == service && !row.done)
        .any(|row| types::find::<Invoice>(store, row.invoiceid).is_some_and(|invoice| invoice.status == "Unpaid"))
}

pub(crate) fn upgrade(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let service = form.number("serviceid").and_then(|id| types::find::<Service>(txn, id));
    let service = service.ok_or_else(|| Failure::new("Service ID Not Found"))?;
    if unpaid_before(txn, service.id) {
        return Err(Failure::new(
            "Unable to accept upgrade order. Previous upgrade invoice for service is still unpaid.",
        ));
    }
    let gateway = settings::checked_gateway(txn, form.text("paymentmethod").as_deref())?;
    // No product here has options to configure, so the other type of upgrade has nothing to work on (A).
    if form.text("type").as_deref() != Some("product") {
        return Err(Failure::new("Invalid Upgrade Type"));
    }
    // The documentation gives no text for a product that does not exist (A).
    let product = form.number("newproductid").and_then(|pid| types::find::<Product>(txn, pid));
    let product = product.ok_or_else(|| Failure::new("Invalid New Product ID"))?;
    let old = types::find::<Product>(txn, service.pid);
    let now = txn.now_ms();
    let (left, total, price) = prorate(&service, product.price, Date::japan(now));
    let cycle = form.text("newproductbillingcycle").filter(|cycle| !cycle.is_empty());
    let cycle = cycle.unwrap_or_else(|| service.billingcycle.to_lowercase());
    let mut body = json!({
        "oldproductid": service.pid.to_string(), "oldproductname": old.map_or(service.name.clone(), |old| old.name),
        "newproductid": product.pid, "newproductname": product.name, "daysuntilrenewal": left, "totaldays": total,
        "newproductbillingcycle": cycle, "price": display(price),
    });
    if form.flag("calconly") {
        return Ok(object(body));
    }
    let client =
        types::find::<types::Client>(txn, service.clientid).ok_or_else(|| Failure::new("Service ID Not Found"))?;
    let mut order: Order = orders::blank(txn, &client, gateway.module, now);
    let mut row = Upgrade {
        id: types::next_id::<Upgrade>(txn),
        serviceid: service.id,
        orderid: order.id,
        newpid: product.pid,
        billingcycle: if product.paytype == "onetime" { "One Time" } else { "Monthly" }.to_owned(),
        recurringamount: if product.paytype == "onetime" { 0 } else { product.price },
        ..Upgrade::default()
    };
    order.amount = price.max(0);
    if price > 0 {
        let text = format!("Upgrade/Downgrade: {} => {}", service.name, product.name);
        let item = invoice_edit::line_for(txn, "Upgrade", row.id, text, price);
        let today = Date::japan(now);
        let invoice = invoices::raise_due(txn, &client, vec![item], gateway.module, now, today);
        row.invoiceid = invoice.id;
        order.invoiceid = invoice.id;
        order.amount = invoice.total;
        types::save(txn, &order);
        types::save(txn, &row);
        effects::invoice_created(txn, &invoice, "api", true, now);
    } else {
        // Nothing is due: the change is made at once, what is left of the old price becomes credit.
        types::save(txn, &order);
        types::save(txn, &row);
        if price < 0 {
            let text = format!("Upgrade/Downgrade Credit for Service ID {}", service.id);
            credit::book(txn, client.id, -price, text, 0, now);
        }
        effects::carry_out(txn, row.clone());
    }
    body["id"] = json!(row.id.to_string());
    body["orderid"] = json!(order.id);
    body["order_number"] = json!(order.ordernum.to_string());
    body["invoiceid"] = if row.invoiceid == 0 { serde_json::Value::Null } else { json!(row.invoiceid.to_string()) };
    Ok(object(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(price: i64, due: &str) -> Service {
        Service { recurringamount: price, nextduedate: due.to_owned(), ..Service::default() }
    }

    #[test]
    fn the_rest_of_the_period_is_paid_by_day() {
        let day = |text: &str| Date::parse_iso(text).unwrap();
        assert_eq!(prorate(&service(980, "2026-12-01"), 1_780, day("2026-11-16")), (15, 30, 400));
        assert_eq!(prorate(&service(1_780, "2026-12-01"), 980, day("2026-11-16")), (15, 30, -400));
        assert_eq!(prorate(&service(980, "2026-03-01"), 1_030, day("2026-02-22")), (7, 28, 13));
        assert_eq!(prorate(&service(1_030, "2026-03-01"), 980, day("2026-02-22")), (7, 28, -13));
        assert_eq!(prorate(&service(980, "2026-03-31"), 1_960, day("2026-02-28")), (31, 31, 980));
        assert_eq!(prorate(&service(980, "0000-00-00"), 1_780, day("2026-11-16")), (0, 30, 800));
    }
}
