//! A portal of one's own for each test: server, database, upstreams.

use crate::browser::Browser;
use domain::catalog::{Catalog, Category, Choice, Plan, SimKind};
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer};
use domain::orders::pricing::quote;
use domain::orders::schema::{NewOrder, NewOrderItem, SimChoice};
use domain::{CustomerId, Timestamp, UserId};
use integrations::{freebit, salesforce, whmcs};
use platform::redis::Redis;
use platform::store::accounts;
use platform::store::staff::{self, Staff};
use platform::testing::TestStore;
use platform::{Bus, Cache, Clock, Db};
use sandbox::{Fault, FaultKind, Sandbox, System, World};
use sea_orm::{ConnectionTrait as _, Statement};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Runs each test on both databases.
macro_rules! on_both {
    ($($name:ident)+) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let portal = crate::harness::TestPortal::start().await;
                super::$name(&portal).await;
                portal.stop().await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let portal = crate::harness::TestPortal::start_on_postgres().await;
                super::$name(&portal).await;
                portal.stop().await;
            }
        }
    )+};
}
pub(crate) use on_both;

/// The same with a clock that stands at [`NOW`] and a host name, as passkeys need one.
macro_rules! on_both_standing_still {
    ($($name:ident)+) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let portal = crate::harness::TestPortal::start_still(false).await;
                super::$name(&portal).await;
                portal.stop().await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let portal = crate::harness::TestPortal::start_still(true).await;
                super::$name(&portal).await;
                portal.stop().await;
            }
        }
    )+};
}
pub(crate) use on_both_standing_still;

/// Where clocks that stand still begin.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The password of every customer of the tests.
pub const PASSWORD: &str = "four plain words here";

/// What webhooks of the tests are signed with.
pub const WEBHOOK_SECRET: &str = "0123456789abcdef0123456789abcdef";

pub struct TestPortal {
    pub url: String,
    pub sandbox: Sandbox,
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    /// Its files go with it.
    _store: TestStore,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl TestPortal {
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub async fn start_with(change: impl FnOnce(&mut bff::Config)) -> Self {
        Self::start_on(TestStore::sqlite().await, None, Clock::system(), change).await
    }

    /// With a clock that stands still.
    pub async fn start_at(at: Timestamp) -> Self {
        Self::start_on(TestStore::sqlite().await, None, Clock::fixed(at), |_| ()).await
    }

    /// A PostgreSQL database of its own, and the Redis of `TEST_REDIS_URL` with a prefix of its own.
    pub async fn start_on_postgres() -> Self {
        Self::start_on_postgres_with("", |_| ()).await
    }

    /// The same; a second process joins with the same `prefix`.
    pub async fn start_on_postgres_with(prefix: &str, change: impl FnOnce(&mut bff::Config)) -> Self {
        let own = platform::clock::random_id().to_string();
        let redis = redis(if prefix.is_empty() { &own } else { prefix });
        Self::start_on(TestStore::postgres().await, Some(redis), Clock::system(), change).await
    }

    pub async fn start_still(on_postgres: bool) -> Self {
        let store = if on_postgres { TestStore::postgres().await } else { TestStore::sqlite().await };
        Self::start_on(store, None, Clock::fixed(NOW), |config| {
            config.public_url.set_host(Some("localhost")).unwrap();
            config.trust_forwarded_for = true;
        })
        .await
    }

    /// A browser at another process of the API, with memory of its own, on the same database. It ends with the test.
    pub fn neighbour(&self) -> Browser {
        self.neighbour_with(|_| ())
    }

    pub fn neighbour_with(&self, change: impl FnOnce(&mut bff::Config)) -> Browser {
        let (salesforce, whmcs, freebit) = clients(&self.sandbox);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut config = config_of(&url);
        config.trust_forwarded_for = true;
        change(&mut config);
        let bus = Bus::new(None);
        let state = bff::AppState {
            db: self.db.clone(),
            cache: Cache::new(None, bus.clone(), self.clock.clone()),
            bus,
            clock: self.clock.clone(),
            redis: None,
            salesforce,
            whmcs,
            freebit,
            config: Arc::new(config),
            draining: Arc::default(),
        };
        tokio::spawn(bff::serve(state, listener, 1, std::future::pending()));
        Browser::new(&url, self.db.clone())
    }

    /// Two processes on one PostgreSQL database and one Redis.
    pub async fn two_on_postgres(change: impl Fn(&mut bff::Config)) -> (Self, Self) {
        let redis =
            std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names a Redis server; scripts/test starts one");
        let prefix = platform::clock::random_id().to_string();
        let redis = || Some(Redis::new(&redis.parse().unwrap(), &prefix).unwrap());
        let store = TestStore::postgres().await;
        let second = store.again().await;
        let one = Self::start_on(store, redis(), Clock::system(), &change).await;
        (one, Self::start_on(second, redis(), Clock::system(), &change).await)
    }

    async fn start_on(
        store: TestStore,
        redis: Option<Redis>,
        clock: Clock,
        change: impl FnOnce(&mut bff::Config),
    ) -> Self {
        let db = store.db.clone();
        let sandbox = sandbox::start(sandbox::Config::default()).await.unwrap();
        let Bff { url, bus, stop, served } = Bff::start(&db, &sandbox, redis, &clock, change);
        Self { url, sandbox, db, bus, clock, _store: store, stop, served }
    }

    /// A second process of the same portal: the same database and upstreams, a bus of its own. Without `redis` it hears
    /// nothing of what the first one says.
    pub fn beside(&self, redis: Option<Redis>, change: impl FnOnce(&mut bff::Config)) -> Bff {
        Bff::start(&self.db, &self.sandbox, redis, &self.clock, change)
    }

    /// Stops as the executable does; the server must end by itself and without an error.
    pub async fn stop(self) {
        end(self.stop, self.served).await;
        self.sandbox.stop().await;
    }

    pub fn world(&self) -> &World {
        self.sandbox.world()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.url, self.db.clone())
    }

