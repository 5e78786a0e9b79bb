//! Invoices, payments, credit and stored cards.

use sandbox::{BillingSettings, Sandbox};
use serde_json::{Value, json};

use crate::support::{start, whmcs};

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

/// A new client without a card, credit or invoices.
async fn client(sandbox: &Sandbox) -> String {
    let fields = [
        ("firstname", "Ren"),
        ("lastname", "Abe"),
        ("email", "ren@example.com"),
        ("address1", "1-1"),
        ("city", "Kita"),
        ("state", "Tokyo"),
        ("postcode", "100-0000"),
        ("country", "JP"),
        ("phonenumber", "07000200099"),
        ("password2", "correct horse"),
    ];
    ok(sandbox, "AddClient", &fields).await["clientid"].to_string()
}

/// An unpaid invoice of 1,000 yen and 10 % tax.
async fn invoice(sandbox: &Sandbox, client: &str) -> String {
    let fields = [("userid", client), ("itemdescription1", "A case"), ("itemamount1", "1000.00"), ("itemtaxed1", "1")];
    let made = ok(sandbox, "CreateInvoice", &fields).await;
    assert!(made["invoiceid"].is_u64(), "a number on live installations: {made}");
    assert_eq!(made["status"], "Unpaid");
    made["invoiceid"].to_string()
}

async fn read(sandbox: &Sandbox, id: &str) -> Value {
    ok(sandbox, "GetInvoice", &[("invoiceid", id)]).await
}

async fn credit_of(sandbox: &Sandbox, client: &str) -> Value {
    ok(sandbox, "GetClientsDetails", &[("clientid", client)]).await["client"]["credit"].clone()
}

