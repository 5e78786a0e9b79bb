//! How much mapping adds to parsing: 10,000 WHMCS invoices and 2,000 Salesforce orders, each as raw types alone and as what
//! the portal uses. `scripts/test full` reads the estimates and refuses a ratio above 2.

use criterion::{Criterion, criterion_group, criterion_main};
use domain::Currency;
use domain::billing::providers::whmcs::{RawInvoicePage, invoice_page};
use domain::orders::providers::salesforce::{OrderStatuses, RawOrder, RawPage, order};
use serde_json::{Value, json};
use std::hint::black_box;

/// `GetInvoices` as WHMCS writes it: every scalar a string.
fn invoices() -> Vec<u8> {
    let rows: Vec<Value> = (1..=10_000)
        .map(|id| {
            json!({
                "id": id.to_string(), "userid": "17", "firstname": "Mika", "lastname": "Sato", "companyname": "",
                "invoicenum": format!("INV-{id}"), "date": "2026-11-01", "duedate": "2026-11-15",
                "datepaid": if id % 3 == 0 { "0000-00-00 00:00:00" } else { "2026-11-07 09:30:00" },
                "last_capture_attempt": "0000-00-00 00:00:00", "subtotal": "3280.00", "credit": "0.00", "tax": "328.00",
                "tax2": "0.00", "total": "3608.00", "taxrate": "10.00", "taxrate2": "0.00",
                "status": if id % 3 == 0 { "Unpaid" } else { "Paid" }, "paymentmethod": "stripe", "notes": "",
                "currencycode": "JPY", "currencyprefix": "¥", "currencysuffix": "",
                "created_at": "2026-11-01 01:00:00", "updated_at": "2026-11-07 09:30:00"
            })
        })
        .collect();
    let reply = json!({
        "result": "success", "totalresults": rows.len(), "startnumber": 0, "numreturned": rows.len(),
        "invoices": { "invoice": rows }
    });
    reply.to_string().into_bytes()
}

/// A page of orders with two items each, as the portal selects them.
fn orders() -> Vec<u8> {
    let item = |order: u32, no: u32| {
        json!({
            "attributes": {"type": "OrderItem", "url": "/services/data/v62.0/sobjects/OrderItem/802"},
            "Id": format!("8025g0000{:06}AAA", order * 2 + no), "OrderItemNumber": format!("{:010}", order * 2 + no),
            "PricebookEntryId": "01u5g000000Ab1CAAS", "Quantity": 1.0, "UnitPrice": 3280.0,
            "Description": format!("Item {no}"), "WHMCS_Service_ID__c": "4711"
        })
    };
    let rows: Vec<Value> = (1..=2_000)
        .map(|n| {
            json!({
                "attributes": {"type": "Order", "url": "/services/data/v62.0/sobjects/Order/801"},
                "Id": format!("8015g0000{n:06}AAA"), "OrderNumber": format!("{n:08}"), "Status": "Approved",
                "StatusCode": "Draft", "AccountId": "0015g00000Xy1ZAAAZ",
                "Portal_Order_Id__c": format!("0199c0de-0000-7000-8000-{n:012}"), "Activation_Status__c": "Activating",
                "WHMCS_Order_ID__c": 1234.0,
                "OrderItems": {"totalSize": 2, "done": true, "records": [item(n, 1), item(n, 2)]}
            })
        })
        .collect();
    json!({"totalSize": rows.len(), "done": true, "records": rows}).to_string().into_bytes()
}

fn mappers(c: &mut Criterion) {
    let reply = invoices();
    let mut group = c.benchmark_group("whmcs_invoices");
    group.sample_size(20);
    group.bench_function("raw", |b| {
        b.iter(|| serde_json::from_slice::<RawInvoicePage>(black_box(&reply)).expect("raw invoices"));
    });
    group.bench_function("mapped", |b| {
        b.iter(|| {
            let page = invoice_page(black_box(&reply), Currency::Jpy).expect("invoices");
            assert_eq!((page.invoices.len(), page.unreadable.len()), (10_000, 0));
            page
        });
    });
    group.finish();

    let reply = orders();
    let words = |text: &str| text.to_owned();
    let statuses =
        OrderStatuses { approved: words("Approved"), fulfilled: words("Activated"), rejected: vec![words("Rejected")] };
    let mut group = c.benchmark_group("salesforce_orders");
    group.sample_size(20);
    group.bench_function("raw", |b| {
        b.iter(|| serde_json::from_slice::<RawPage<RawOrder>>(black_box(&reply)).expect("raw orders"));
    });
    group.bench_function("mapped", |b| {
        b.iter(|| {
            let page: RawPage<RawOrder> = serde_json::from_slice(black_box(&reply)).expect("raw orders");
            let read = |raw| order(raw, &statuses, Currency::Jpy);
            page.records.into_iter().map(read).collect::<Result<Vec<_>, _>>().expect("orders")
        });
    });
    group.finish();
}

criterion_group!(benches, mappers);
criterion_main!(benches);