    /// A browser with a new customer signed in.
    pub async fn customer(&self) -> Browser {
        let mut browser = self.browser();
        browser.register(&unique_email()).await;
        browser
    }

    /// A browser with the customer whom the upstreams have known for years: Salesforce and WHMCS records with services.
    pub async fn mika(&self) -> Browser {
        self.known("mika@example.com", ("Sato", "Mika"), "C-100001", 1).await
    }

    /// The same for any customer of the sandbox's seed.
    pub async fn known(&self, email: &str, (family, given): (&str, &str), number: &str, client: u64) -> Browser {
        let pii = |s: &str| Pii::new(s.to_owned());
        let account = Customer {
            id: CustomerId(platform::clock::new_id()),
            number: number.to_owned(),
            family_name: pii(family),
            given_name: pii(given),
            email: pii(email),
            phone: pii("03-0000-0001"),
            address: Address {
                postcode: pii("100-0001"),
                prefecture: pii("Tokyo"),
                city: pii("Chiyoda"),
                line1: pii("1-1"),
                line2: pii(""),
            },
            salesforce_account_id: None,
            whmcs_client_id: Some(client),
        };
        let hash = bff::hash_password(PASSWORD.to_owned()).await.unwrap();
        let user = UserId(platform::clock::new_id());
        let (conn, now) = (self.db.conn(), self.clock.now());
        accounts::insert_owner(conn, user, &account, &hash, Language::En, now).await.unwrap();
        let mut browser = self.browser();
        browser.login(email, PASSWORD).await;
        browser
    }

    /// A browser with a new person of the staff signed in, who has no customer account.
    pub async fn staff(&self) -> Browser {
        let (email, user) = (unique_email(), UserId(platform::clock::new_id()));
        let hash = bff::hash_password(PASSWORD.to_owned()).await.unwrap();
        let (conn, now) = (self.db.conn(), self.clock.now());
        accounts::insert_person(conn, user, &Pii::new(email.clone()), &hash, Language::En, now).await.unwrap();
        assert!(staff::grant(conn, user, "Aoi", &Staff::at_the_console(), now).await.unwrap());
        let mut browser = self.browser();
        browser.login(&email, PASSWORD).await;
        browser
    }

    pub async fn catalog(&self) -> Catalog {
        self.browser().get("/api/catalog").await.json()
    }

    /// An order of one SIM plan with a physical card.
    pub async fn sim_order(&self) -> NewOrder {
        let catalog = self.catalog().await;
        let sim = SimChoice { kind: SimKind::Physical, eid: None, port_in: None };
        order_of(&catalog, catalog.plans.iter().find(|p| p.category == Category::Sim).unwrap(), Some(sim))
    }

    /// The next such upstream calls go wrong.
    pub fn fault(&self, system: System, operation: &str, kind: FaultKind, times: Option<u32>) {
        self.world().add_fault(Fault { system, operation: Some(operation.to_owned()), kind, times });
    }

    /// Orders that the portal has made in the CRM.
    pub fn crm_orders(&self) -> Vec<serde_json::Value> {
        self.world().salesforce_orders().into_iter().filter(|o| o["Portal_Order_Id__c"].is_string()).collect()
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        let backend = self.db.conn().get_database_backend();
        let row = self.db.conn().query_one_raw(Statement::from_string(backend, sql)).await.unwrap().unwrap();
        row.try_get("", "n").unwrap()
    }
}

