//! Names, addresses, numbers, passwords and tokens that exist nowhere else are sent through real processes while everything
//! fails that can fail. Afterwards all that the portal wrote for others than their owner is searched for them.

use crate::process::{Folder, free_port, portal};
use platform::testing::{TestStore, dump};
use sandbox::{Config, Fault, FaultKind, Sandbox, System};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Sent as the reference of requests: no secret, so it has to turn up wherever a search looks, or the search is blind.
const MARK: &str = "seen-mark-5c1f0e77";

const FAMILY: &str = "Kanariyama-Q7X";
const GIVEN: &str = "Piyoko-W9Z";
const PHONE: &str = "070-4819-2736";
const CITY: &str = "Canaryville-K3";
const LINE1: &str = "88-13 Birdcage Lane";
const PASSWORD: &str = "kanariya sings at 5 twice";
const WRONG_PASSWORD: &str = "sparrow whispers at 6 once";
const EID: &str = "89049032481927364819273648192656";
const NUMBER: &str = "080-5937-1846";
const RESERVATION: &str = "7391846205";
const HOLDER: &str = "カナリヤマ ピヨコ";
const JWT_KEY: &str = "jjjj-canary-key-jjjj-canary-key-jj";
const REFRESH_KEY: &str = "rrrr-canary-key-rrrr-canary-key-rr";
const SECRETS_KEY: &str = "ssss-canary-key-ssss-canary-key-ss";
const METRICS_TOKEN: &str = "mmmm-canary-token-mmmm-canary-token";

struct Process(Child);

