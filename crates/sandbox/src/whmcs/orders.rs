//! Orders: add, accept, cancel, list. Nothing here knows of an earlier attempt: the same order twice is two orders.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::modules::{self, Command};
use super::products::take_customfields;
use super::types::{self, Client, Invoice, InvoiceItem, Order, Product, Service, money, parse_money};
use super::{Answer, Failure, effects, invoice_edit, invoices, object, page, settings};
use crate::clock::{Date, japan_datetime};
use crate::world::store::{Store, Txn};

pub(crate) fn add(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let client = form.number("clientid").and_then(|id| types::find::<Client>(txn, id));
    let client = client.ok_or_else(|| Failure::new("Client ID Not Found"))?;
    if client.status == "Closed" {
        return Err(Failure::new("Unable to add order when client status is Closed"));
    }
    let method = settings::checked_gateway(txn, form.text("paymentmethod").as_deref())?.module.to_owned();
    let (pids, quantities, cycles) = (form.array("pid")?, form.array("qty")?, form.array("billingcycle")?);
    let (domains, fields, overrides) =
        (form.array("domain")?, form.array("customfields")?, form.array("priceoverride")?);
    let today = Date::japan(txn.now_ms());
    let mut services = Vec::new();
    for (at, pid) in &pids {
        let Some(product) = pid.trim().parse().ok().and_then(|pid| types::find::<Product>(txn, pid)) else { continue };
        let quantity = quantities.get(at).and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(1).clamp(1, 20);
        let price = overrides.get(at).and_then(|text| parse_money(text)).unwrap_or(product.price);
        for _ in 0..quantity {
            let mut service = new_service(&product, price, cycles.get(at).copied(), &client, &method, today);
            service.domain = domains.get(at).map(|text| (*text).to_owned()).unwrap_or_default();
            if let Some(encoded) = fields.get(at) {
                take_customfields(&mut service, &product, encoded);
            }
            services.push(service);
        }
    }
    if services.is_empty() {
        return Err(Failure::new("No items added to cart so order cannot proceed"));
    }
    let now = txn.now_ms();
    let mut order = blank(txn, &client, &method, now);
    order.notes = form.text("notes").unwrap_or_default();
    order.promocode = form.text("promocode").unwrap_or_default();
    order.ipaddress = form.text("clientip").unwrap_or_default();
    let mut items = Vec::new();
    for mut service in services {
        service.id = types::next_id::<Service>(txn);
        service.orderid = order.id;
        service.ordernumber = order.ordernum;
        order.serviceids.push(service.id);
        let description = match service.billingcycle.as_str() {
            "One Time" => service.name.clone(),
            _ => format!("{} ({})", service.name, service.regdate),
        };
        let line = invoice_edit::line_for(txn, "Hosting", service.id, description, service.firstpaymentamount);
        items.push(InvoiceItem { due: service.nextduedate.clone(), ..line });
        types::save(txn, &service);
    }
    let subtotal: i64 = items.iter().map(|item| item.amount).sum();
    order.amount = subtotal + invoices::tax(subtotal);
    if !form.flag("noinvoice") && order.amount > 0 {
        let invoice = invoices::raise(txn, &client, items, &order.paymentmethod, now);
        order.invoiceid = invoice.id;
        effects::invoice_created(txn, &invoice, "api", !form.flag("noinvoiceemail"), now);
    }
    types::save(txn, &order);
    if !form.flag("noemail") {
        let body = format!("We have received your order {}.", order.ordernum);
        effects::mail(txn, client.id, "Order Confirmation", "Order Confirmation", body, now);
    }
    let ids: Vec<String> = order.serviceids.iter().map(u64::to_string).collect();
    let mut body = Map::new();
    body.insert("orderid".to_owned(), json!(order.id));
    body.insert("serviceids".to_owned(), json!(ids.join(",")));
    body.insert("addonids".to_owned(), json!(""));
    body.insert("domainids".to_owned(), json!(""));
    if order.invoiceid != 0 {
        body.insert("invoiceid".to_owned(), json!(order.invoiceid));
    }
    Ok(body)
}

/// A pending order of nothing yet.
pub(crate) fn blank(txn: &mut Txn<'_>, client: &Client, method: &str, at: i64) -> Order {
    Order {
        id: types::next_id::<Order>(txn),
        // Ten digits, made up by the system.
        ordernum: rand::Rng::random_range(&mut rand::rng(), 1_000_000_000..9_999_999_999),
        userid: client.id,
        date: japan_datetime(at),
        amount: 0,
        paymentmethod: method.to_owned(),
        invoiceid: 0,
        status: "Pending".to_owned(),
        notes: String::new(),
        promocode: String::new(),
        ipaddress: String::new(),
        serviceids: Vec::new(),
    }
}

fn new_service(
    product: &Product,
    price: i64,
    cycle: Option<&str>,
    client: &Client,
    method: &str,
    today: Date,
) -> Service {
    let one_time = product.paytype == "onetime" || cycle.is_some_and(|cycle| cycle.eq_ignore_ascii_case("onetime"));
    Service {
        clientid: client.id,
        pid: product.pid,
        name: product.name.clone(),
        groupname: product.group.clone(),
        regdate: today.iso(),
        firstpaymentamount: price,
        recurringamount: if one_time { 0 } else { price },
        paymentmethod: method.to_owned(),
        billingcycle: if one_time { "One Time" } else { "Monthly" }.to_owned(),
        nextduedate: if one_time { "0000-00-00".to_owned() } else { today.iso() },
        status: "Pending".to_owned(),
        ..Service::default()
    }
}

