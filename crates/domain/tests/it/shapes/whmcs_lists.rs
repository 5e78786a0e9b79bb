//! WHMCS: invoices, payments and ways to pay.

use super::Shape;
use super::whmcs::{bytes, details, shown};
use domain::Currency::Jpy;
use domain::billing::providers::whmcs as billing;
use domain::customer::providers::whmcs as customers;
use serde_json::{Value, json};

fn invoice_row() -> Value {
    json!({"id": 12, "userid": 7, "firstname": "Mika", "lastname": "O&amp;Hara", "companyname": "", "invoicenum": "2026-12",
        "date": "2026-04-01", "duedate": "2026-04-15", "datepaid": "0000-00-00 00:00:00", "last_capture_attempt": "0000-00-00 00:00:00",
        "date_refunded": "0000-00-00 00:00:00", "date_cancelled": "0000-00-00 00:00:00", "subtotal": "1200.00", "credit": "0.00",
        "tax": "120.00", "tax2": "0.00", "total": "1320.00", "taxrate": "10.00", "taxrate2": "0.00", "status": "Unpaid",
        "paymentmethod": "stripe", "paymethodid": null, "notes": "", "created_at": "2026-04-01 00:00:00",
        "updated_at": "2026-04-01 00:00:00", "currencycode": "JPY", "currencyprefix": "¥", "currencysuffix": " JPY"})
}

fn page(rows: Value) -> Value {
    json!({"result": "success", "totalresults": 1, "startnumber": 0, "numreturned": 1, "invoices": {"invoice": rows}})
}

fn detail() -> Value {
    json!({"result": "success", "invoiceid": 12, "invoicenum": "", "userid": 7, "date": "2026-04-01", "duedate": "2026-04-15",
        "datepaid": "0000-00-00 00:00:00", "lastcaptureattempt": "0000-00-00 00:00:00", "subtotal": "1200.00", "credit": "20.00",
        "tax": "120.00", "tax2": "0.00", "total": "1300.00", "balance": "1300.00", "taxrate": "10.00", "taxrate2": "0.00",
        "status": "Unpaid", "paymentmethod": "stripe", "notes": "", "ccgateway": true,
        "items": {"item": [
            {"id": 1, "type": "Hosting", "relid": 9, "description": "Asagao 20 GB &amp; voice", "amount": "1300.00", "taxed": 1},
            {"id": 2, "type": "", "relid": 0, "description": "Campaign", "amount": "-100.00", "taxed": 0}]},
        "transactions": ""})
}

fn transaction() -> Value {
    json!({"id": "3", "userid": "7", "currency": "0", "gateway": "stripe", "date": "2026-04-02 10:00:00", "description": "Payment &amp; thanks",
        "amountin": "1300.00", "fees": "0.00", "amountout": "0.00", "rate": "1.00000", "transid": "ch_1", "invoiceid": "12", "refundid": "0"})
}

/// What a page holds: rows that fit, the fields of those that do not, and the two counts.
fn read_page(reply: &Value) -> Result<String, String> {
    shown(billing::invoice_page(&bytes(reply), Jpy))
}

/// The rows only: an empty page counts its rows in its own way.
fn read_empty_page(reply: &Value) -> Result<String, String> {
    shown(billing::invoice_page(&bytes(reply), Jpy).map(|page| (page.invoices, page.unreadable, page.total)))
}

