//! Products and the clients' services.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::form::Form;
use super::types::{self, Product, Service, money, parse_money};
use super::{Answer, Failure, effects, object, php, settings};
use crate::clock::{Date, japan_datetime};
use crate::world::store::{Store, Txn};

pub(crate) fn list(store: &Store, form: &Form) -> Answer {
    let wanted: Option<Vec<u64>> =
        form.text("pid").map(|csv| csv.split(',').filter_map(|pid| pid.trim().parse().ok()).collect());
    let gid = form.number("gid");
    let module = form.text("module");
    let products: Vec<Value> = types::all::<Product>(store)
        .iter()
        .filter(|product| wanted.as_ref().is_none_or(|pids| pids.contains(&product.pid)))
        .filter(|product| gid.is_none_or(|gid| gid == product.gid))
        .filter(|product| module.as_ref().is_none_or(|module| *module == product.module))
        .map(show)
        .collect();
    Ok(object(json!({ "totalresults": products.len(), "products": { "product": products } })))
}

fn show(product: &Product) -> Value {
    let mut pricing = json!({ "prefix": "¥", "suffix": " JPY" });
    for cycle in ["m", "q", "s", "a", "b", "t"] {
        pricing[format!("{cycle}setupfee")] = json!("0.00");
    }
    for cycle in ["quarterly", "semiannually", "annually", "biennially", "triennially"] {
        // Not offered.
        pricing[cycle] = json!("-1.00");
    }
    pricing["monthly"] = json!(money(product.price));
    let fields: Vec<Value> = product
        .customfields
        .iter()
        .map(|field| json!({ "id": field.id, "name": field.name, "description": field.description, "required": if field.required { "on" } else { "" } }))
        .collect();
    let slug = product.name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    json!({
        "pid": product.pid, "gid": product.gid, "type": "other", "name": product.name, "slug": slug,
        "product-url": format!("https://billing.example.com/store/{slug}"), "description": product.description, "module": product.module,
        "paytype": product.paytype, "allowqty": 0, "quantity_available": 0, "pricing": { "JPY": pricing },
        "customfields": { "customfield": fields }, "configoptions": { "configoption": [] },
    })
}

pub(crate) fn services(store: &Store, form: &Form) -> Answer {
    let (client, service, pid) = (form.number("clientid"), form.number("serviceid"), form.number("pid"));
    let (domain, username) = (form.text("domain"), form.text("username2"));
    let products: BTreeMap<u64, Product> =
        types::all::<Product>(store).into_iter().map(|product| (product.pid, product)).collect();
    let found: Vec<Value> = types::all::<Service>(store)
        .iter()
        .filter(|row| {
            client.is_none_or(|id| id == row.clientid)
                && service.is_none_or(|id| id == row.id)
                && pid.is_none_or(|id| id == row.pid)
        })
        .filter(|row| {
            domain.as_ref().is_none_or(|text| *text == row.domain)
                && username.as_ref().is_none_or(|text| *text == row.username)
        })
        .map(|row| show_service(store, row, products.get(&row.pid)))
        .collect();
    let mut body = super::page(form, "products", "product", found);
    for filter in ["clientid", "serviceid", "pid", "domain"] {
        body.insert(filter.to_owned(), form.get(filter).map_or(Value::Null, |value| json!(value)));
    }
    Ok(body)
}