fn pending(store: &Store, form: &Form) -> Result<Order, Failure> {
    let order = form.number("orderid").and_then(|id| types::find::<Order>(store, id));
    order
        .filter(|order| order.status == "Pending")
        .ok_or_else(|| Failure::new("Order ID not found or Status not Pending"))
}

fn each_service(txn: &mut Txn<'_>, order: &Order, mut change: impl FnMut(&mut Service)) {
    for id in &order.serviceids {
        if let Some(mut service) = types::find::<Service>(txn, *id) {
            change(&mut service);
            types::save(txn, &service);
        }
    }
}

/// Without `autosetup` the services are set to Active. With it the module of each is run first, and what its server
/// says when it refuses is the answer: the order stays pending, services that were made before stay made.
pub(crate) fn accept(txn: &mut Txn<'_>, form: &Form) -> Result<Answer, Failure> {
    let mut order = match pending(txn, form) {
        Ok(order) => order,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (username, password) = (form.text("serviceusername"), form.text("servicepassword"));
    let next_due = Date::japan(txn.now_ms()).first_of_month(1).iso();
    for id in order.serviceids.clone() {
        let Some(mut service) = types::find::<Service>(txn, id) else { continue };
        if let Some(username) = &username {
            service.username.clone_from(username);
        }
        if let Some(password) = &password {
            service.password.clone_from(password);
        }
        if service.recurringamount > 0 {
            service.nextduedate.clone_from(&next_due);
        }
        let has_module = types::find::<Product>(txn, service.pid).is_some_and(|product| !product.module.is_empty());
        let set_up = form.flag("autosetup") && has_module;
        if service.status == "Pending" && !set_up {
            service.status = "Active".to_owned();
        }
        types::save(txn, &service);
        if set_up && let Err(refusal) = modules::command(txn, service, Command::Create, None) {
            return Ok(Err(refusal));
        }
    }
    order.status = "Active".to_owned();
    types::save(txn, &order);
    effects::hook(txn, "AcceptOrder", json!({ "orderid": order.id }));
    Ok(Ok(Map::new()))
}

pub(crate) fn cancel(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let mut order = pending(txn, form)?;
    order.status = "Cancelled".to_owned();
    each_service(txn, &order, |service| service.status = "Cancelled".to_owned());
    invoice_edit::cancel_unpaid(txn, order.invoiceid, txn.now_ms());
    types::save(txn, &order);
    effects::hook(txn, "CancelOrder", json!({ "orderid": order.id }));
    Ok(Map::new())
}

/// Back to Pending, whatever it was.
pub(crate) fn set_pending(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let order = form.number("orderid").and_then(|id| types::find::<Order>(txn, id));
    let mut order = order.ok_or_else(|| Failure::new("Order ID Not Found"))?;
    order.status = "Pending".to_owned();
    each_service(txn, &order, |service| service.status = "Pending".to_owned());
    types::save(txn, &order);
    effects::hook(txn, "PendingOrder", json!({ "orderid": order.id }));
    Ok(Map::new())
}

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let (id, user, status) = (form.number("id"), form.number("userid"), form.text("status"));
    let rows = types::all::<Order>(store)
        .into_iter()
        .rev()
        .filter(|order| id.is_none_or(|id| id == order.id) && user.is_none_or(|user| user == order.userid))
        .filter(|order| status.as_ref().is_none_or(|status| status.eq_ignore_ascii_case(&order.status)))
        .map(|order| show(store, &order));
    Ok(page(form, "orders", "order", rows.collect()))
}

fn show(store: &Store, order: &Order) -> Value {
    let client: Client = types::find(store, order.userid).unwrap_or_default();
    let payment = types::find::<Invoice>(store, order.invoiceid).map_or_else(String::new, |invoice| invoice.status);
    let items: Vec<Value> = order
        .serviceids
        .iter()
        .filter_map(|id| types::find::<Service>(store, *id))
        .map(|service| {
            json!({
                "type": "product", "relid": service.id, "producttype": "Other Product/Service", "product": format!("{} - {}", service.groupname, service.name),
                "domain": service.domain, "billingcycle": service.billingcycle, "amount": money(service.firstpaymentamount), "status": service.status,
            })
        })
        .collect();
    let gateway = settings::gateway_name(store, &order.paymentmethod);
    json!({
        "id": order.id, "ordernum": order.ordernum, "userid": order.userid, "contactid": 0, "requestor_id": 0, "admin_requestor_id": 1,
        "date": order.date, "nameservers": "", "transfersecret": "", "renewals": "", "promocode": order.promocode, "promotype": "", "promovalue": "",
        "orderdata": "[]", "amount": money(order.amount), "paymentmethod": order.paymentmethod, "invoiceid": order.invoiceid, "status": order.status,
        "ipaddress": order.ipaddress, "fraudmodule": "", "fraudoutput": "", "notes": order.notes, "paymentmethodname": gateway, "paymentstatus": payment,
        "name": format!("{} {}", client.firstname, client.lastname), "currencyprefix": "¥", "currencysuffix": " JPY", "frauddata": "", "validationdata": "",
        "renewalsByType": { "domains": [], "services": [], "addons": [] }, "lineitems": { "lineitem": items },
    })
}

pub(crate) fn statuses(store: &Store) -> Answer {
    let orders: Vec<Order> = types::all(store);
    let rows: Vec<Value> = ["Pending", "Active", "Fraud", "Cancelled"]
        .iter()
        .map(|title| json!({ "title": title, "count": orders.iter().filter(|order| order.status == *title).count() }))
        .collect();
    Ok(object(json!({ "totalresults": rows.len(), "statuses": { "status": rows } })))
}