async fn card(sandbox: &Sandbox, client: &str, number: &str) -> String {
    let fields = [
        ("clientid", client),
        ("type", "RemoteCreditCard"),
        ("gateway_module_name", "stripe"),
        ("card_number", number),
        ("card_expiry", "1239"),
    ];
    ok(sandbox, "AddPayMethod", &fields).await["paymethodid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_overpayment_pays_the_invoice_and_becomes_credit() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let id = invoice(&sandbox, &client).await;
    let unpaid = read(&sandbox, &id).await;
    assert_eq!(
        [&unpaid["total"], &unpaid["balance"], &unpaid["datepaid"], &unpaid["transactions"]],
        [&json!("1100.00"), &json!("1100.00"), &json!("0000-00-00 00:00:00"), &json!("")]
    );
    let part = [
        ("invoiceid", id.as_str()),
        ("transid", "t-1"),
        ("gateway", "banktransfer"),
        ("date", "2026-11-20"),
        ("amount", "600"),
    ];
    assert_eq!(ok(&sandbox, "AddInvoicePayment", &part).await, json!({ "result": "success" }));
    let part_paid = read(&sandbox, &id).await;
    assert_eq!((&part_paid["status"], &part_paid["balance"]), (&json!("Unpaid"), &json!("500.00")));
    let rest = [
        ("invoiceid", id.as_str()),
        ("transid", "t-2"),
        ("gateway", "banktransfer"),
        ("date", "2026-11-21"),
        ("amount", "750.00"),
    ];
    ok(&sandbox, "AddInvoicePayment", &rest).await;
    let paid = read(&sandbox, &id).await;
    assert_eq!(paid["status"], "Paid");
    assert_ne!(paid["datepaid"], "0000-00-00 00:00:00");
    assert_eq!(paid["transactions"]["transaction"][1]["amountin"], "750.00");
    assert_eq!(credit_of(&sandbox, &client).await, "250.00");
    let credits = ok(&sandbox, "GetCredits", &[("clientid", &client)]).await;
    assert_eq!(credits["credits"]["credit"][0]["relid"], json!(id));
    // There is no request key: the same payment again is a second one.
    ok(&sandbox, "AddInvoicePayment", &rest).await;
    assert_eq!(credit_of(&sandbox, &client).await, "1000.00");
    let found = ok(&sandbox, "GetTransactions", &[("invoiceid", &id)]).await;
    assert_eq!(
        (&found["totalresults"], &found["transactions"]["transaction"][0]["date"]),
        (&json!(3), &json!("2026-11-20 00:00:00"))
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn a_capture_needs_a_card_that_the_gateway_accepts() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let id = invoice(&sandbox, &client).await;
    let capture = [("invoiceid", id.as_str())];
    assert_eq!(refused(&sandbox, "CapturePayment", &[("invoiceid", "99999")]).await, "Invoice Not Found or Not Unpaid");
    assert_eq!(refused(&sandbox, "CapturePayment", &capture).await, "Payment Attempt Failed", "no card");
    let declined = card(&sandbox, &client, "4000000000000341").await;
    assert_eq!(refused(&sandbox, "CapturePayment", &capture).await, "Payment Attempt Failed", "declined");
    assert_ne!(read(&sandbox, &id).await["lastcaptureattempt"], "0000-00-00 00:00:00", "the attempt is kept");
    let good = card(&sandbox, &client, "4242 4242 4242 4242").await;
    assert_eq!(
        refused(&sandbox, "CapturePayment", &capture).await,
        "Payment Attempt Failed",
        "the first is the default"
    );
    let default = [("clientid", client.as_str()), ("paymethodid", &good), ("set_as_default", "1")];
    let changed = ok(&sandbox, "UpdatePayMethod", &default).await;
    assert_eq!((&changed["paymethodid"], &changed["clientid"]), (&json!(good), &json!(client)));
    assert_eq!(ok(&sandbox, "CapturePayment", &capture).await, json!({ "result": "success" }));
    let paid = read(&sandbox, &id).await;
    assert_eq!((&paid["status"], &paid["balance"]), (&json!("Paid"), &json!("0.00")));
    assert_eq!(refused(&sandbox, "CapturePayment", &capture).await, "Invoice Not Found or Not Unpaid");
    let deleted = ok(&sandbox, "DeletePayMethod", &[("clientid", &client), ("paymethodid", &declined)]).await;
    assert_eq!(deleted["paymethodid"], json!(declined));
    let left = ok(&sandbox, "GetPayMethods", &[("clientid", &client)]).await;
    let left = left["paymethods"].as_array().unwrap();
    assert_eq!((left.len(), &left[0]["card_last_four"], &left[0]["expiry_date"]), (1, &json!("4242"), &json!("12/39")));
    assert_eq!(left[0]["last_updated"].as_str().unwrap().as_bytes()[2], b'/', "the display format");
    sandbox.stop().await;
}

#[tokio::test]
async fn pay_methods_are_checked_in_the_documented_order() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let mut fields: Vec<(&str, &str)> = Vec::new();
    let steps: [(&str, &str, &str); 7] = [
        ("", "", "Client ID Is Required"),
        ("clientid", "999", "Invalid Client ID"),
        ("clientid", &client, "No Local Credit Card Payment Gateways Enabled"),
        ("type", "RemoteCreditCard", "Gateway is Required for RemoteCreditCard type"),
        ("gateway_module_name", "paypal", "Card Number is required for 'CreditCard' or 'RemoteCreditCard' type"),
        ("card_number", "4000000000000002", "Expiry Date is required for 'CreditCard' or 'RemoteCreditCard' type"),
        ("card_expiry", "0120", "Expiry Date is invalid"),
    ];
    for (name, value, message) in steps {
        if !name.is_empty() {
            fields.push((name, value));
        }
        assert_eq!(refused(&sandbox, "AddPayMethod", &fields).await, message);
    }
    fields.push(("card_expiry", "1239"));
    assert_eq!(
        refused(&sandbox, "AddPayMethod", &fields).await,
        "Invalid Gateway Module Name. Must be one of: stripe, banktransfer"
    );
    fields.push(("gateway_module_name", "banktransfer"));
    assert_eq!(refused(&sandbox, "AddPayMethod", &fields).await, "Unsupported Gateway Type for Storage");
    fields.push(("gateway_module_name", "stripe"));
    assert_eq!(
        refused(&sandbox, "AddPayMethod", &fields).await,
        "Error Creating Remote Token: Your card was declined."
    );
    sandbox.world().set_whmcs_settings(&BillingSettings { local_cards: true, ..BillingSettings::default() }).unwrap();
    fields.push(("type", "CreditCard"));
    ok(&sandbox, "AddPayMethod", &fields).await;
    let bank =
        [("clientid", client.as_str()), ("type", "BankAccount"), ("bank_code", "0001"), ("bank_account", "1234567")];
    assert_eq!(refused(&sandbox, "AddPayMethod", &bank).await, "Gateway is Required for Bank Account Storage");
    let bank: Vec<_> =
        bank.into_iter().chain([("gateway_module_name", "banktransfer"), ("bank_name", "Example Bank")]).collect();
    let account = ok(&sandbox, "AddPayMethod", &bank).await["paymethodid"].as_str().unwrap().to_owned();
    let listed = ok(&sandbox, "GetPayMethods", &[("clientid", &client), ("type", "BankAccount")]).await;
    assert_eq!(listed["paymethods"][0]["bank_name"], "Example Bank");
    for (fields, message) in [
        (vec![], "Client ID is Required"),
        (vec![("clientid", client.as_str())], "Pay Method ID is Required"),
        (vec![("clientid", &client), ("paymethodid", "9999")], "Invalid Pay Method ID"),
        (vec![("clientid", "1"), ("paymethodid", &account)], "Pay Method does not belong to passed Client ID"),
        (vec![("clientid", &client), ("paymethodid", &account)], "No Details Provided for Update"),
        (
            vec![("clientid", &client), ("paymethodid", &account), ("card_expiry", "1239")],
            "Unsupported Gateway Type for Update",
        ),
    ] {
        assert_eq!(refused(&sandbox, "UpdatePayMethod", &fields).await, message);
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn credit_is_added_and_put_towards_an_invoice() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let id = invoice(&sandbox, &client).await;
    for (fields, message) in [
        (vec![("clientid", client.as_str()), ("type", "give"), ("amount", "5")], "Type can only be add or remove"),
        (vec![("clientid", "999"), ("amount", "5")], "Client ID Not Found"),
        (vec![("clientid", &client), ("adminid", "77"), ("amount", "5")], "Admin ID Not Found"),
        (vec![("clientid", &client)], "No Amount Provided"),
        (vec![("clientid", &client), ("amount", "5,00")], "Amount must be in decimal format: ### or ###.##"),
        (vec![("clientid", &client), ("amount", "5"), ("date", "soon")], "Date Format is not Valid"),
    ] {
        assert_eq!(refused(&sandbox, "AddCredit", &fields).await, message);
    }
    let added =
        ok(&sandbox, "AddCredit", &[("clientid", &client), ("description", "Goodwill"), ("amount", "1500.00")]).await;
    assert_eq!(added["newbalance"], "1500.00");
    let apply = |amount| [("invoiceid", id.as_str()), ("amount", amount)];
    assert_eq!(refused(&sandbox, "ApplyCredit", &apply("1600")).await, "Amount exceeds customer credit balance");
    assert_eq!(refused(&sandbox, "ApplyCredit", &apply("1200")).await, "Amount Exceeds Invoice Balance");
    assert_eq!(refused(&sandbox, "ApplyCredit", &apply("0")).await, "Credit Amount to apply must be greater than zero");
    let part = ok(&sandbox, "ApplyCredit", &apply("100.00")).await;
    assert_eq!(part, json!({ "result": "success", "invoiceid": id, "amount": "100.00", "invoicepaid": "false" }));
    let now = read(&sandbox, &id).await;
    assert_eq!(
        (&now["credit"], &now["total"], &now["balance"]),
        (&json!("100.00"), &json!("1000.00"), &json!("1000.00"))
    );
    let rest = ok(&sandbox, "ApplyCredit", &apply("full")).await;
    assert_eq!((&rest["amount"], &rest["invoicepaid"]), (&json!("1000.00"), &json!("true")));
    assert_eq!(read(&sandbox, &id).await["status"], "Paid");
    assert_eq!(credit_of(&sandbox, &client).await, "400.00");
    assert_eq!(refused(&sandbox, "ApplyCredit", &apply("1")).await, "Invoice Not in Unpaid Status");
    let second =
        [("userid", client.as_str()), ("itemdescription1", "x"), ("itemamount1", "300"), ("autoapplycredit", "1")];
    assert_eq!(ok(&sandbox, "CreateInvoice", &second).await["status"], "Paid");
    assert_eq!(credit_of(&sandbox, &client).await, "100.00");
    sandbox.stop().await;
}

#[tokio::test]
async fn an_invoice_is_drafted_changed_published_and_cancelled() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let draft = [
        ("userid", client.as_str()),
        ("draft", "1"),
        ("taxrate", "8"),
        ("itemdescription1", "Food"),
        ("itemamount1", "1005"),
        ("itemtaxed1", "1"),
        ("itemdescription2", "Postage"),
        ("itemamount2", "500"),
    ];
    let both: Vec<_> = draft.into_iter().chain([("sendinvoice", "1")]).collect();
    assert!(refused(&sandbox, "CreateInvoice", &both).await.starts_with("Cannot create and send a draft invoice"));
    let made = ok(&sandbox, "CreateInvoice", &draft).await;
    assert_eq!(made["status"], "Draft");
    let id = made["invoiceid"].to_string();
    let drafted = read(&sandbox, &id).await;
    assert_eq!(
        [&drafted["subtotal"], &drafted["tax"], &drafted["total"], &drafted["taxrate"]],
        [&json!("1505.00"), &json!("80.00"), &json!("1585.00"), &json!("8.000")]
    );
    let line = drafted["items"]["item"][0]["id"].to_string();
    let (text, amount, taxed) =
        (format!("itemdescription[{line}]"), format!("itemamount[{line}]"), format!("itemtaxed[{line}]"));
    let half = [("invoiceid", id.as_str()), (&text, "Rice"), (&amount, "2000")];
    assert!(refused(&sandbox, "UpdateInvoice", &half).await.starts_with("Missing Variables"));
    let gone = drafted["items"]["item"][1]["id"].to_string();
    let change = [
        ("invoiceid", id.as_str()),
        (&text, "Rice"),
        (&amount, "2000"),
        (&taxed, "1"),
        ("newitemdescription[0]", "Gift"),
        ("newitemamount[0]", "-100.00"),
        ("newitemtaxed[0]", "0"),
        ("deletelineids[0]", &gone),
        ("publish", "1"),
    ];
    assert_eq!(ok(&sandbox, "UpdateInvoice", &change).await["invoiceid"], json!(id));
    let published = read(&sandbox, &id).await;
    assert_eq!((&published["status"], &published["total"]), (&json!("Unpaid"), &json!("2060.00")));
    assert_eq!(published["items"]["item"][1]["amount"], "-100.00");
    let again = [("invoiceid", id.as_str()), ("publish", "1")];
    assert_eq!(refused(&sandbox, "UpdateInvoice", &again).await, "Invoice must be in Draft status to be published");
    let wrong = [("invoiceid", id.as_str()), ("status", "Lost")];
    assert_eq!(refused(&sandbox, "UpdateInvoice", &wrong).await, "Invalid status Lost");
    ok(&sandbox, "UpdateInvoice", &[("invoiceid", &id), ("status", "Cancelled")]).await;
    let payment = [("invoiceid", id.as_str()), ("transid", "x"), ("gateway", "stripe"), ("date", "2026-11-20")];
    assert_eq!(
        refused(&sandbox, "AddInvoicePayment", &payment).await,
        "It is not possible to add a payment to an invoice that is Cancelled"
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn transactions_are_checked_and_pay_what_they_name() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let id = invoice(&sandbox, &client).await;
    for (fields, message) in [
        (vec![("userid", "999")], "Client ID Not Found"),
        (vec![("invoiceid", "99999")], "Invoice ID Not Found"),
        (vec![("userid", "1"), ("invoiceid", id.as_str())], "User ID does not own the given Invoice ID"),
        (vec![("currencyid", "7")], "Currency ID Not Found"),
        (vec![("paymentmethod", "stripe")], "A Currency ID is required for non-customer related transactions"),
        (vec![("userid", &client)], "Payment Method is required"),
    ] {
        assert_eq!(refused(&sandbox, "AddTransaction", &fields).await, message);
    }
    let row = [
        ("userid", client.as_str()),
        ("paymentmethod", "stripe"),
        ("transid", "u-1"),
        ("amountin", "300"),
        ("credit", "1"),
    ];
    assert_eq!(ok(&sandbox, "AddTransaction", &row).await, json!({ "result": "success" }));
    assert_eq!(credit_of(&sandbox, &client).await, "300.00");
    assert_eq!(refused(&sandbox, "AddTransaction", &row).await, "Transaction ID must be Unique");
    let pays = [("invoiceid", id.as_str()), ("paymentmethod", "stripe"), ("transid", "u-2"), ("amountin", "1100")];
    ok(&sandbox, "AddTransaction", &pays).await;
    assert_eq!(read(&sandbox, &id).await["status"], "Paid");
    sandbox.stop().await;
}

#[tokio::test]
async fn mails_are_kept_unless_the_client_or_the_caller_does_not_want_them() {
    let sandbox = start().await;
    let client = client(&sandbox).await;
    let id = invoice(&sandbox, &client).await;
    let pay = [("invoiceid", id.as_str()), ("transid", "t-1"), ("gateway", "banktransfer"), ("date", "2026-11-20")];
    ok(&sandbox, "AddInvoicePayment", &pay).await;
    let sent = ok(&sandbox, "GetEmails", &[("clientid", &client)]).await;
    let subjects: Vec<&Value> =
        sent["emails"]["email"].as_array().unwrap().iter().map(|mail| &mail["subject"]).collect();
    assert_eq!(subjects, ["Invoice Payment Confirmation", "Welcome"], "newest first; the invoice was not to be sent");
    assert_eq!(sent["emails"]["email"][0]["to"], "ren@example.com");
    let (status, reply) = whmcs(&sandbox, "GetEmails", &[("clientid", "999")]).await;
    assert_eq!((status, reply), (200, json!({ "status": "error", "message": "Client ID Not Found" })), "an old action");
    ok(&sandbox, "UpdateClient", &[("clientid", &client), ("email_preferences[invoice]", "0")]).await;
    let id = invoice(&sandbox, &client).await;
    ok(
        &sandbox,
        "AddInvoicePayment",
        &[("invoiceid", id.as_str()), ("transid", "t-2"), ("gateway", "stripe"), ("date", "2026-11-20")],
    )
    .await;
    let silent = [
        ("clientid", client.as_str()),
        ("paymentmethod", "stripe"),
        ("pid[0]", "102"),
        ("noemail", "1"),
        ("noinvoiceemail", "1"),
    ];
    ok(&sandbox, "AddOrder", &silent).await;
    let after = ok(&sandbox, "GetEmails", &[("clientid", &client)]).await;
    assert_eq!(after["totalresults"], 2);
    ok(&sandbox, "ResetPassword", &[("email", "ren@example.com")]).await;
    assert_eq!(sandbox.world().whmcs_mails().len(), 3);
    sandbox.stop().await;
}
