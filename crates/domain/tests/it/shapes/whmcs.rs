//! WHMCS: clients, orders, services, and single answers.

use super::Shape;
use domain::Currency::Jpy;
use domain::billing::providers::whmcs as billing;
use domain::customer::providers::whmcs as customers;
use domain::orders::providers::whmcs as orders;
use domain::subscriptions::providers::whmcs::{self as services, wire};
use serde_json::{Value, json};
use std::fmt::Debug;

/// A reading as text.
pub fn shown<T: Debug, E: Debug>(read: Result<T, E>) -> Result<String, String> {
    read.map(|value| format!("{value:?}")).map_err(|error| format!("{error:?}"))
}

pub fn bytes(reply: &Value) -> Vec<u8> {
    reply.to_string().into_bytes()
}

pub fn details() -> Value {
    json!({"result": "success",
        "client": {"client_id": 7, "owner_user_id": 3, "userid": 7, "id": 7, "uuid": "u-1", "firstname": "Mika", "lastname": "O&amp;Hara",
            "fullname": "Mika O&amp;Hara", "companyname": "", "email": "mika@example.com", "address1": "1-1", "address2": "",
            "city": "Chiyoda", "fullstate": "Tokyo", "state": "Tokyo", "postcode": "100-0001", "countrycode": "JP", "country": "JP",
            "phonenumber": "0312345678", "tax_id": "", "statecode": "Tokyo", "countryname": "Japan", "phonecc": "81",
            "phonenumberformatted": "+81.312345678", "telephoneNumber": "+81.312345678", "billingcid": 0, "notes": "", "currency": 1,
            "defaultgateway": "stripe", "groupid": 0, "status": "Active", "credit": "500.00", "taxexempt": false,
            "latefeeoveride": false, "overideduenotices": false, "separateinvoices": false, "disableautocc": false,
            "emailoptout": false, "marketing_emails_opt_in": false, "overrideautoclose": false, "allowSingleSignOn": 1,
            "email_verified": true, "language": "", "isOptedInToMarketingEmails": false,
            "lastlogin": "Date: 01/04/2026 10:00<br>IP Address: 203.0.113.7<br>Host: x", "currency_code": "JPY",
            "email_preferences": {"general": "1", "invoice": "1", "support": "1", "product": "1", "domain": "1", "affiliate": "1"},
            "customfields": [{"id": 1, "value": "C-100001"}, {"id": 2, "value": ""}], "customfields1": "C-100001",
            "users": {"user": [{"id": 3, "name": "Mika", "email": "mika@example.com", "is_owner": true}]}},
        // The deprecated copy at the top, and money as people read it.
        "userid": 7, "credit": "1.00", "status": "Closed",
        "stats": {"numdueinvoices": 1, "dueinvoicesbalance": "¥1,320 JPY", "incredit": true, "creditbalance": "¥500 JPY"}})
}

fn service_row() -> Value {
    json!({"id": "41", "qty": "1", "clientid": "7", "orderid": "12", "ordernumber": "9876543210", "pid": "3", "regdate": "2026-01-15",
        "name": "Data &amp; Voice 10 GB", "translated_name": "Data &amp; Voice 10 GB", "groupname": "SIM", "translated_groupname": "SIM",
        "domain": "sfo-00001234-1", "dedicatedip": "", "serverid": "0", "servername": "", "serverip": null, "serverhostname": null,
        "suspensionreason": "", "firstpaymentamount": "5980.00", "recurringamount": "2980.00", "paymentmethod": "stripe",
        "paymentmethodname": "Card", "billingcycle": "Monthly", "nextduedate": "0000-00-00", "status": "Active", "username": "",
        "password": "hunter2", "subscriptionid": "", "promoid": "0", "overideautosuspend": "", "overidesuspenduntil": "0000-00-00",
        "ns1": "", "ns2": "", "assignedips": "", "notes": "", "diskusage": "0", "disklimit": "0", "bwusage": "0", "bwlimit": "0",
        "lastupdate": "0000-00-00 00:00:00",
        "customfields": {"customfield": [{"id": "9", "name": "MSISDN|Phone number", "translated_name": "Phone number", "value": "070-1234-5678"}]},
        "configoptions": {"configoption": []}})
}

fn services_reply() -> Value {
    json!({"result": "success", "clientid": "7", "serviceid": null, "pid": null, "domain": null, "totalresults": "1", "startnumber": 0,
        "numreturned": 1, "products": {"product": [service_row()]}})
}

