//! bff and worker as processes of their own on one PostgreSQL: told to stop under load, and with clocks that are wrong.

use crate::process::{Folder, free_port, portal};
use domain::webhooks::{BillingChange, BillingNotice, BillingSubject};
use platform::clock::random_id;
use platform::queue::{self, NewJob, Work};
use platform::testing::TestStore;
use sandbox::{Config, Delays, Sandbox};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::json;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Fleet {
    store: TestStore,
    sandbox: Sandbox,
    folder: Folder,
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap().success());
    }

    /// The exit code, within the 30 seconds that a supervisor gives.
    async fn ended(&mut self, asked: Instant) -> Option<i32> {
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(asked.elapsed() < Duration::from_secs(30), "stops in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Fleet {
    /// Every call of an upstream takes so long.
    async fn start(latency_ms: u64) -> Self {
        let delays = Delays { latency_ms, ..Delays::default() };
        let sandbox = sandbox::start(Config { delays, ..Config::default() }).await.unwrap();
        Self { store: TestStore::postgres().await, sandbox, folder: Folder::new() }
    }

    fn spawn(&self, role: &str, settings: &[(&str, &str)]) -> Running {
        let (at, who) = (self.sandbox.endpoints(), self.sandbox.credentials());
        let (mail_host, mail_port) = at.smtp.rsplit_once(':').unwrap();
        let common = [
            ("STORE__DATABASE_URL", self.store.url.as_str()),
            ("DATA_DIR", self.folder.text()),
            ("SALESFORCE__LOGIN_URL", &at.salesforce),
            ("SALESFORCE__CLIENT_ID", &who.salesforce_client_id),
            ("SALESFORCE__USERNAME", &who.salesforce_username),
            ("SALESFORCE__PRIVATE_KEY", &who.salesforce_private_key_pem),
            ("SALESFORCE__PUBSUB_URL", &at.pubsub),
            ("SALESFORCE__PUBSUB_CA", &at.ca_pem),
            ("WHMCS__BASE_URL", &at.whmcs),
            ("WHMCS__IDENTIFIER", &who.whmcs_identifier),
            ("WHMCS__SECRET", &who.whmcs_secret),
            ("FREEBIT__BASE_URL", &at.freebit),
            ("FREEBIT__OEM_ID", &who.freebit_oem_id),
            ("FREEBIT__OEM_KEY", &who.freebit_oem_key),
            ("MAIL__HOST", mail_host),
            ("MAIL__PORT", mail_port),
            ("MAIL__TLS", "none"),
        ];
        let settings: Vec<_> = common.into_iter().chain(settings.iter().copied()).collect();
        Running(portal(&[role], &settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn worker(&self, settings: &[(&str, &str)]) -> Running {
        let listen = format!("127.0.0.1:{}", free_port());
        self.spawn("worker", &[&[("WORKER__LISTEN", listen.as_str())], settings].concat())
    }

    /// A bff that is ready, and its address.
    async fn bff(&self, clock_offset_seconds: &str) -> (Running, String) {
        let port = free_port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("http://localhost:{port}"));
        let settings = [
            ("BFF__JWT_KEY", "0123456789abcdef0123456789abcdef"),
            ("BFF__REFRESH_KEY", "fedcba9876543210fedcba9876543210"),
            ("BFF__SECRETS_KEY", "0f1e2d3c4b5a69780f1e2d3c4b5a6978"),
            ("BFF__LISTEN", &listen),
            ("BFF__PUBLIC_URL", &url),
            ("BFF__STATIC_DIR", self.folder.text()),
            ("CLOCK__OFFSET_SECONDS", clock_offset_seconds),
        ];
        let bff = self.spawn("bff", &settings);
        let started = Instant::now();
        while !reqwest::get(format!("{url}/health/ready")).await.is_ok_and(|reply| reply.status().is_success()) {
            assert!(started.elapsed() < Duration::from_secs(30), "ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (bff, url)
    }

    /// Jobs that ask billing one thing each.
    async fn add_jobs(&self, count: u64) {
        let job = |n| NewJob {
            work: Work::RelayBilling {
                event_id: random_id(),
                notice: BillingNotice { subject: BillingSubject::Invoice(n), change: BillingChange::Invoice },
            },
            request_id: None,
        };
        let db = &self.store.db;
        assert_eq!(queue::enqueue_all(db.conn(), (1..=count).map(job).collect()).await.unwrap(), count);
    }

    async fn count(&self, condition: &str) -> i64 {
        let conn = self.store.db.conn();
        let sql = format!("SELECT count(*) AS n FROM job WHERE {condition}");
        let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), sql)).await.unwrap();
        row.unwrap().try_get("", "n").unwrap()
    }

    async fn until(&self, limit: Duration, condition: &str, count: i64) {
        let started = Instant::now();
        loop {
            let now = self.count(condition).await;
            if now >= count {
                return;
            }
            assert!(started.elapsed() < limit, "{now} jobs {condition}, not {count}, after {limit:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

mod on_postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_worker_told_to_stop_lets_quick_jobs_end() {
        let fleet = Fleet::start(300).await;
        fleet.add_jobs(60).await;
        let mut worker = fleet.worker(&[]);
        fleet.until(Duration::from_secs(30), "state = 'done'", 8).await;
        let asked = Instant::now();
        worker.terminate();
        assert_eq!(worker.ended(asked).await, Some(0));
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
        let done = fleet.count("state = 'done' AND attempts = 1").await;
        assert!(done < 60, "stopped under load");
        assert_eq!(fleet.count("state = 'ready' AND attempts = 0 AND crashes = 0").await, 60 - done);
        fleet.sandbox.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_worker_told_to_stop_gives_back_jobs_that_do_not_end() {
        let fleet = Fleet::start(9_000).await;
        fleet.add_jobs(20).await;
        let mut worker = fleet.worker(&[("WORKER__STOP_LIMIT_MS", "1000"), ("WORKER__SLOTS", "6")]);
        fleet.until(Duration::from_secs(30), "state = 'leased'", 6).await;
        let asked = Instant::now();
        worker.terminate();
        assert_eq!(worker.ended(asked).await, Some(0));
        assert!(asked.elapsed() < Duration::from_secs(7), "{:?}", asked.elapsed());
        let untouched = "state = 'ready' AND attempts = 0 AND crashes = 0 AND run_at <= created_at";
        assert_eq!(fleet.count(untouched).await, 20);
        fleet.sandbox.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn workers_whose_clocks_are_an_hour_wrong_do_nothing_early_and_lose_nothing() {
        // Each job takes longer than half a lease, so that leases are kept and judged while it runs.
        let fleet = Fleet::start(1_500).await;
        fleet.add_jobs(24).await;
        let later = "UPDATE job SET run_at = run_at + 5000 WHERE id IN (SELECT id FROM job ORDER BY id LIMIT 12)";
        fleet.store.db.conn().execute_unprepared(later).await.unwrap();
        let settings = |offset| [("CLOCK__OFFSET_SECONDS", offset), ("WORKER__LEASE_MS", "2500")];
        let mut workers = [fleet.worker(&settings("3600")), fleet.worker(&settings("-3600"))];
        fleet.until(Duration::from_secs(60), "state = 'done'", 24).await;
        assert_eq!(fleet.count("finished_at < run_at").await, 0, "nothing early");
        assert_eq!(fleet.count("attempts = 1 AND crashes = 0 AND epoch = 1").await, 24, "no lease was misjudged");
        assert_eq!(fleet.count("finished_at > run_at + 60000").await, 0, "nothing an hour late");
        for worker in &mut workers {
            let asked = Instant::now();
            worker.terminate();
            assert_eq!(worker.ended(asked).await, Some(0));
        }
        fleet.sandbox.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_bff_told_to_stop_answers_what_it_has_accepted() {
        let fleet = Fleet::start(1_200).await;
        let (mut bff, url) = fleet.bff("0").await;
        let http = reqwest::Client::new();
        // Each waits for Salesforce: signing in and asking take more than two seconds.
        let requests: Vec<_> = (0..40)
            .map(|n| {
                let request = http.get(format!("{url}/api/catalog")).header("X-Request-Id", format!("stop-{n}"));
                tokio::spawn(async move { (request.send().await?.error_for_status()?.text().await, Instant::now()).0 })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(requests.iter().all(|request| !request.is_finished()), "all are being worked on");
        let asked = Instant::now();
        bff.terminate();
        for request in requests {
            let body = request.await.unwrap().expect("an accepted request is answered");
            assert!(body.contains("\"plans\"") || body.contains("\"sku\""), "{body}");
        }
        assert_eq!(bff.ended(asked).await, Some(0));
        assert!(http.get(format!("{url}/health/live")).send().await.is_err(), "nothing listens any more");
        fleet.sandbox.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_bff_whose_clock_is_wrong_judges_tokens_with_a_minute_of_leeway_at_most() {
        let fleet = Fleet::start(0).await;
        let mut seed = fleet.spawn("seed-demo", &[]);
        assert_eq!(seed.ended(Instant::now()).await, Some(0));
        let (_right, url) = fleet.bff("0").await;
        let http = reqwest::Client::new();
        let body = json!({ "email": "mika@example.com", "password": "sakura-demo-2026" });
        let request =
            http.post(format!("{url}/api/auth/login")).header("Origin", &url).header("X-Portal-Client", "test");
        let reply = request.json(&body).send().await.unwrap().error_for_status().unwrap();
        let reply: serde_json::Value = reply.json().await.unwrap();
        let token = reply["access_token"].as_str().unwrap();
        // The token lives for 15 minutes.
        for (offset, status) in [("0", 200), ("40", 200), ("-40", 200), ("-3600", 401), ("3600", 401), ("-120", 401)] {
            let (_bff, url) = fleet.bff(offset).await;
            let got = http.get(format!("{url}/api/orders")).bearer_auth(token).send().await.unwrap();
            assert_eq!(got.status().as_u16(), status, "a clock {offset} s ahead");
        }
        fleet.sandbox.stop().await;
    }
}