impl Process {
    fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let asked = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < Duration::from_secs(40), "stops in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The portal on one store, with everything that it says in a file.
struct Portal {
    store: TestStore,
    sandbox: Sandbox,
    folder: Folder,
    processes: Vec<Process>,
    url: String,
    worker: String,
    http: reqwest::Client,
    /// What browsers got: every header, and the body of every problem.
    answers: String,
    secrets: Vec<String>,
    token: String,
}

impl Portal {
    async fn start(store: TestStore, redis: Option<&str>) -> Self {
        let sandbox = sandbox::start(Config::default()).await.unwrap();
        let (listen, worker) = (free_port(), free_port());
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let mut portal = Self {
            store,
            sandbox,
            folder: Folder::new(),
            processes: Vec::new(),
            url: format!("http://localhost:{listen}"),
            worker: format!("127.0.0.1:{worker}"),
            http,
            answers: String::new(),
            secrets: Vec::new(),
            token: String::new(),
        };
        let mut seed = portal.spawn("seed-demo", redis);
        assert!(seed.0.wait().unwrap().success());
        let roles: &[&str] = if redis.is_some() { &["bff", "worker"] } else { &["run"] };
        for role in roles {
            let process = portal.spawn(role, redis);
            portal.processes.push(process);
        }
        let started = Instant::now();
        let ready = format!("{}/health/ready", portal.url);
        while !portal.http.get(&ready).send().await.is_ok_and(|reply| reply.status().is_success()) {
            let said = portal.said();
            let end = said.len().saturating_sub(3000);
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "not ready: {}",
                String::from_utf8_lossy(&said.as_bytes()[end..])
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        portal
    }

    fn spawn(&self, role: &str, redis: Option<&str>) -> Process {
        let (at, who) = (self.sandbox.endpoints(), self.sandbox.credentials());
        let (mail_host, mail_port) = at.smtp.rsplit_once(':').unwrap();
        let listen = self.url.replace("http://localhost", "127.0.0.1");
        let mut settings = vec![
            // Everything that any of our crates and any crate below them can say.
            ("LOG__FILTER", "trace"),
            ("LOG__FORMAT", "json"),
            ("STORE__DATABASE_URL", self.store.url.as_str()),
            ("DATA_DIR", self.folder.text()),
            ("SALESFORCE__LOGIN_URL", &at.salesforce),
            ("SALESFORCE__CLIENT_ID", &who.salesforce_client_id),
            ("SALESFORCE__USERNAME", &who.salesforce_username),
            ("SALESFORCE__PRIVATE_KEY", &who.salesforce_private_key_pem),
            ("SALESFORCE__PUBSUB_URL", &at.pubsub),
            ("SALESFORCE__PUBSUB_CA", &at.ca_pem),
            ("SALESFORCE__TIMEOUT_MS", "3000"),
            ("WHMCS__BASE_URL", &at.whmcs),
            ("WHMCS__IDENTIFIER", &who.whmcs_identifier),
            ("WHMCS__SECRET", &who.whmcs_secret),
            ("WHMCS__TIMEOUT_MS", "3000"),
            ("FREEBIT__BASE_URL", &at.freebit),
            ("FREEBIT__OEM_ID", &who.freebit_oem_id),
            ("FREEBIT__OEM_KEY", &who.freebit_oem_key),
            ("FREEBIT__TIMEOUT_MS", "3000"),
            ("MAIL__HOST", mail_host),
            ("MAIL__PORT", mail_port),
            ("MAIL__TLS", "none"),
            ("BFF__JWT_KEY", JWT_KEY),
            ("BFF__REFRESH_KEY", REFRESH_KEY),
            ("BFF__SECRETS_KEY", SECRETS_KEY),
            ("BFF__METRICS_TOKEN", METRICS_TOKEN),
            ("BFF__LISTEN", &listen),
            ("BFF__PUBLIC_URL", &self.url),
            ("BFF__STATIC_DIR", self.folder.text()),
            ("WORKER__LISTEN", &self.worker),
            ("WORKER__SETTLE_MS", "400"),
            ("WORKER__LOOK_GAP_MS", "100"),
            ("WORKER__RECONCILE_MS", "2000"),
        ];
        settings.extend(redis.map(|url| ("CACHE__REDIS_URL", url)));
        let log = |kind: &str| std::fs::File::create(self.folder.0.join(format!("{role}.{kind}.said"))).unwrap();
        Process(portal(&[role], &settings).stdout(log("out")).stderr(log("err")).spawn().unwrap())
    }

    /// A request with what a browser adds, and a reference that has to be seen again.
    async fn send(&mut self, method: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> (u16, Value) {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        request = request.header("origin", &self.url).header("x-portal-client", "web").header("x-request-id", MARK);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        for (name, value) in reply.headers() {
            let value = value.to_str().unwrap_or_default();
            // The refresh token travels there, to its owner alone.
            if name == "set-cookie" {
                let secret = value.split(['=', ';', '.']).nth(2).unwrap_or_default();
                self.secrets.extend((secret.len() > 20).then(|| secret.to_owned()));
            } else {
                self.answers += &format!("{name}: {value}\n");
            }
        }
        let body = reply.text().await.unwrap();
        if status >= 400 {
            self.answers += &body;
        }
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    fn keep_token(&mut self, reply: &Value) {
        self.token = reply["access_token"].as_str().expect("a token").to_owned();
        // Header and claims of all tokens are alike; the signature is the secret part.
        self.secrets.push(self.token.rsplit('.').next().unwrap().to_owned());
        self.secrets.push(self.token.clone());
    }

    /// The token of the mail that confirms the address: a secret like the others.
    async fn link(&mut self, email: &str) -> String {
        let started = Instant::now();
        loop {
            let mails = self.sandbox.world().outbox();
            let text = mails.iter().find(|mail| mail.to == email).and_then(|mail| mail.text.split("/confirm#").nth(1));
            if let Some(token) = text.and_then(|rest| rest.split_whitespace().next()) {
                self.secrets.push(token.to_owned());
                return token.to_owned();
            }
            assert!(started.elapsed() < Duration::from_secs(60), "a mail to {email}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn fault(&self, system: System, operation: &str, kind: FaultKind, times: u32) {
        let fault = Fault { system, operation: Some(operation.to_owned()), kind, times: Some(times) };
        self.sandbox.world().add_fault(fault);
    }

    async fn metrics(&self) -> String {
        let bff = self.http.get(format!("{}/metrics", self.url)).bearer_auth(METRICS_TOKEN);
        let bff = bff.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
        // In one process the worker has no address of its own.
        let worker = self.http.get(format!("http://{}/metrics", self.worker)).send().await;
        let worker = match worker {
            Ok(reply) => reply.text().await.unwrap(),
            Err(_) => String::new(),
        };
        format!("{bff}\n{worker}")
    }

    fn said(&self) -> String {
        let files = std::fs::read_dir(&self.folder.0).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|e| e == "said"));
        logs.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": PASSWORD, "family_name": FAMILY, "given_name": GIVEN, "phone": PHONE,
        "address": { "postcode": "1000001", "prefecture": "Tokyo", "city": CITY, "line1": LINE1, "line2": "" },
        "terms_accepted": true, "language": "ja"
    })
}

fn esim_order(total: i64, with_port_in: bool) -> Value {
    let in_five_days =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 5 * 86_400;
    let day = domain::Timestamp(i64::try_from(in_five_days).unwrap() * 1000).date_in_japan();
    let mut sim = json!({ "kind": "esim", "eid": EID });
    if with_port_in {
        sim["port_in"] = json!({ "phone_number": NUMBER, "reservation_number": RESERVATION, "expires_on": day, "holder_name_kana": HOLDER });
    }
    json!({ "items": [{ "plan": "SIM-V03", "options": [], "sim": sim }], "expected_total": total, "terms_accepted": true })
}

/// Everything that a customer does, with everything going wrong on the way.
async fn live_through(portal: &mut Portal, email: &str) {
    use FaultKind as F;
    // An upstream that repeats what it was sent, as error texts do. Passwords are never sent to one.
    let gossip = format!("{FAMILY} {GIVEN} <{email}> {PHONE} {EID} {NUMBER} is refused");
    // Sign-up: forms that are wrong in every way, then a right one, then the same again.
    let right = registration(email);
    for (member, value) in [
        ("phone", json!(FAMILY)),
        ("email", json!(PASSWORD)),
        ("language", json!(email)),
        ("terms_accepted", json!(PHONE)),
        ("address", json!(LINE1)),
        (email, json!(CITY)),
    ] {
        let mut wrong = right.clone();
        wrong[member] = value;
        let (status, _) = portal.send("POST", "/api/auth/register", Some(&wrong), None).await;
        assert!((400..500).contains(&status), "{member}: {status}");
    }
    let (status, reply) = portal.send("POST", "/api/auth/register", Some(&right), None).await;
    assert_eq!(status, 202, "{reply}");
    let link = portal.link(email).await;
    let opened = json!({ "token": link });
    let (status, reply) = portal.send("POST", "/api/auth/register/confirm", Some(&opened), None).await;
    assert_eq!(status, 201, "{reply}");
    portal.keep_token(&reply);
    // A link that was used, and an address that is taken.
    let (status, reply) = portal.send("POST", "/api/auth/register/confirm", Some(&opened), None).await;
    assert!((400..500).contains(&status), "{status} {reply}");
    portal.send("POST", "/api/auth/register", Some(&right), None).await;
    let wrong = json!({ "email": email, "password": WRONG_PASSWORD });
    assert_eq!(portal.send("POST", "/api/auth/login", Some(&wrong), None).await.0, 401);
    let (_, reply) =
        portal.send("POST", "/api/auth/login", Some(&json!({ "email": email, "password": PASSWORD })), None).await;
    portal.keep_token(&reply);
    let (_, ticket) = portal.send("POST", "/api/live/ticket", Some(&json!({})), None).await;
    portal.secrets.push(ticket["ticket"].as_str().unwrap().to_owned());
    portal.send("GET", &format!("/api/orders?page=1&email={email}&name={FAMILY}"), None, None).await;
    portal
        .send("POST", "/api/webhooks/whmcs", Some(&json!({ "client": { "email": email, "phone": PHONE } })), None)
        .await;

    // Orders: refused forms, then the customer system failing in every way.
    let mut order = esim_order(0, false);
    order["items"][0]["sim"]["eid"] = json!(format!("{EID}0"));
    portal.send("POST", "/api/orders", Some(&order), Some("eid")).await;
    order["items"][0]["sim"]["holder"] = json!(HOLDER);
    portal.send("POST", "/api/orders", Some(&order), Some("member")).await;
    let (_, changed) = portal.send("POST", "/api/orders", Some(&esim_order(0, true)), Some("price")).await;
    let faults = [
        F::Refuse(format!("FIELD_CUSTOM_VALIDATION_EXCEPTION: {gossip}")),
        F::Status(500, None),
        F::Status(429, Some(1)),
        F::Garbled,
        F::Html503,
        F::Html200,
        F::Mislabelled,
        F::DropBefore,
        F::DropAfterCommit,
    ];
    let total = total_of(portal).await;
    assert_ne!(total, 0, "{changed}");
    for (n, fault) in faults.into_iter().enumerate() {
        portal.fault(System::Salesforce, "composite", fault, 1);
        // Until it has struck: after some failures the breaker holds calls back.
        for _ in 0..60 {
            portal.send("POST", "/api/orders", Some(&esim_order(total, false)), Some(&format!("fault-{n}"))).await;
            if portal.sandbox.world().faults().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert!(portal.sandbox.world().faults().is_empty(), "fault {n} struck");
    }
    portal.sandbox.world().clear_faults();

    // One order survives everything that passes, one is refused by billing, one by the carrier.
    let passing = [F::Status(503, None), F::Garbled, F::Html503, F::Html200, F::DropBefore, F::DropAfterCommit];
    let mut ends = Vec::new();
    for (key, with_port_in) in [("passes", true), ("billing", false), ("carrier", false)] {
        let started = Instant::now();
        let placed = loop {
            let order = esim_order(total, with_port_in);
            let (status, placed) = portal.send("POST", "/api/orders", Some(&order), Some(key)).await;
            if status == 201 {
                break placed;
            }
            assert!(status == 503 && started.elapsed() < Duration::from_secs(40), "{status} {placed}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        };
        let id = placed["id"].as_str().unwrap().to_owned();
        match key {
            // Each failed try makes the next wait longer, so only some go to the order that has to arrive.
            "passes" => {
                portal.fault(System::Whmcs, "AddOrder", F::Garbled, 1);
                portal.fault(System::Whmcs, "AcceptOrder", F::DropAfterCommit, 1);
                portal.fault(System::Freebit, "mvno/esim/addAcnt", F::DropAfterCommit, 1);
            }
            "billing" => portal.fault(System::Whmcs, "AddOrder", F::Refuse(gossip.clone()), 1),
            _ => {
                for (n, fault) in passing.iter().enumerate() {
                    let calls = [
                        "GetClients",
                        "GetClientsDetails",
                        "AddOrder",
                        "AcceptOrder",
                        "GetClientsProducts",
                        "GetOrders",
                    ];
                    portal.fault(System::Whmcs, calls[n], fault.clone(), 1);
                    portal.fault(System::Salesforce, ["query", "Order.update"][n % 2], fault.clone(), 1);
                }
                portal.fault(System::Freebit, "authOem", F::Status(500, None), 1);
                portal.fault(System::Freebit, "mvno/getDetail", F::Garbled, 2);
                portal.fault(System::Freebit, "mvno/esim/addAcnt", F::Refuse(format!("400-303 {gossip}")), 1);
            }
        }
        let crm = portal.sandbox.world().salesforce_orders();
        let crm = crm.iter().find(|o| o["Portal_Order_Id__c"].as_str() == Some(&id)).unwrap()["Id"]
            .as_str()
            .unwrap()
            .to_owned();
        portal.sandbox.world().approve_order(&crm).unwrap();
        let started = Instant::now();
        let stage = loop {
            let (_, found) = portal.send("GET", &format!("/api/orders/{id}"), None, None).await;
            let stage = found["stage"].as_str().unwrap_or_default().to_owned();
            if !["awaiting_approval", "provisioning"].contains(&stage.as_str()) {
                break stage;
            }
            // What waits for a person or tries again for hours has failed by then as it should.
            if key != "passes" && started.elapsed() > Duration::from_secs(8) {
                break stage;
            }
            assert!(started.elapsed() < Duration::from_secs(120), "{key}: {found:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        portal.sandbox.world().clear_faults();
        ends.push(stage);
    }
    assert_eq!(ends[0], "active", "{ends:?}");
    assert!(ends[1] != "active" && ends[2] != "active", "{ends:?}");

    // Reading while billing and the carrier fail.
    let (_, services) = portal.send("GET", "/api/subscriptions", None, None).await;
    let service = services["items"][0]["id"].as_u64().expect("a service");
    for fault in [F::Refuse(gossip.clone()), F::Garbled, F::Html200, F::DropBefore, F::SoftFailure(gossip.clone())] {
        portal.sandbox.world().add_fault(Fault { system: System::Whmcs, operation: None, kind: fault, times: Some(2) });
        portal.send("GET", "/api/subscriptions", None, None).await;
        portal.sandbox.world().clear_faults();
    }
    for fault in [F::Refuse(format!("400-303 {gossip}")), F::Garbled, F::ExpiredSession] {
        portal.sandbox.world().add_fault(Fault {
            system: System::Freebit,
            operation: None,
            kind: fault,
            times: Some(2),
        });
        portal.send("GET", &format!("/api/subscriptions/{service}"), None, None).await;
        portal.sandbox.world().clear_faults();
    }
    portal.send("POST", "/api/auth/logout", Some(&json!({})), None).await;
}

/// The price of the order, from the catalogue as the page computes it.
async fn total_of(portal: &mut Portal) -> i64 {
    use domain::orders::schema::NewOrder;
    let (_, catalog) = portal.send("GET", "/api/catalog", None, None).await;
    let order: NewOrder = serde_json::from_value(esim_order(0, false)).unwrap();
    let catalog = serde_json::from_value(catalog).unwrap();
    domain::orders::pricing::quote(&catalog, &order).unwrap().first_bill.gross.minor
}

/// Tables whose rows belong to a customer: personal data stands there and nowhere else.
fn may_hold(table: &str) -> bool {
    let of_customers = ["customer", "person", "customer_order", "port_in", "inventory", "idempotency_request"];
    // A step of a run keeps what was allotted to its order; a mail its recipient until it is sent, and a link what somebody
    // signed up with until it is opened.
    of_customers.contains(&table) || ["run_step", "mail", "mail_token"].contains(&table)
}

/// Every place where a word stands, whatever it is written as.
fn hits<'a>(words: &'a [String], places: &[(&str, &str)]) -> Vec<(&'a str, String)> {
    let mut found = Vec::new();
    for word in words {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        let mut forms = vec![word.clone(), word.replace('@', "%40"), word.replace(' ', "+"), word.replace(' ', "%20")];
        forms.extend(
            (digits.len() >= 10 && !word.contains('@') && !word.contains(' ') && word.len() < 40).then_some(digits),
        );
        forms.dedup();
        for (place, text) in places {
            if let Some(at) = forms.iter().find_map(|form| text.find(form.as_str())) {
                let from = text[..at].rfind('\n').map_or(0, |n| n + 1);
                let line: String = text[from..].lines().next().unwrap_or_default().chars().take(700).collect();
                found.push((word.as_str(), format!("{place}: {line}")));
            }
        }
    }
    found
}

async fn search(mut portal: Portal, redis: Option<(&str, String)>) {
    let email = format!("kanariya-{}@birds.example", platform::clock::random_id().simple());
    let (heard, listening) = match &redis {
        Some((url, _)) => {
            let file = portal.folder.0.join("redis.heard");
            let out = std::fs::File::create(&file).unwrap();
            let child =
                Command::new("redis-cli").args(["-u", url, "monitor"]).stdout(out).stderr(Stdio::null()).spawn();
            (Some(file), Some(Process(child.expect("redis-cli (package redis-tools)"))))
        }
        None => (None, None),
    };
    live_through(&mut portal, &email).await;
    let metrics = portal.metrics().await;
    let rows = dump(portal.store.db.conn()).await;
    for process in std::mem::take(&mut portal.processes) {
        process.stop();
    }
    drop(listening);
    let said = portal.said();
    let redis_said =
        heard.map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()).unwrap_or_default();
    let shared: String =
        rows.iter().filter(|(table, _)| !may_hold(table)).map(|(t, row)| format!("{t} {row}\n")).collect();
    let owned: String =
        rows.iter().filter(|(table, _)| may_hold(table)).map(|(t, row)| format!("{t} {row}\n")).collect();
    let places = [
        ("log", said.as_str()),
        ("metrics", &metrics),
        ("answers", &portal.answers),
        ("tables", &shared),
        ("redis", &redis_said),
    ];

    // What is there is seen: the mark in logs, answers, jobs and facts; the data itself in the rows of its owner.
    for (place, text) in [("log", &said), ("answers", &portal.answers), ("tables", &shared)] {
        assert!(text.contains(MARK), "the search is blind in {place}");
    }
    assert!(shared.lines().any(|row| row.starts_with("domain_event ") && row.contains(MARK)), "no fact with the mark");
    assert!(shared.lines().any(|row| row.starts_with("job ") && row.contains("provision")), "no job");
    assert!(metrics.contains("/api/orders"), "metrics are there");
    for word in [FAMILY, email.as_str(), EID] {
        assert!(owned.contains(word), "{word} is where it belongs");
    }
    let planted = format!("{said}\n{{\"level\":\"TRACE\",\"text\":\"{}\"}}", PHONE.replace('-', ""));
    assert_eq!(hits(&[PHONE.to_owned()], &[("log", &planted)]).len(), 1, "a planted leak is found");
    if let Some((_, prefix)) = &redis {
        assert!(redis_said.contains(prefix.as_str()), "Redis was listened to");
    }
    assert!(said.contains("\"level\":\"TRACE\""), "all levels are on");

    // Cards and numbers that were allotted on the way.
    let sold = rows.iter().filter(|(table, row)| {
        table == "inventory" && !row.contains("\"order_id\":null") && !row.contains("order_id= ")
    });
    let allotted = sold.flat_map(|(_, row)| {
        row.split(|c: char| !c.is_ascii_digit())
            .filter(|part| part.len() == 11 || part.len() == 19)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let keys = portal.sandbox.credentials();
    let mut words: Vec<String> = [
        FAMILY,
        GIVEN,
        PHONE,
        CITY,
        LINE1,
        PASSWORD,
        WRONG_PASSWORD,
        EID,
        NUMBER,
        RESERVATION,
        HOLDER,
        JWT_KEY,
        REFRESH_KEY,
        SECRETS_KEY,
        METRICS_TOKEN,
        &email,
        &keys.whmcs_secret,
        &keys.freebit_oem_key,
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(allotted)
    .collect();
    words.push(keys.salesforce_private_key_pem.lines().nth(3).unwrap().to_owned());
    words.extend(portal.secrets.iter().cloned());
    assert!(words.len() > 24, "{}", words.len());
    let found = hits(&words, &places);
    assert!(
        found.is_empty(),
        "{} leaks:\n{}",
        found.len(),
        found.iter().map(|(word, place)| format!("{word} in {place}")).collect::<Vec<_>>().join("\n")
    );
    portal.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_leaves_its_rows_on_sqlite() {
    let portal = Portal::start(TestStore::sqlite().await, None).await;
    search(portal, None).await;
}

mod on_postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_personal_leaves_its_rows_with_two_processes_and_redis() {
        let redis =
            std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names a Redis server; scripts/test starts one");
        let portal = Portal::start(TestStore::postgres().await, Some(&redis)).await;
        search(portal, Some((&redis, "portal".to_owned()))).await;
    }
}