fn show_service(store: &Store, row: &Service, product: Option<&Product>) -> Value {
    let fields: Vec<Value> = product
        .into_iter()
        .flat_map(|product| &product.customfields)
        .map(|field| {
            let value = row.customfields.get(&field.id).map_or("", String::as_str);
            json!({ "id": field.id, "name": field.name, "translated_name": field.name, "value": value })
        })
        .collect();
    let gateway = settings::gateway_name(store, &row.paymentmethod);
    json!({
        "id": row.id.to_string(), "qty": "1", "clientid": row.clientid.to_string(), "orderid": row.orderid.to_string(),
        "ordernumber": row.ordernumber.to_string(), "pid": row.pid.to_string(),
        "regdate": row.regdate, "name": row.name, "translated_name": row.name, "groupname": row.groupname, "translated_groupname": row.groupname,
        "domain": row.domain, "dedicatedip": "", "serverid": "0", "servername": "", "serverip": Value::Null, "serverhostname": Value::Null,
        "suspensionreason": row.suspensionreason, "firstpaymentamount": money(row.firstpaymentamount), "recurringamount": money(row.recurringamount),
        "paymentmethod": row.paymentmethod, "paymentmethodname": gateway, "billingcycle": row.billingcycle, "nextduedate": row.nextduedate,
        "status": row.status, "username": row.username, "password": row.password, "subscriptionid": "", "promoid": "0", "overideautosuspend": "",
        "overidesuspenduntil": "0000-00-00", "ns1": "", "ns2": "", "assignedips": "", "notes": row.notes, "diskusage": "0", "disklimit": "0",
        "bwusage": "0", "bwlimit": "0", "lastupdate": japan_datetime(store.now_ms()), "customfields": { "customfield": fields },
        "configoptions": { "configoption": [] },
    })
}

/// Keeps those values whose field the product has.
pub(crate) fn take_customfields(service: &mut Service, product: &Product, encoded: &str) {
    for (key, value) in php::decode_map(encoded).unwrap_or_default() {
        if let Some(field) = product.customfields.iter().find(|field| field.id.to_string() == key) {
            service.customfields.insert(field.id, value);
        }
    }
}

pub(crate) fn update_service(txn: &mut Txn<'_>, form: &Form) -> Answer {
    let service = form.number("serviceid").and_then(|id| types::find::<Service>(txn, id));
    let mut service = service.ok_or_else(|| Failure::new("Service ID Not Found"))?;
    effects::hook(txn, "PreServiceEdit", json!({ "serviceid": service.id }));
    if let Some(product) = form.number("pid").and_then(|pid| types::find::<Product>(txn, pid)) {
        service.pid = product.pid;
        service.name = product.name;
        service.groupname = product.group;
        if form.flag("autorecalc") {
            service.recurringamount = product.price;
        }
    }
    let texts: [(&str, &mut String); 8] = [
        ("domain", &mut service.domain),
        ("billingcycle", &mut service.billingcycle),
        ("notes", &mut service.notes),
        ("suspendreason", &mut service.suspensionreason),
        ("serviceusername", &mut service.username),
        ("servicepassword", &mut service.password),
        ("paymentmethod", &mut service.paymentmethod),
        ("status", &mut service.status),
    ];
    for (name, target) in texts {
        if let Some(value) = form.text(name) {
            *target = value;
        }
    }
    for (name, target) in [
        ("regdate", &mut service.regdate),
        ("nextduedate", &mut service.nextduedate),
        ("terminationdate", &mut service.terminationdate),
    ] {
        if let Some(date) = form.text(name).filter(|text| Date::parse_iso(text).is_some()) {
            *target = date;
        }
    }
    for (name, target) in
        [("firstpaymentamount", &mut service.firstpaymentamount), ("recurringamount", &mut service.recurringamount)]
    {
        if let Some(amount) = form.get(name).and_then(parse_money) {
            *target = amount;
        }
    }
    for name in form.array("unset")?.into_values() {
        match name {
            "domain" => service.domain.clear(),
            "notes" => service.notes.clear(),
            "serviceusername" => service.username.clear(),
            "servicepassword" => service.password.clear(),
            _ => {}
        }
    }
    if let (Some(encoded), Some(product)) = (form.get("customfields"), types::find::<Product>(txn, service.pid)) {
        take_customfields(&mut service, &product, encoded);
    }
    types::save(txn, &service);
    effects::hook(txn, "ServiceEdit", json!({ "userid": service.clientid, "serviceid": service.id }));
    let mut body = Map::new();
    body.insert("serviceid".to_owned(), json!(service.id.to_string()));
    Ok(body)
}