fn read_services(reply: &Value) -> Result<String, String> {
    let rows = wire::rows(reply, "WHMCS service", "products", "product").map_err(|e| e.to_string())?;
    let read: Result<Vec<_>, _> = rows.into_iter().map(|row| services::service(row, "MSISDN", Jpy)).collect();
    // A phone number prints as it is here.
    shown(read)
}

fn order() -> Value {
    json!({"result": "success", "totalresults": 1, "startnumber": 0, "numreturned": 1, "orders": {"order": [
        {"id": 12, "ordernum": 98765, "userid": 7, "contactid": 0, "requestor_id": 3, "admin_requestor_id": 0,
         "date": "2026-04-01 10:00:00", "nameservers": "", "transfersecret": "", "renewals": "", "promocode": "", "promotype": "",
         "promovalue": "", "orderdata": "[]", "amount": "5980.00", "paymentmethod": "stripe", "invoiceid": 77, "status": "Pending",
         "ipaddress": "203.0.113.7", "fraudmodule": "", "fraudoutput": "", "notes": "", "paymentmethodname": "Card",
         "paymentstatus": "Unpaid", "name": "Mika O&amp;Hara", "currencyprefix": "¥", "currencysuffix": " JPY", "frauddata": "",
         "validationdata": "", "renewalsByType": {"domains": [], "services": [], "addons": []},
         "lineitems": {"lineitem": [{"type": "product", "relid": 41, "producttype": "Other", "product": "SIM - 10 GB &amp; voice",
            "domain": "sfo-00001234-1", "billingcycle": "Monthly", "amount": "2980.00", "status": "Pending"}]}}]}})
}

