use super::Class::{Denied, Done, Garbled, Later, NotFound, Refused, Unknown};
use super::Effect::{self, Read, Write};
use super::{Class, class, html, json};
use crate::harness::newcomer;
use crate::raw::{Answer, Stage, http, server_of, whmcs_config};
use domain::billing::YearMonth;
use domain::catalog::Cycle;
use domain::common::pii::Pii;
use domain::orders::providers::whmcs::{BillingLine, NewBillingOrder};
use domain::{Money, ServiceId};
use integrations::UpstreamError;
use integrations::whmcs::{CancelWhen, Client, Config, ModuleCommand, NewPaymentMethod, SignOnPage, UpgradeTo};

/// The operations with their documented success, without its `result`.
const OPERATIONS: &[(&str, Effect, &str)] = &[
    ("GetClientsDetails", Read, r#""client":{"id":7,"status":"Active","credit":"0.00"}"#),
    ("GetClients", Read, r#""totalresults":0,"startnumber":0,"numreturned":0,"clients":{"client":[]}"#),
    ("AddClient", Write, r#""clientid":"7","owner_id":3"#),
    ("UpdateClient", Write, r#""clientid":"7""#),
    (
        "GetProducts",
        Read,
        r#""totalresults":1,"products":{"product":[{"pid":3,"customfields":{"customfield":[{"id":9,"name":"MSISDN"}]}}]},"orderid":12,"serviceids":"41""#,
    ),
    (
        "GetClientsProducts",
        Read,
        r#""clientid":"7","serviceid":null,"totalresults":"0","startnumber":0,"numreturned":0,"products":"""#,
    ),
    ("UpgradeProduct", Read, r#""newproductid":5,"price":"¥480 JPY","daysuntilrenewal":1,"totaldays":30"#),
    (
        "UpgradeProduct, not only calculated",
        Write,
        r#""newproductid":5,"price":"¥480 JPY","id":"4","orderid":12,"order_number":"9","invoiceid":null"#,
    ),
    ("AddCancelRequest", Write, r#""serviceid":"41","userid":"7""#),
    ("AddOrder", Write, r#""orderid":"12","serviceids":"41","addonids":"","domainids":"","invoiceid":"77""#),
    ("AcceptOrder", Write, ""),
    ("CancelOrder", Write, ""),
    (
        "GetOrders",
        Read,
        r#""totalresults":1,"numreturned":1,"orders":{"order":[{"id":12,"userid":7,"status":"Active","lineitems":""}]}"#,
    ),
    ("GetInvoices", Read, r#""totalresults":0,"startnumber":0,"numreturned":0,"invoices":"""#),
    (
        "GetInvoice",
        Read,
        r#""invoiceid":12,"userid":7,"status":"Paid","subtotal":"1.00","total":"1.00","balance":"0.00","items":"","transactions":"""#,
    ),
    ("AddCredit", Write, r#""newbalance":"500.00""#),
    ("CapturePayment", Write, ""),
    ("ApplyCredit", Write, r#""invoiceid":"12","amount":"1.00","invoicepaid":"true""#),
    ("GetTransactions", Read, r#""totalresults":0,"startnumber":0,"numreturned":0,"transactions":"""#),
    ("GetCredits", Read, r#""totalresults":"0","clientid":"7","credits":"""#),
    ("GetPayMethods", Read, r#""clientid":"7","paymethods":[]"#),
    ("AddPayMethod", Write, r#""clientid":"7","paymethodid":"5""#),
    ("UpdatePayMethod", Write, r#""clientid":"7","paymethodid":"5""#),
    ("DeletePayMethod", Write, r#""paymethodid":"5""#),
    ("GetPaymentMethods", Read, r#""totalresults":0,"paymentmethods":{"paymentmethod":[]}"#),
    ("CreateSsoToken", Write, r#""access_token":"2d8a","redirect_url":"BASE/oauth/singlesignon.php?token=2d8a""#),
    ("ModuleCreate", Write, ""),
    ("ModuleSuspend", Write, ""),
    ("ModuleUnsuspend", Write, ""),
    ("ModuleTerminate", Write, ""),
    ("ModuleChangePackage", Write, ""),
];

/// Calls that make something and name it, with the member: success without it is none.
const MAKES: &[&str] = &["AddClient", "UpgradeProduct, not only calculated", "AddOrder", "AddPayMethod"];

async fn call(whmcs: &Client, operation: &str) -> Result<(), UpstreamError> {
    let service = ServiceId(41);
    let to = UpgradeTo { product_id: 5, billing_cycle: "monthly".to_owned(), payment_gateway: "stripe".to_owned() };
    let order = |number: Option<&str>| NewBillingOrder {
        client_id: 7,
        lines: vec![BillingLine {
            product_id: 3,
            marker: "sfo-1-1".to_owned(),
            cycle: Cycle::Monthly,
            line_number: number.map(str::to_owned),
        }],
    };
    let card = NewPaymentMethod::Card {
        gateway: "stripe".to_owned(),
        number: "4111111111111111".into(),
        expires: YearMonth { year: 2030, month: 1 },
    };
    let reason = "late".to_owned();
    match operation {
        "GetClientsDetails" => whmcs.billing_account(7).await.map(drop),
        "GetClients" => whmcs.find_client("C-1", "mika@example.com").await.map(drop),
        "AddClient" => whmcs.add_client(&newcomer("C-1", "mika@example.com")).await.map(drop),
        "UpdateClient" => whmcs.set_client_email(7, &Pii::new("new@example.com".to_owned())).await,
        "GetProducts" => whmcs.add_order(&order(Some("07012345678"))).await.map(drop),
        "GetClientsProducts" => whmcs.find_by_marker(7, "sfo-1-1").await.map(drop),
        "UpgradeProduct" => whmcs.upgrade_quote(service, &to).await.map(drop),
        "UpgradeProduct, not only calculated" => whmcs.upgrade(service, &to).await.map(drop),
        "AddCancelRequest" => whmcs.request_cancellation(service, CancelWhen::Immediately, "x").await,
        "AddOrder" => whmcs.add_order(&order(None)).await.map(drop),
        "AcceptOrder" => whmcs.accept_order(12).await,
        "CancelOrder" => whmcs.cancel_order(12).await,
        "GetOrders" => whmcs.order(12).await.map(drop),
        "GetInvoices" => whmcs.invoices(7, None).await.map(drop),
        "GetInvoice" => whmcs.invoice(7, 12).await.map(drop),
        "AddCredit" => whmcs.add_credit(7, Money::yen(500), "x").await,
        "CapturePayment" => whmcs.capture_payment(12, None).await,
        "ApplyCredit" => whmcs.apply_credit(12, None).await.map(drop),
        "GetTransactions" => whmcs.transactions(7).await.map(drop),
        "GetCredits" => whmcs.credits(7).await.map(drop),
        "GetPayMethods" => whmcs.payment_methods(7).await.map(drop),
        "AddPayMethod" => whmcs.add_payment_method(7, &card, "x", false).await.map(drop),
        "UpdatePayMethod" => whmcs.set_default_payment_method(7, 5).await,
        "DeletePayMethod" => whmcs.delete_payment_method(7, 5).await,
        "GetPaymentMethods" => whmcs.payment_gateways().await.map(drop),
        "CreateSsoToken" => whmcs.sign_on(7, SignOnPage::Services).await.map(drop),
        "ModuleCreate" => whmcs.run_module(service, &ModuleCommand::Create).await,
        "ModuleSuspend" => whmcs.run_module(service, &ModuleCommand::Suspend { reason }).await,
        "ModuleUnsuspend" => whmcs.run_module(service, &ModuleCommand::Unsuspend).await,
        "ModuleTerminate" => whmcs.run_module(service, &ModuleCommand::Terminate).await,
        "ModuleChangePackage" => whmcs.run_module(service, &ModuleCommand::ChangePackage).await,
        other => panic!("{other} has no call"),
    }
}

/// Patient: what is asked is what an answer means, not how fast it comes.
fn client(base: &str) -> Client {
    Client::new(Config { timeout_ms: 10_000, ..whmcs_config(base) }).unwrap()
}

/// The forms of success and failure, with what they mean for a read and for a write.
fn forms(success: &str) -> Vec<(&'static str, Answer, Class, Class)> {
    let ok = "200 OK";
    let with = |more: &str| {
        let members: Vec<&str> =
            [r#""result":"success""#, success, more].into_iter().filter(|m| !m.is_empty()).collect();
        json(ok, &format!("{{{}}}", members.join(",")))
    };
    let error = |message: &str| format!(r#"{{"result":"error","message":"{message}"}}"#);
    vec![
        ("as documented", with(""), Done, Done),
        ("a deprecated parameter", with(r#""warning":"x is deprecated""#), Done, Done),
        (
            "success in capitals",
            json(ok, &format!(r#"{{"result":"SUCCESS"{}{success}}}"#, if success.is_empty() { "" } else { "," })),
            Done,
            Done,
        ),
        (
            "content of another type",
            http(
                ok,
                "content-type: text/plain\r\n",
                &format!(r#"{{"result":"success"{}{success}}}"#, if success.is_empty() { "" } else { "," }),
            ),
            Done,
            Done,
        ),
        ("an error", json(ok, &error("Some rule says no")), Refused, Refused),
        ("an error with 400", json("400 Bad Request", &error("Empty action request")), Refused, Refused),
        (
            "no such action",
            json("404 Not Found", &error("The requested API Action could not be found.")),
            Refused,
            Refused,
        ),
        ("something is not there", json(ok, &error("Thing ID Not Found")), NotFound, NotFound),
        (
            "status in place of result",
            json(ok, r#"{"status":"error","message":"Some rule says no"}"#),
            Refused,
            Refused,
        ),
        (
            "status beside an empty result",
            json(ok, r#"{"result":null,"status":"error","message":"no"}"#),
            Refused,
            Refused,
        ),
        ("an error without words", json(ok, r#"{"result":"error","message":null}"#), Refused, Refused),
        ("wrong secret", json("403 Forbidden", &error("Authentication Failed")), Denied, Denied),
        (
            "not in the role",
            json("403 Forbidden", &error("Invalid Permissions: API action \\\"x\\\" is not allowed")),
            Denied,
            Denied,
        ),
        ("another address", json(ok, &error("Invalid IP 203.0.113.7")), Denied, Denied),
        ("a disabled administrator", json("403 Forbidden", &error("Administrator Account Disabled")), Denied, Denied),
        ("a firewall's page", html("403 Forbidden"), Denied, Denied),
        ("the old form", json(ok, "result=error;message=Invalid or missing credentials"), Denied, Denied),
        ("the old form, other words", json(ok, "result=error;message=Some rule says no;"), Refused, Refused),
        ("a maintenance page", html(ok), Later, Unknown),
        ("a failed program", html("500 Internal Server Error"), Later, Unknown),
        ("a notice before the answer", json(ok, "<br /><b>Notice</b>: x\n{\"result\":\"success\"}"), Later, Unknown),
        ("cut", json(ok, r#"{"result":"succ"#), Later, Unknown),
        ("a word of next year", json(ok, r#"{"result":"queued"}"#), Garbled, Unknown),
        ("no word", json(ok, "{}"), Garbled, Unknown),
        ("a list", json(ok, "[]"), Garbled, Unknown),
        ("nothing", json(ok, ""), Later, Unknown),
    ]
}

async fn check(operation: &str, effect: Effect, success: &str) {
    let stage = Stage::open().await;
    let calm = client(&stage.base);
    // The link that signs somebody in must lead to the server itself.
    for (form, answer, read, write) in forms(&success.replace("BASE", &stage.base)) {
        let expected = effect.of(read, write);
        stage.play(vec![answer]);
        // What is known of a product is kept.
        let result = if expected.is_remembered() || operation == "GetProducts" {
            call(&client(&stage.base), operation).await
        } else {
            call(&calm, operation).await
        };
        assert_eq!((form, class(&result)), (form, expected), "{operation}: {result:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_knows_every_form_of_success_and_failure() {
    // All at the same time: the repeats of reads take their pauses together.
    let tasks: Vec<_> =
        OPERATIONS.iter().map(|(name, effect, success)| tokio::spawn(check(name, *effect, success))).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_success_that_names_nothing_made_nothing_or_nobody_knows() {
    for operation in MAKES {
        for (body, expected) in [
            (r#"{"result":"success","warning":"Card declined"}"#, Refused),
            (r#"{"result":"success"}"#, Unknown),
            (r#"{"result":"success","clientid":null,"orderid":"","paymethodid":0}"#, Unknown),
        ] {
            let (base, _) = server_of(vec![json("200 OK", body)]).await;
            let result = call(&client(&base), operation).await;
            assert_eq!(class(&result), expected, "{operation}: {body}");
        }
    }
}

/// Texts that stand for more than a refusal.
#[tokio::test]
async fn texts_of_single_actions_are_known() {
    for (operation, message, expected) in [
        ("AcceptOrder", "Order ID not found or Status not Pending", Refused),
        ("CancelOrder", "Order ID not found or Status not Pending", Refused),
        ("CapturePayment", "Invoice Not Found or Not Unpaid", NotFound),
        ("CapturePayment", "Payment Attempt Failed", Refused),
        ("AddCancelRequest", "Existing Cancellation Request Exists", Done),
        ("AddPayMethod", "Invalid Client ID", NotFound),
        ("UpdatePayMethod", "Pay Method does not belong to passed Client ID", NotFound),
        ("DeletePayMethod", "Invalid Pay Method ID", NotFound),
        ("CreateSsoToken", "Invalid client_id", NotFound),
        ("ModuleCreate", "Service ID not found", NotFound),
        ("ModuleCreate", "Service not assigned to a module", Refused),
        ("AddClient", "A user already exists with that email address", Refused),
        ("ApplyCredit", "Amount exceeds customer credit balance", Refused),
        ("AddOrder", "Client ID Not Found", NotFound),
    ] {
        let body = format!(r#"{{"result":"error","message":"{message}"}}"#);
        let (base, _) = server_of(vec![json("200 OK", &body)]).await;
        let result = call(&client(&base), operation).await;
        assert_eq!(class(&result), expected, "{operation}: {message}");
    }
}