pub fn table() -> Vec<Shape> {
    vec![
        Shape::new("GetInvoices", page(json!([invoice_row()])), read_page)
            .says(&["id: 12", "number: \"2026-12\"", "status: Unpaid", "minor: 1320", "paid_on: None", "unreadable: []"])
            .same("no currency, as in one version", |r| r["invoices"]["invoice"][0]["currencycode"] = json!(null))
            .same("counts missing", |r| {
                let reply = r.as_object_mut().unwrap();
                reply.remove("totalresults");
                reply.remove("numreturned");
            })
            .other("a word of next year", |r| r["invoices"]["invoice"][0]["status"] = json!("Overpaid"), "Other(\"Overpaid\")")
            .other("another case is another word", |r| r["invoices"]["invoice"][0]["status"] = json!("paid"), "Other(\"paid\")")
            .other("waiting", |r| r["invoices"]["invoice"][0]["status"] = json!("Payment Pending"), "PaymentPending")
            .other("money back", |r| r["invoices"]["invoice"][0]["total"] = json!("-1320.00"), "minor: -1320")
            .other("without a number it is its id", |r| r["invoices"]["invoice"][0]["invoicenum"] = json!(""), "number: \"12\"")
            .other("another currency", |r| r["invoices"]["invoice"][0]["currencycode"] = json!("USD"), "field: \"currencycode\"")
            .other("half a yen", |r| r["invoices"]["invoice"][0]["total"] = json!("1320.50"), "field: \"total\"")
            .other("money as people read it", |r| r["invoices"]["invoice"][0]["total"] = json!("¥1,320 JPY"), "field: \"total\"")
            .other("day of the display form", |r| r["invoices"]["invoice"][0]["duedate"] = json!("15/04/2026"), "field: \"duedate\"")
            .other("a number that JSON rounds", |r| r["invoices"]["invoice"][0]["total"] = json!(9_007_199_254_740_993.0), "field: \"total\"")
            .refused("a word", |r| r["invoices"] = json!("maintenance"), "not a list")
            .refused("a number", |r| r["invoices"] = json!(0), "not a list"),
        Shape::new(
            "GetInvoices",
            json!({"result": "success", "totalresults": 0, "startnumber": 0, "numreturned": 0, "invoices": {"invoice": []}}),
            read_empty_page,
        )
        .says(&["([], [], 0)"]),
        Shape::new("GetInvoice", detail(), |r| shown(billing::invoice(&bytes(r), Jpy)))
            .says(&["id: 12", "number: \"12\"", "Asagao 20 GB & voice", "Some(ServiceId(9))", "minor: -100", "transactions: []"])
            .same("an id beside the id", |r| r["id"] = json!("12"))
            .same("the id as lists call it", |r| {
                let id = r["invoiceid"].take();
                r.as_object_mut().unwrap().remove("invoiceid");
                r["id"] = id;
            })
            .same("transactions as list", |r| r["transactions"] = json!([]))
            .same("transactions as envelope", |r| r["transactions"] = json!({"transaction": []}))
            .same("transactions as object", |r| r["transactions"] = json!({}))
            .other("one payment", |r| r["transactions"] = json!({"transaction": transaction()}), "reference: \"ch_1\"")
            .other("encoded twice, decoded once", |r| r["items"]["item"][0]["description"] = json!("&amp;lt;b&amp;gt;"), "\"&lt;b&gt;\"")
            .refused("no balance", |r| r["balance"] = json!(null), "balance")
            .refused("half an invoice", |r| r["items"]["item"][1]["amount"] = json!("free"), "amount")
            .refused("a word of no meaning", |r| r["transactions"] = json!("none"), "not a list"),
        Shape::new("GetInvoice", detail(), |r| {
            shown(domain::subscriptions::providers::whmcs::wire::id(r, "WHMCS record", "userid"))
        })
        .says(&["7"])
        .refused("nobody", |r| r["userid"] = json!(null), "userid"),
        Shape::new(
            "GetTransactions",
            json!({"result": "success", "totalresults": 1, "startnumber": 0, "numreturned": 1, "transactions": {"transaction": [transaction()]}}),
            |r| shown(billing::transactions(&bytes(r), Jpy)),
        )
        .says(&["id: 3", "minor: 1300", "invoice_id: Some(12)", "ch_1"])
        .other("of no invoice", |r| r["transactions"]["transaction"][0]["invoiceid"] = json!("0"), "invoice_id: None")
        .other("a refund", |r| r["transactions"]["transaction"][0]["amountout"] = json!("1300.00"), "amount_out: Money { minor: 1300")
        .other("nothing came", |r| r["transactions"]["transaction"][0]["amountin"] = json!(""), "amount_in: Money { minor: 0")
        .other("no rows", |r| r["transactions"] = json!(""), "[]")
        .refused("money as people read it", |r| r["transactions"]["transaction"][0]["amountin"] = json!("¥5"), "amountin"),
        Shape::new(
            "GetCredits",
            json!({"result": "success", "totalresults": "1", "clientid": "7", "credits": {"credit": [
                {"id": "3", "date": "2026-04-01", "description": "Refund &amp; sorry", "amount": "-500.00", "relid": "0"}]}}),
            |r| shown(billing::credits(&bytes(r), 7, Jpy)),
        )
        .says(&["Refund & sorry", "minor: -500"])
        .same("flattened, as published", |r| {
            *r = json!({"result": "success", "totalresults": 1, "clientid": 7, "credits[credit][0][id]": 3, "credits[credit][0][date]": "2026-04-01",
                "credits[credit][0][description]": "Refund &amp; sorry", "credits[credit][0][amount]": "-500.00", "credits[credit][0][relid]": "0"});
        })
        .other("no rows", |r| r["credits"] = json!(""), "[]")
        .other("a day of zeros", |r| r["credits"]["credit"][0]["date"] = json!("0000-00-00"), "on: None")
        .refused("somebody else", |r| r["clientid"] = json!("8"), "another client"),
        Shape::new(
            "GetPayMethods",
            json!({"result": "success", "clientid": "7", "paymethods": [
                {"id": 5, "type": "RemoteCreditCard", "description": "Mika &amp; card", "gateway_name": "stripe", "contact_type": "Client", "contact_id": 7,
                 "card_last_four": "0042", "expiry_date": "03/29", "start_date": "", "issue_number": "", "card_type": "Visa",
                 "remote_token": "{\"customer\":\"cus_secret\"}", "last_updated": "01/04/2026 10:00", "bank_name": ""},
                {"id": 6, "type": "BankAccount", "description": "", "gateway_name": "", "contact_type": "Client", "contact_id": 7, "bank_name": "Mizuho"}]}),
            |r| {
                let read = shown(billing::payment_methods(&bytes(r), 7));
                assert!(!read.as_ref().is_ok_and(|read| read.contains("cus_secret")), "a token is read");
                read
            },
        )
        .says(&["Visa", "last_four: \"0042\"", "year: 2029, month: 3", "Bank { name: \"Mizuho\" }", "Mika & card"])
        .same("a number lost its zeros", |r| r["paymethods"][0]["card_last_four"] = json!(42))
        .same("the whole number of the card", |r| r["paymethods"][0]["card_last_four"] = json!("4111111111110042"))
        .same("the other kinds", |r| {
            r["paymethods"][0]["type"] = json!("CreditCard");
            r["paymethods"][1]["type"] = json!("RemoteBankAccount");
        })
        .same("month and whole year", |r| r["paymethods"][0]["expiry_date"] = json!("03/2029"))
        .same("wrapped", |r| {
            let list = r["paymethods"].take();
            r["paymethods"] = json!({ "paymethod": list });
        })
        .other("a kind of next year", |r| r["paymethods"][0]["type"] = json!("Wallet"), "Other(\"Wallet\")")
        .other("no rows", |r| r["paymethods"] = json!(""), "[]")
        .refused("somebody else", |r| r["clientid"] = json!(8), "another client"),
        Shape::new(
            "GetPaymentMethods",
            json!({"result": "success", "totalresults": 1, "paymentmethods": {"paymentmethod": [{"module": "stripe", "displayname": "Credit &amp; debit card"}]}}),
            |r| shown(billing::gateways(&bytes(r))),
        )
        .says(&["Credit & debit card"])
        .other("none", |r| r["paymentmethods"] = json!({}), "[]")
        .refused("a word", |r| r["paymentmethods"] = json!("x"), "not a list"),
        Shape::new("GetClientsDetails", details(), |r| {
            let known = customers::client_record(r);
            shown(known.map(|known| (known.email.into_inner(), known.family_name.into_inner())))
        })
        .says(&["mika@example.com", "O&Hara"])
        .refused("no mail address", |r| r["client"]["email"] = json!(""), "email"),
    ]
}
