//! Billing that lives with time, and tickets.

use base64::Engine;
use sandbox::{BillingSettings, Sandbox};
use serde_json::{Value, json};

use crate::support::{http, start, whmcs};

async fn ok(sandbox: &Sandbox, action: &str, fields: &[(&str, &str)]) -> Value {
    let (status, reply) = whmcs(sandbox, action, fields).await;
    assert_eq!((status, &reply["result"]), (200, &json!("success")), "{action}: {reply}");
    reply
}

async fn refused(sandbox: &Sandbox, action: &str, fields: &[(&str, &str)]) -> String {
    let (status, reply) = whmcs(sandbox, action, fields).await;
    assert_eq!((status, &reply["result"]), (200, &json!("error")), "{action}: {reply}");
    reply["message"].as_str().unwrap().to_owned()
}

async fn service(sandbox: &Sandbox, client: &str, pid: &str) -> Value {
    let found = ok(sandbox, "GetClientsProducts", &[("clientid", client), ("pid", pid)]).await;
    found["products"]["product"][0].clone()
}

/// Invoices of a client with a line for this due date of services.
async fn due_on(sandbox: &Sandbox, client: &str, day: &str) -> Vec<Value> {
    let all = ok(sandbox, "GetInvoices", &[("userid", client), ("limitnum", "200")]).await;
    let rows = all["invoices"]["invoice"].as_array().unwrap().clone();
    rows.into_iter().filter(|row| row["duedate"] == day).collect()
}