/// One process of the API.
pub struct Bff {
    pub url: String,
    pub bus: Bus,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Bff {
    fn start(
        db: &Db,
        sandbox: &Sandbox,
        redis: Option<Redis>,
        clock: &Clock,
        change: impl FnOnce(&mut bff::Config),
    ) -> Self {
        let (salesforce, whmcs, freebit) = clients(sandbox);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut config = config_of(&url);
        change(&mut config);
        let bus = Bus::new(redis.clone());
        let cache = Cache::new(redis.clone(), bus.clone(), clock.clone());
        let state = bff::AppState {
            db: db.clone(),
            cache,
            bus: bus.clone(),
            clock: clock.clone(),
            redis,
            salesforce,
            whmcs,
            freebit,
            config: Arc::new(config),
            draining: Arc::default(),
        };
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(bff::serve(state, listener, 1, async {
            let _ = stopped.await;
        }));
        Self { url, bus, stop, served }
    }

    pub async fn stop(self) {
        end(self.stop, self.served).await;
    }

    /// The same browser at this process.
    pub fn browser(&self, of: &Browser) -> Browser {
        let mut browser = of.clone();
        browser.url.clone_from(&self.url);
        browser
    }
}

async fn end(stop: oneshot::Sender<()>, served: tokio::task::JoinHandle<anyhow::Result<()>>) {
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), served).await;
    ended.expect("the server did not stop").unwrap().unwrap();
}

/// The Redis of `TEST_REDIS_URL` with a prefix.
pub fn redis(prefix: &str) -> Redis {
    let url = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names a Redis server; scripts/test starts one");
    Redis::new(&url.parse().unwrap(), prefix).unwrap()
}

/// A plan with whatever must be chosen with it, at the price that the page would show.
pub fn order_of(catalog: &Catalog, plan: &Plan, sim: Option<SimChoice>) -> NewOrder {
    let must: Vec<_> = plan.options.iter().filter(|o| o.choice == Choice::OneOfKind).take(1).collect();
    let options = must.into_iter().map(|o| o.sku.clone()).collect();
    let item = NewOrderItem { plan: plan.sku.clone(), options, sim };
    let mut order = NewOrder { items: vec![item], expected_total: 0, terms_accepted: true };
    order.expected_total = quote(catalog, &order).unwrap().first_bill.gross.minor;
    order
}

/// Cheap hashes and wide limits, the same keys for every process.
fn config_of(url: &str) -> bff::Config {
    let key = |n: &str| n.repeat(32).into();
    let mut config = bff::Config::new(url.parse().unwrap(), key("j"), key("r"));
    config.secrets_key = key("s");
    config.passwords.memory_kib = 64;
    config.passwords.passes = 1;
    config.rates = bff::Rates {
        address: 100_000,
        person: 100_000,
        read: 100_000,
        write: 100_000,
        login: 300,
        login_per_account: 300,
        register: 300,
        refresh: 300,
        orders: 300,
        live: 300,
        webhooks: 300,
    };
    config.whmcs_webhook_secrets = vec![WEBHOOK_SECRET.into()];
    config
}

pub fn unique_email() -> String {
    format!("customer-{}@example.com", platform::clock::random_id().simple())
}

fn clients(sandbox: &Sandbox) -> (salesforce::Client, whmcs::Client, freebit::Client) {
    let (at, keys) = (sandbox.endpoints(), sandbox.credentials());
    let salesforce = salesforce::Client::new(salesforce::Config {
        timeout_ms: 5_000,
        event_silence_seconds: 5,
        pubsub_ca: Some(at.ca_pem.clone()),
        ..salesforce::Config::new(
            at.salesforce.parse().unwrap(),
            keys.salesforce_client_id.clone(),
            keys.salesforce_username.clone(),
            keys.salesforce_private_key_pem.clone().into(),
            at.pubsub.parse().unwrap(),
        )
    });
    let whmcs = whmcs::Client::new(whmcs::Config {
        timeout_ms: 5_000,
        ..whmcs::Config::new(
            at.whmcs.parse().unwrap(),
            keys.whmcs_identifier.clone().into(),
            keys.whmcs_secret.clone().into(),
        )
    });
    let freebit = freebit::Client::new(freebit::Config {
        timeout_ms: 5_000,
        ..freebit::Config::new(
            at.freebit.parse().unwrap(),
            keys.freebit_oem_id.clone(),
            keys.freebit_oem_key.clone().into(),
        )
    });
    (salesforce.unwrap(), whmcs.unwrap(), freebit.unwrap())
}
