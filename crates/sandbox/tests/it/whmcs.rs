use base64::Engine;
use sandbox::{Fault, FaultKind, System, WhmcsAccess};
use serde_json::{Value, json};

use crate::support::{http, start, whmcs};

fn php(entries: &[(u64, &str)]) -> String {
    let body: String = entries.iter().map(|(id, value)| format!("i:{id};s:{}:\"{value}\";", value.len())).collect();
    base64::engine::general_purpose::STANDARD.encode(format!("a:{}:{{{body}}}", entries.len()))
}

#[tokio::test]
async fn an_order_becomes_services_and_an_invoice() {
    let sandbox = start().await;
    let (_, product) = whmcs(&sandbox, "getproducts", &[("pid", "102")]).await;
    let fields = product["products"]["product"][0]["customfields"]["customfield"].as_array().unwrap();
    let msisdn = fields.iter().find(|field| field["name"] == "MSISDN").unwrap()["id"].as_u64().unwrap();
    let encoded = php(&[(msisdn, "07001000000")]);
    let order = [
        ("clientid", "1"),
        ("paymentmethod", "stripe"),
        ("pid[0]", "102"),
        ("billingcycle[0]", "monthly"),
        ("customfields[0]", encoded.as_str()),
        ("pid[1]", "107"),
        ("billingcycle[1]", "onetime"),
    ];
    let (status, placed) = whmcs(&sandbox, "AddOrder", &order).await;
    assert_eq!((status, placed["result"].as_str().unwrap()), (200, "success"));
    let services: Vec<&str> = placed["serviceids"].as_str().unwrap().split(',').collect();
    assert_eq!(services.len(), 2);
    let invoice_id = placed["invoiceid"].to_string();
    let (_, invoice) = whmcs(&sandbox, "GetInvoice", &[("invoiceid", &invoice_id)]).await;
    assert_eq!(
        (&invoice["subtotal"], &invoice["tax"], &invoice["total"]),
        (&json!("3280.00"), &json!("328.00"), &json!("3608.00"))
    );
    assert_eq!((&invoice["status"], &invoice["transactions"]), (&json!("Unpaid"), &json!("")));
    let (_, listed) = whmcs(&sandbox, "GetClientsProducts", &[("serviceid", services[0])]).await;
    let service = &listed["products"]["product"][0];
    assert_eq!(service["status"], "Pending");
    assert_eq!(service["customfields"]["customfield"][0]["value"], "07001000000");
    let order_id = placed["orderid"].to_string();
    assert_eq!(whmcs(&sandbox, "AcceptOrder", &[("orderid", &order_id)]).await.1, json!({ "result": "success" }));
    let (_, again) = whmcs(&sandbox, "AcceptOrder", &[("orderid", &order_id)]).await;
    assert_eq!(again, json!({ "result": "error", "message": "Order ID not found or Status not Pending" }));
    let (_, listed) = whmcs(&sandbox, "GetClientsProducts", &[("serviceid", services[0])]).await;
    assert_eq!(listed["products"]["product"][0]["status"], "Active");
    let (_, orders) = whmcs(&sandbox, "GetOrders", &[("id", &order_id)]).await;
    assert_eq!(orders["orders"]["order"][0]["lineitems"]["lineitem"].as_array().unwrap().len(), 2);
    let before = sandbox.world().whmcs_orders().len();
    whmcs(&sandbox, "AddOrder", &order).await;
    assert_eq!(sandbox.world().whmcs_orders().len(), before + 1, "a repeated order is a second order");
    sandbox.stop().await;
}

