//! What is done to services, and the way into the client area.

use sandbox::Sandbox;
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

/// The first service of the demonstration customer with this product.
async fn service(sandbox: &Sandbox, pid: &str) -> Value {
    let found = ok(sandbox, "GetClientsProducts", &[("clientid", "1"), ("pid", pid)]).await;
    found["products"]["product"][0].clone()
}

fn id(service: &Value) -> String {
    service["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_dearer_product_waits_for_its_invoice_and_a_cheaper_one_gives_credit() {
    let sandbox = start().await;
    let line = id(&service(&sandbox, "102").await);
    let ask = |product, kind, gateway| {
        [("serviceid", line.as_str()), ("newproductid", product), ("type", kind), ("paymentmethod", gateway)]
    };
    assert_eq!(refused(&sandbox, "UpgradeProduct", &[("serviceid", "999")]).await, "Service ID Not Found");
    assert_eq!(
        refused(&sandbox, "UpgradeProduct", &ask("103", "product", "paypal")).await,
        "Invalid Payment Method. Valid options include stripe, banktransfer"
    );
    assert_eq!(refused(&sandbox, "UpgradeProduct", &ask("103", "colour", "stripe")).await, "Invalid Upgrade Type");
    let calc: Vec<_> = ask("103", "product", "stripe").into_iter().chain([("calconly", "1")]).collect();
    let priced = ok(&sandbox, "UpgradeProduct", &calc).await;
    let (left, total) = (priced["daysuntilrenewal"].as_i64().unwrap(), priced["totaldays"].as_i64().unwrap());
    assert!((28..=31).contains(&total) && (1..=total).contains(&left), "{priced}");
    let price = (900.0 * left as f64 / total as f64).round() as i64;
    assert_eq!(priced["price"], json!(format!("¥{price} JPY")));
    assert_eq!((&priced["oldproductid"], &priced["newproductid"]), (&json!("102"), &json!(103)));
    assert!(priced.get("orderid").is_none(), "nothing was ordered");
    let real = ok(&sandbox, "UpgradeProduct", &ask("103", "product", "stripe")).await;
    assert_eq!(service(&sandbox, "102").await["id"], json!(line), "not before it is paid");
    assert!(
        refused(&sandbox, "UpgradeProduct", &ask("103", "product", "stripe"))
            .await
            .starts_with("Unable to accept upgrade order.")
    );
    let invoice = real["invoiceid"].as_str().unwrap();
    ok(&sandbox, "CapturePayment", &[("invoiceid", invoice)]).await;
    let upgraded = service(&sandbox, "103").await;
    assert_eq!((&upgraded["id"], &upgraded["recurringamount"]), (&json!(line), &json!("2680.00")));
    let before = ok(&sandbox, "GetClientsDetails", &[("clientid", "1")]).await["client"]["credit"].clone();
    let down = ok(&sandbox, "UpgradeProduct", &ask("101", "product", "stripe")).await;
    assert!(down["price"].as_str().unwrap().starts_with("-¥") && down["invoiceid"].is_null(), "{down}");
    let all = ok(&sandbox, "GetClientsProducts", &[("serviceid", &line)]).await;
    assert_eq!(all["products"]["product"][0]["pid"], "101", "nothing is due: done at once");
    let client = ok(&sandbox, "GetClientsDetails", &[("clientid", "1")]).await;
    let yen = |money: &Value| money.as_str().unwrap().trim_end_matches(".00").parse::<i64>().unwrap();
    let given: i64 =
        down["price"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
    assert_eq!(yen(&client["client"]["credit"]), yen(&before) + given);
    sandbox.stop().await;
}

#[tokio::test]
async fn module_commands_change_the_service_and_need_a_module() {
    let sandbox = start().await;
    assert_eq!(refused(&sandbox, "ModuleSuspend", &[]).await, "Service ID is required");
    assert_eq!(refused(&sandbox, "ModuleSuspend", &[("serviceid", "999")]).await, "Service ID not found");
    let fibre = id(&service(&sandbox, "201").await);
    assert_eq!(refused(&sandbox, "ModuleCreate", &[("serviceid", &fibre)]).await, "Service not assigned to a module");
    let line = id(&service(&sandbox, "102").await);
    let suspend = [("serviceid", line.as_str()), ("suspendreason", "Lost phone")];
    assert_eq!(ok(&sandbox, "ModuleSuspend", &suspend).await, json!({ "result": "success" }));
    let now = service(&sandbox, "102").await;
    assert_eq!((&now["status"], &now["suspensionreason"]), (&json!("Suspended"), &json!("Lost phone")));
    for (action, status) in
        [("ModuleUnsuspend", "Active"), ("ModuleTerminate", "Terminated"), ("ModuleCreate", "Active")]
    {
        ok(&sandbox, action, &[("serviceid", &line)]).await;
        assert_eq!(service(&sandbox, "102").await["status"], status, "{action}");
    }
    ok(&sandbox, "UpdateClientProduct", &[("serviceid", &line), ("domain", "modulefail-1")]).await;
    assert_eq!(
        refused(&sandbox, "ModuleTerminate", &[("serviceid", &line)]).await,
        "The line server refused the command"
    );
    assert_eq!(service(&sandbox, "102").await["status"], "Active");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_second_cancel_request_is_refused() {
    let sandbox = start().await;
    let line = id(&service(&sandbox, "102").await);
    assert_eq!(refused(&sandbox, "AddCancelRequest", &[("serviceid", "999")]).await, "Service ID Not Found");
    let fields = [("serviceid", line.as_str()), ("type", "End of Billing Period"), ("reason", "Moving")];
    let asked = ok(&sandbox, "AddCancelRequest", &fields).await;
    assert_eq!((&asked["serviceid"], &asked["userid"]), (&json!(line), &json!("1")));
    assert_eq!(refused(&sandbox, "AddCancelRequest", &fields).await, "Existing Cancellation Request Exists");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_sign_in_link_opens_once() {
    let sandbox = start().await;
    for (fields, message) in [
        (vec![], "A valid client_id or user_id is required"),
        (vec![("client_id", "999")], "Invalid client_id"),
        (vec![("user_id", "999")], "Invalid user_id"),
        (vec![("client_id", "1"), ("user_id", "2")], "Invalid user_id for client"),
        (vec![("client_id", "1"), ("destination", "moon")], "Invalid destination"),
        (
            vec![("client_id", "1"), ("destination", "sso:custom_redirect"), ("sso_redirect_path", "//evil.example")],
            "Invalid destination",
        ),
    ] {
        assert_eq!(refused(&sandbox, "CreateSsoToken", &fields).await, message);
    }
    let made = ok(&sandbox, "CreateSsoToken", &[("client_id", "1"), ("destination", "clientarea:invoices")]).await;
    let url = made["redirect_url"].as_str().unwrap();
    assert!(
        url.starts_with(&sandbox.endpoints().whmcs) && url.ends_with(made["access_token"].as_str().unwrap()),
        "{url}"
    );
    let first = http().get(url).send().await.unwrap();
    assert_eq!(first.status(), 200);
    let page = first.text().await.unwrap();
    assert!(page.contains("Mika Sato") && page.contains("clientarea:invoices"), "{page}");
    let second = http().get(url).send().await.unwrap();
    assert_eq!(second.status(), 403);
    assert!(second.text().await.unwrap().contains("used already"));
    sandbox.stop().await;
}

#[tokio::test]
async fn users_sign_in_and_own_clients() {
    let sandbox = start().await;
    let login = |password| [("email", "mika@example.com"), ("password2", password)];
    assert_eq!(refused(&sandbox, "ValidateLogin", &login("wrong")).await, "Email or Password Invalid");
    let signed = ok(&sandbox, "ValidateLogin", &login("asagao-demo-1")).await;
    assert!(
        signed["userid"].is_string() && signed["twoFactorEnabled"] == "false" && signed["passwordhash"].is_string()
    );
    let listed = ok(&sandbox, "GetUsers", &[("search", "mika@")]).await;
    assert_eq!(
        (&listed["numreturned"], &listed["users"][0]["clients"]),
        (&json!(1), &json!([{ "id": 1, "isOwner": true }]))
    );
    for (fields, message) in [
        (vec![], "Please enter the email address or provide the id"),
        (vec![("email", "mika")], "Please provide a valid email address"),
        (vec![("email", "nobody@example.com")], "User Not Found"),
    ] {
        assert_eq!(refused(&sandbox, "ResetPassword", &fields).await, message);
    }
    assert_eq!(ok(&sandbox, "ResetPassword", &[("email", "mika@example.com")]).await, json!({ "result": "success" }));
    sandbox.stop().await;
}

#[tokio::test]
async fn an_order_is_set_up_by_the_module_or_stays_pending_with_its_words() {
    let sandbox = start().await;
    let order = |domain| {
        [
            ("clientid", "1"),
            ("paymentmethod", "stripe"),
            ("pid[0]", "103"),
            ("billingcycle[0]", "monthly"),
            ("domain[0]", domain),
        ]
    };
    for (domain, outcome, status) in [("07001000077", "success", "Active"), ("modulefail-2", "error", "Pending")] {
        let placed = ok(&sandbox, "AddOrder", &order(domain)).await;
        let id = placed["orderid"].to_string();
        let (_, reply) = whmcs(&sandbox, "AcceptOrder", &[("orderid", &id), ("autosetup", "1")]).await;
        assert_eq!(reply["result"], outcome, "{reply}");
        let found = ok(&sandbox, "GetClientsProducts", &[("serviceid", placed["serviceids"].as_str().unwrap())]).await;
        assert_eq!(found["products"]["product"][0]["status"], status);
        let orders = ok(&sandbox, "GetOrders", &[("id", &id)]).await;
        assert_eq!(orders["orders"]["order"][0]["status"], status);
    }
    sandbox.stop().await;
}