#[tokio::test]
async fn a_month_passes_and_the_card_is_charged_on_the_due_day() {
    let sandbox = start().await;
    let line = service(&sandbox, "1", "102").await;
    let due = line["nextduedate"].as_str().unwrap().to_owned();
    let response = http()
        .post(format!("{}/console/api/whmcs/days", sandbox.endpoints().console))
        .json(&json!({ "until": due }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let made = due_on(&sandbox, "1", &due).await;
    assert_eq!(made.len(), 1, "one invoice for all services that are due together: {made:?}");
    assert_eq!(made[0]["status"], "Paid");
    let id = made[0]["id"].to_string();
    let read = ok(&sandbox, "GetInvoice", &[("invoiceid", &id)]).await;
    assert_eq!((&read["balance"], &read["items"]["item"][0]["type"]), (&json!("0.00"), &json!("Hosting")));
    let moved = service(&sandbox, "1", "102").await["nextduedate"].as_str().unwrap().to_owned();
    assert!(moved > due && moved.ends_with("-01"), "{due} -> {moved}");
    assert_eq!(sandbox.world().run_whmcs_days_until(&due).unwrap(), 0, "a day is run once");
    assert_eq!(due_on(&sandbox, "1", &due).await.len(), 1);
    sandbox.stop().await;
}

#[tokio::test]
async fn who_does_not_pay_is_charged_a_fee_and_suspended_until_he_does() {
    let sandbox = start().await;
    let rules = BillingSettings {
        late_fee: 300,
        late_fee_after_days: 5,
        suspend_after_days: Some(10),
        ..BillingSettings::default()
    };
    sandbox.world().set_whmcs_settings(&rules).unwrap();
    // He pays by transfer, so nothing is captured.
    let fibre = service(&sandbox, "2", "203").await;
    let due = fibre["nextduedate"].as_str().unwrap().to_owned();
    let late = format!("{}-12", &due[..7]);
    sandbox.world().run_whmcs_days_until(&late).unwrap();
    let open = due_on(&sandbox, "2", &due).await;
    assert_eq!((open.len(), &open[0]["status"]), (1, &json!("Unpaid")));
    let id = open[0]["id"].to_string();
    let read = ok(&sandbox, "GetInvoice", &[("invoiceid", &id)]).await;
    let fees: Vec<&Value> =
        read["items"]["item"].as_array().unwrap().iter().filter(|item| item["type"] == "LateFee").collect();
    assert_eq!((fees.len(), &fees[0]["amount"], &fees[0]["taxed"]), (1, &json!("300.00"), &json!(0)));
    let now = service(&sandbox, "2", "203").await;
    assert_eq!((&now["status"], &now["suspensionreason"]), (&json!("Suspended"), &json!("Overdue on Payment")));
    let all = ok(&sandbox, "GetInvoices", &[("userid", "2"), ("status", "Unpaid"), ("limitnum", "100")]).await;
    for (at, invoice) in all["invoices"]["invoice"].as_array().unwrap().iter().enumerate() {
        let (id, transid) = (invoice["id"].to_string(), format!("bank-{at}"));
        let fields = [("invoiceid", id.as_str()), ("transid", &transid), ("gateway", "banktransfer"), ("date", &late)];
        ok(&sandbox, "AddInvoicePayment", &fields).await;
    }
    assert_eq!(service(&sandbox, "2", "203").await["status"], "Active");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_cancelled_service_is_not_billed_and_ends_with_its_period() {
    let sandbox = start().await;
    let line = service(&sandbox, "1", "102").await;
    let (id, due) = (line["id"].as_str().unwrap().to_owned(), line["nextduedate"].as_str().unwrap().to_owned());
    ok(&sandbox, "AddCancelRequest", &[("serviceid", &id), ("type", "End of Billing Period")]).await;
    sandbox.world().run_whmcs_days_until(&due).unwrap();
    assert_eq!(service(&sandbox, "1", "102").await["status"], "Terminated");
    let made = due_on(&sandbox, "1", &due).await;
    let read = ok(&sandbox, "GetInvoice", &[("invoiceid", &made[0]["id"].to_string())]).await;
    let billed =
        read["items"]["item"].as_array().unwrap().iter().any(|item| item["relid"] == id.parse::<u64>().unwrap());
    assert!(!billed, "{read}");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_ticket_is_opened_answered_and_closed() {
    let sandbox = start().await;
    let departments = ok(&sandbox, "GetSupportDepartments", &[]).await;
    assert_eq!(departments["departments"]["department"][0]["opentickets"], "0");
    let files = base64::engine::general_purpose::STANDARD.encode(r#"[{"name":"bill.pdf","data":"eA=="}]"#);
    let mut fields = vec![("subject", "Bill & tax"), ("message", "Why <this>?\nThanks")];
    for (name, value, message) in
        [("", "", "Name and email address are required if not a client"), ("clientid", "1", "Department ID not found")]
    {
        if !name.is_empty() {
            fields.push((name, value));
        }
        assert_eq!(refused(&sandbox, "OpenTicket", &fields).await, message);
    }
    fields.extend([("deptid", "2"), ("attachments", files.as_str()), ("priority", "High")]);
    let opened = ok(&sandbox, "OpenTicket", &fields).await;
    let id = opened["id"].as_str().unwrap();
    let number = opened["tid"].as_str().unwrap();
    let read = ok(&sandbox, "GetTicket", &[("ticketnum", number)]).await;
    assert_eq!(
        (&read["ticketid"], &read["deptname"], &read["subject"]),
        (&json!(id), &json!("Billing"), &json!("Bill &amp; tax"))
    );
    let first = &read["replies"]["reply"][0];
    assert_eq!((&first["replyid"], &first["message"]), (&json!("0"), &json!("Why &lt;this&gt;?\r\nThanks")));
    assert_eq!(first["attachments"], json!([{ "filename": "bill.pdf", "index": 0 }]));
    let answer = [("ticketid", id), ("adminusername", "Aki Hoshino"), ("message", "It is right.")];
    assert_eq!(ok(&sandbox, "AddTicketReply", &answer).await, json!({ "result": "success" }));
    let answered = ok(&sandbox, "GetTickets", &[("clientid", "1"), ("status", "Answered")]).await;
    assert_eq!((&answered["totalresults"], &answered["numreturned"]), (&json!("1"), &json!(1)));
    let back = [("ticketid", id), ("clientid", "1"), ("message", "I see."), ("status", "Lost")];
    assert_eq!(refused(&sandbox, "AddTicketReply", &back).await, "Invalid Ticket Status");
    ok(&sandbox, "AddTicketReply", &back[..3]).await;
    let read = ok(&sandbox, "GetTicket", &[("ticketid", id), ("repliessort", "DESC")]).await;
    assert_eq!(
        (&read["status"], &read["replies"]["reply"][0]["attachments"]),
        (&json!("Customer-Reply"), &json!([[]]))
    );
    assert_eq!(
        refused(&sandbox, "UpdateTicket", &[("ticketid", id), ("priority", "Huge")]).await,
        "Invalid Ticket Priority. Valid priorities are: Low,Medium,High"
    );
    ok(&sandbox, "UpdateTicket", &[("ticketid", id), ("status", "Closed")]).await;
    let active = ok(&sandbox, "GetTickets", &[("clientid", "1"), ("status", "All Active Tickets")]).await;
    assert_eq!(active["totalresults"], "0");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_seed_varies_the_forms_and_not_the_facts() {
    let sandbox = start().await;
    let (_, plain) = whmcs(&sandbox, "GetClientsDetails", &[("clientid", "5")]).await;
    let url = format!("{}/console/api/whmcs/awkward", sandbox.endpoints().console);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        assert_eq!(http().put(&url).json(&json!({ "seed": seed })).send().await.unwrap().status(), 204);
        let (_, odd) = whmcs(&sandbox, "GetClientsDetails", &[("clientid", "5")]).await;
        assert_eq!(odd["client"]["id"].to_string().trim_matches('"'), plain["client"]["id"].to_string());
        seen.insert(odd["client"]["companyname"].as_str().unwrap().to_owned());
        assert_eq!(odd, whmcs(&sandbox, "GetClientsDetails", &[("clientid", "5")]).await.1, "the same request twice");
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["Ito & Sons", "Ito &amp; Sons"]);
    sandbox.world().set_whmcs_awkward_seed(None).unwrap();
    assert_eq!(whmcs(&sandbox, "GetClientsDetails", &[("clientid", "5")]).await.1, plain);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_demonstration_customer_has_a_believable_history() {
    let sandbox = start().await;
    let details = ok(&sandbox, "GetClientsDetails", &[("clientid", "1"), ("stats", "1")]).await;
    let stats = &details["stats"];
    assert!(stats["numpaidinvoices"].as_u64().unwrap() >= 12);
    assert_eq!((&stats["numunpaidinvoices"], &stats["numoverdueinvoices"]), (&json!(2), &json!(1)));
    assert_eq!((&stats["creditbalance"], &details["client"]["credit"]), (&json!("¥500 JPY"), &json!("500.00")));
    let overdue = ok(&sandbox, "GetInvoices", &[("userid", "1"), ("status", "Overdue")]).await;
    assert_eq!((&overdue["totalresults"], &overdue["invoices"]["invoice"][0]["total"]), (&json!(1), &json!("3300.00")));
    let cards = ok(&sandbox, "GetPayMethods", &[("clientid", "1")]).await;
    let descriptions: Vec<&Value> =
        cards["paymethods"].as_array().unwrap().iter().map(|card| &card["description"]).collect();
    assert_eq!(descriptions, ["Everyday card", "Old card"]);
    sandbox.stop().await;
}