#[tokio::test]
async fn clients_are_added_and_checked() {
    let sandbox = start().await;
    let number = php(&[(1, "C-200001")]);
    let client = [
        ("firstname", "Ren"),
        ("lastname", "Abe"),
        ("email", "ren@example.com"),
        ("address1", "1-1"),
        ("city", "Kita"),
        ("state", "Tokyo"),
        ("postcode", "100-0000"),
        ("country", "JP"),
        ("phonenumber", "07000200099"),
        ("customfields", number.as_str()),
    ];
    let (_, missing) = whmcs(&sandbox, "AddClient", &client[..3]).await;
    assert_eq!(missing["message"], "You did not enter your  address line 1");
    let (_, made) = whmcs(&sandbox, "AddClient", &client).await;
    assert!(made["clientid"].is_u64() && made["owner_id"].is_u64());
    let id = made["clientid"].to_string();
    let (_, twice) = whmcs(&sandbox, "AddClient", &client).await;
    assert_eq!(twice["message"], "A user already exists with that email address");
    let (_, details) = whmcs(&sandbox, "GetClientsDetails", &[("clientid", &id), ("stats", "1")]).await;
    assert_eq!(details["client"]["customfields"], json!([{ "id": 1, "value": "C-200001" }]));
    assert_eq!((&details["email"], &details["client"]["currency_code"]), (&json!("ren@example.com"), &json!("JPY")));
    assert_eq!(details["stats"]["creditbalance"], "¥0 JPY");
    let (_, changed) = whmcs(&sandbox, "UpdateClient", &[("clientid", &id), ("city", "Minami")]).await;
    assert_eq!(changed["clientid"], json!(id));
    let (_, found) = whmcs(&sandbox, "GetClients", &[("search", "REN@")]).await;
    assert_eq!((&found["totalresults"], &found["numreturned"]), (&json!(1), &json!(1)));
    sandbox.stop().await;
}

#[tokio::test]
async fn refusals_have_their_status_and_text() {
    let sandbox = start().await;
    let url = format!("{}/includes/api.php", sandbox.endpoints().whmcs);
    let identifier = sandbox.credentials().whmcs_identifier.clone();
    for (form, message) in [
        (vec![("action", "GetClients")], "Authentication Failed"),
        (vec![("action", "GetClients"), ("identifier", "x"), ("secret", "y")], "Invalid or missing credentials"),
        (vec![("action", "GetClients"), ("username", identifier.as_str()), ("password", "y")], "Authentication Failed"),
    ] {
        let form: Vec<_> = form.into_iter().chain([("responsetype", "json")]).collect();
        let response = http().post(&url).form(&form).send().await.unwrap();
        assert_eq!(response.status(), 403);
        assert_eq!(response.json::<Value>().await.unwrap()["message"], message);
    }
    assert_eq!(whmcs(&sandbox, "", &[]).await.0, 400);
    let role = Some(vec!["addorder".to_owned(), "GetClients".to_owned()]);
    sandbox.world().set_whmcs_access(&WhmcsAccess { role, ..WhmcsAccess::default() }).unwrap();
    let (status, outside) = whmcs(&sandbox, "CapturePayment", &[]).await;
    assert_eq!(
        (status, outside["message"].as_str().unwrap()),
        (403, "Invalid Permissions: API action \"capturepayment\" is not allowed")
    );
    let (_, scalar) =
        whmcs(&sandbox, "AddOrder", &[("clientid", "1"), ("paymentmethod", "stripe"), ("pid", "102")]).await;
    assert_eq!(scalar["message"], "Expecting parameter 'pid' to be an array");
    sandbox.world().add_fault(Fault {
        system: System::Whmcs,
        operation: None,
        kind: FaultKind::Html503,
        times: Some(1),
    });
    let response = http().post(&url).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_awkward_switch_keeps_the_facts_and_changes_the_forms() {
    let sandbox = start().await;
    let (_, plain) = whmcs(&sandbox, "GetInvoices", &[("userid", "1"), ("limitnum", "2")]).await;
    assert!(plain["totalresults"].as_u64().unwrap() >= 12 && plain["numreturned"] == 2);
    sandbox.world().set_awkward(true);
    let (_, odd) = whmcs(&sandbox, "GetInvoices", &[("userid", "1"), ("limitnum", "2")]).await;
    assert_eq!(odd["invoices"]["invoice"]["1"]["id"], json!(plain["invoices"]["invoice"][1]["id"].to_string()));
    assert_eq!(odd["numreturned"], 2);
    let (_, none) = whmcs(&sandbox, "GetInvoices", &[("userid", "99")]).await;
    assert_eq!(none["invoices"]["invoice"], "");
    let (_, one) = whmcs(&sandbox, "GetClients", &[("search", "emi@")]).await;
    assert_eq!(
        (&one["clients"]["client"]["companyname"], &one["clients"]["client"]["lastname"]),
        (&json!("Ito &amp; Sons"), &json!("O&#039;Hara-Ito"))
    );
    sandbox.stop().await;
}