pub fn table() -> Vec<Shape> {
    vec![
        Shape::new("GetClientsDetails", details(), |r| shown(billing::account(&bytes(r), 7, Jpy)))
            .says(&["minor: 500", "state: Active", "stripe"])
            .same("only the old id", |r| {
                let client = r["client"].as_object_mut().unwrap();
                client.remove("id");
                client.remove("client_id");
            })
            .same("without the copy at the top", |r| r["credit"] = json!(null))
            .other("a word of next year", |r| r["client"]["status"] = json!("Frozen"), "Other(\"Frozen\")")
            .other("negative credit", |r| r["client"]["credit"] = json!("-500.00"), "minor: -500")
            .refused("somebody else", |r| r["client"] = json!({"id": 8, "status": "Active", "credit": "0.00"}), "another client")
            .refused("another currency", |r| r["client"]["currency_code"] = json!("USD"), "another currency")
            .refused("money as people read it", |r| r["client"]["credit"] = json!("¥500 JPY"), "not an amount")
            .refused("half a yen", |r| r["client"]["credit"] = json!("500.50"), "not an amount")
            .refused("no client", |r| r["client"] = json!([]), ""),
        Shape::new("GetClientsDetails", details(), |r| shown(customers::customer_number_of(r, 1)))
            .says(&["Some(\"C-100001\")"])
            .same("wrapped", |r| {
                let list = r["client"]["customfields"].take();
                r["client"]["customfields"] = json!({ "customfield": list });
            })
            .other("no such field", |r| r["client"]["customfields"] = json!(""), "None")
            .other("empty", |r| r["client"]["customfields"][0]["value"] = json!(" "), "None")
            .other("encoded twice, decoded once", |r| r["client"]["customfields"][0]["value"] = json!("A&amp;amp;B"), "A&amp;B")
            .refused("no client", |r| r["client"] = json!(""), "client"),
        Shape::new(
            "GetClients",
            json!({"result": "success", "totalresults": 2, "startnumber": 0, "numreturned": 2, "clients": {"client": [
                {"id": 7, "firstname": "Mika", "lastname": "O&amp;Hara", "companyname": "", "email": "o&#039;hara@example.com", "datecreated": "2026-01-01", "groupid": 0, "status": "Active"},
                {"id": 8, "firstname": "x", "lastname": "y", "companyname": "", "email": "o&#039;hara@example.com.example.org", "datecreated": "2026-01-01", "groupid": 0, "status": "Active"}]}}),
            |r| {
                let found = customers::client_matches(r, "O'Hara@example.com");
                shown(found.map(|found| found.iter().map(|c| (c.id, c.email.clone())).collect::<Vec<_>>()))
            },
        )
        .says(&["[(7, \"o'hara@example.com\")]"])
        .other("nobody", |r| r["clients"] = json!(""), "[]")
        .refused("an id that is none", |r| r["clients"]["client"][0]["id"] = json!("x"), "id")
        .refused("a word", |r| r["clients"] = json!("maintenance"), "not a list"),
        Shape::new("AddClient", json!({"result": "success", "clientid": "7", "owner_id": 3}), |r| shown(wire::made(r, "clientid")))
            .says(&["7"])
            .same("deprecated parameter", |r| r["warning"] = json!("skipvalidation is deprecated"))
            .refused("a warning, and nothing done", |r| *r = json!({"result": "success", "warning": "No &amp; no"}), "Warned(\"No & no\")")
            .refused("nothing", |r| r["clientid"] = json!(null), "Silent"),
        Shape::new(
            "GetProducts",
            json!({"result": "success", "totalresults": 1, "products": {"product": [{"pid": 3, "gid": 1, "type": "other", "name": "SIM",
                "slug": "sim", "product-url": "https://billing.example/store/sim", "description": "", "module": "", "paytype": "recurring",
                "allowqty": 0, "quantity_available": 0,
                "pricing": {"JPY": {"prefix": "¥", "suffix": " JPY", "msetupfee": "0.00", "monthly": "2980.00", "annually": "-1.00"}},
                "customfields": {"customfield": [{"id": 22, "name": "MSISDN|Phone &amp; number", "description": "", "required": ""}]},
                "configoptions": {"configoption": []}}]}}),
            |r| shown(orders::line_field_id(r, 3, "MSISDN")),
        )
        .says(&["Some(22)"])
        .same("the other spelling of the address", |r| r["products"]["product"][0]["product_url"] = json!("x"))
        .other("no custom fields", |r| r["products"]["product"][0]["customfields"] = json!(""), "None")
        .other("no such product", |r| r["products"] = json!([]), "None")
        .refused("a word", |r| r["products"] = json!("x"), "not a list"),
        Shape::new("GetClientsProducts", services_reply(), read_services)
            .says(&["ServiceId(41)", "Data & Voice 10 GB", "minor: 2980", "07012345678", "Active", "next_due_on: None"])
            .other("cycle of an order", |r| r["products"]["product"][0]["billingcycle"] = json!("semiannually"), "SemiAnnually")
            .other("one time", |r| r["products"]["product"][0]["billingcycle"] = json!("One Time"), "minor: 5980")
            .other("a word of next year", |r| r["products"]["product"][0]["status"] = json!("Grace"), "status: Unknown")
            .other("a cycle of next year", |r| r["products"]["product"][0]["billingcycle"] = json!("Weekly"), "Unknown")
            .other("no order", |r| r["products"]["product"][0]["orderid"] = json!("0"), "order_id: None")
            .refused("money as people read it", |r| r["products"]["product"][0]["recurringamount"] = json!("¥2,980 JPY"), "recurringamount")
            .refused("a day that is none", |r| r["products"]["product"][0]["regdate"] = json!("15/01/2026"), "regdate"),
        Shape::new("GetClientsProducts", services_reply(), |r| shown(orders::hits(r, 7, "sfo-00001234-1")))
            .says(&["service_id: ServiceId(41), order_id: 12, product_id: 3"])
            .same("marker in capitals", |r| r["products"]["product"][0]["domain"] = json!("SFO-00001234-1"))
            .other("somebody else", |r| r["products"]["product"][0]["clientid"] = json!("8"), "[]")
            .other("another marker", |r| r["products"]["product"][0]["domain"] = json!("sfo-00001234-11"), "[]")
            .refused("a row without its owner", |r| r["products"]["product"][0]["clientid"] = json!(null), "clientid")
            .refused("a row that is none", |r| r["products"]["product"] = json!(["x"]), "not a list"),
        Shape::new(
            "UpgradeProduct",
            json!({"result": "success", "oldproductid": "3", "oldproductname": "A", "newproductid": 5, "newproductname": "B &amp; C",
                "daysuntilrenewal": 12, "totaldays": 30, "newproductbillingcycle": "monthly", "price": "¥1,480 JPY"}),
            |r| shown(billing::upgrade_quote(&bytes(r), Jpy)),
        )
        .says(&["minor: 1480", "new_product_id: 5", "days_until_renewal: 12"])
        .same("two zeros", |r| r["price"] = json!("¥1480.00 JPY"))
        .same("points between thousands", |r| r["price"] = json!("1.480 JPY"))
        .same("the sign as an entity", |r| r["price"] = json!("&#165;1,480 JPY"))
        .same("no sign", |r| r["price"] = json!("1480"))
        .other("money back", |r| r["price"] = json!("¥-480.00 JPY"), "minor: -480")
        .refused("dollars", |r| r["price"] = json!("$1480.00 USD"), "price")
        .refused("half a yen", |r| r["price"] = json!("¥1,480.50 JPY"), "price"),
        Shape::new(
            "UpgradeProduct",
            json!({"result": "success", "oldproductid": "3", "newproductid": 5, "price": "¥1,480 JPY", "id": "4", "orderid": 12,
                "order_number": "98765", "invoiceid": null}),
            |r| shown(billing::upgrade_order(r)),
        )
        .says(&["order_id: 12, invoice_id: None"])
        .same("no invoice, as zero", |r| r["invoiceid"] = json!("0"))
        .other("an invoice", |r| r["invoiceid"] = json!("77"), "invoice_id: Some(77)")
        .refused("a warning, and nothing done", |r| *r = json!({"result": "success", "warning": "No"}), "Warned")
        .refused("only a price", |r| r["orderid"] = json!(null), "Silent"),
        Shape::new(
            "AddOrder",
            json!({"result": "success", "orderid": "12", "serviceids": "41,42", "addonids": "", "domainids": "", "invoiceid": "77"}),
            |r| shown(orders::added_order(r, 2)),
        )
        .says(&["order_id: 12", "[ServiceId(41), ServiceId(42)]", "Some(77)"])
        .same("the name before 7.8", |r| {
            let ids = r["serviceids"].take();
            r["productids"] = ids;
        })
        .same("blanks", |r| r["serviceids"] = json!("41, 42,"))
        .same("deprecated parameter", |r| r["warning"] = json!("domain is deprecated"))
        .other("no invoice", |r| r["invoiceid"] = json!(0), "invoice_id: None")
        .other("no invoice, missing", |r| r["invoiceid"] = json!(null), "invoice_id: None")
        .refused("a warning, and nothing done", |r| *r = json!({"result": "success", "warning": "Card declined"}), "orderid")
        .refused("fewer services than lines", |r| r["serviceids"] = json!(41), "serviceids"),
        Shape::new("GetOrders", order(), |r| shown(orders::order_state(r, 12)))
            .says(&["status: Pending", "invoice_id: Some(77)", "ServiceId(41)", "client_id: 7"])
            .same("status in capitals", |r| r["orders"]["order"][0]["status"] = json!("PENDING"))
            .same("an add-on beside the service", |r| {
                r["orders"]["order"][0]["lineitems"]["lineitem"] = json!([{"type": "product", "relid": "41"}, {"type": "addon", "relid": 5}]);
            })
            .other("no invoice", |r| r["orders"]["order"][0]["invoiceid"] = json!("0"), "invoice_id: None")
            .other("a status of this installation", |r| r["orders"]["order"][0]["status"] = json!("Active - Waiting"), "status: Other")
            .other("another order", |r| r["orders"]["order"][0]["id"] = json!(13), "None")
            .other("nothing ordered", |r| r["orders"]["order"][0]["lineitems"] = json!(""), "service_ids: []")
            .refused("no owner", |r| r["orders"]["order"][0]["userid"] = json!(null), "userid"),
        Shape::new(
            "ApplyCredit",
            json!({"result": "success", "invoiceid": "12", "amount": "500.00", "invoicepaid": "true"}),
            |r| shown(Ok::<_, String>(billing::credit_applied(r))),
        )
        .says(&["true"])
        .same("a truth", |r| r["invoicepaid"] = json!(true))
        .same("a number", |r| r["invoicepaid"] = json!(1))
        .same("a switch", |r| r["invoicepaid"] = json!("on"))
        .other("the text false", |r| r["invoicepaid"] = json!("false"), "false")
        .other("an untruth", |r| r["invoicepaid"] = json!(false), "false")
        .other("nothing", |r| r["invoicepaid"] = json!(""), "false"),
        Shape::new("AddPayMethod", json!({"result": "success", "clientid": "7", "paymethodid": "5"}), |r| {
            shown(wire::made(r, "paymethodid"))
        })
        .says(&["5"])
        .refused("a warning, and nothing done", |r| *r = json!({"result": "success", "warning": "Declined"}), "Warned")
        .refused("nothing", |r| r["paymethodid"] = json!(0), "Silent"),
        Shape::new(
            "CreateSsoToken",
            json!({"result": "success", "access_token": "2d8a", "redirect_url": "https://billing.example/oauth/singlesignon.php?a=1&amp;token=2d8a"}),
            |r| Ok(wire::text(r, "redirect_url")),
        )
        .says(&["https://billing.example/oauth/singlesignon.php?a=1&token=2d8a"])
        .same("not encoded", |r| r["redirect_url"] = json!("https://billing.example/oauth/singlesignon.php?a=1&token=2d8a"))
        .other("none", |r| r["redirect_url"] = json!(null), ""),
    ]
}
