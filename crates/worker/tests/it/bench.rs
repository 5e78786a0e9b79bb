//! A worker with its own database and its own upstream world.

use domain::catalog::product::{ItemClass, Product};
use domain::catalog::{Category, SimKind};
use domain::common::pii::Pii;
use domain::common::text::Language;
use domain::customer::{Address, Customer};
use domain::orders::Stage;
use domain::orders::pricing::{LineKind, Quote, QuoteLine, Totals};
use domain::orders::providers::salesforce::{NewCrmOrder, NewCrmOrderLine};
use domain::{Currency, CustomerId, Money, OrderId, Timestamp, UserId};
use integrations::{freebit, salesforce, whmcs};
use platform::clock::{new_id, random_id};
use platform::queue::Wake;
use platform::store::inventory::{self, StockKind};
use platform::store::orders::{Order, OrderContent, StoredBillingLine, StoredItem, StoredPortIn};
use platform::store::runs::{self, StepRow};
use platform::store::{accounts, history, leases, orders};
use platform::testing::TestStore;
use platform::{Bus, Cause, Change, Clock, Db, Owner};
use sandbox::{Fault, FaultKind, Sandbox, System};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use worker::{Config, WorkerState};

pub struct Bench {
    pub state: WorkerState,
    pub sandbox: Sandbox,
    pub products: Vec<Product>,
    pub store: TestStore,
    tuning: Tuning,
}

/// What a test wants otherwise than the others.
#[derive(Clone, Copy)]
pub struct Tuning {
    /// Silence after which an event stream counts as dead, seconds.
    pub silence_seconds: u64,
    /// The worker reads the sandbox's clock, which the test moves.
    pub follows_sandbox: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { silence_seconds: 300, follows_sandbox: false }
    }
}

/// The service of an item to be ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Esim,
    Physical,
    Internet,
    /// An eSIM that keeps this number, with this reservation.
    Ported(&'static str, &'static str),
}

impl Wish {
    const fn is_esim(self) -> bool {
        matches!(self, Self::Esim | Self::Ported(..))
    }
}

/// A new EID with right check digits: the carrier refuses one that is in use.
fn eid() -> String {
    // The last four digits of the body stay clear of the sandbox's inputs that are faults by themselves.
    let body = format!("89049032{:018}0000", random_id().as_u128() % 10_u128.pow(18));
    let remainder = format!("{body}00").bytes().fold(0_u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("{body}{:02}", 98 - remainder)
}

impl Bench {
    pub async fn start(store: TestStore) -> Self {
        Self::tuned(store, Tuning::default()).await
    }

    pub async fn tuned(store: TestStore, tuning: Tuning) -> Self {
        let sandbox = sandbox::start(sandbox::Config::default()).await.unwrap();
        let state = state(&store, &sandbox, tuning, CancellationToken::new()).await;
        let products = state.salesforce.sellable_products().await.unwrap();
        let numbers: Vec<String> = (0..20).map(|n| format!("070010000{n:02}")).collect();
        inventory::add(store.db.conn(), StockKind::Msisdn, &numbers).await.unwrap();
        let cards: Vec<String> = (0..20).map(|n| format!("89810400000010000{n:02}")).collect();
        inventory::add(store.db.conn(), StockKind::Iccid, &cards).await.unwrap();
        Self { state, sandbox, products, store, tuning }
    }

    pub fn db(&self) -> &Db {
        &self.store.db
    }

    /// A worker that runs until the returned token is cancelled.
    pub async fn worker(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let state = state(&self.store, &self.sandbox, self.tuning, stop.clone()).await;
        (stop, tokio::spawn(worker::run(state)))
    }

    /// Nobody else takes this role of a worker from now on: `subscriber` or `reconciler`.
    pub async fn nobody_is(&self, role: &str) {
        let long = Duration::from_secs(3600);
        assert!(leases::hold(self.db().conn(), role, "nobody", long).await.unwrap(), "a worker has it already");
    }

    /// Gives the role back.
    pub async fn somebody_may_be(&self, role: &str) {
        leases::give_back(self.db().conn(), role, "nobody").await.unwrap();
    }

    pub fn fault(&self, system: System, operation: &str, kind: FaultKind, times: u32) {
        let operation = Some(operation.to_owned());
        self.sandbox.world().add_fault(Fault { system, operation, kind, times: Some(times) });
    }

    /// A customer whom billing does not know yet.
    pub async fn customer(&self) -> Customer {
        let text = |s: &str| Pii::new(s.to_owned());
        let mut customer = Customer {
            id: CustomerId(new_id()),
            number: accounts::next_customer_number(self.db().conn()).await.unwrap(),
            family_name: text("Tanaka"),
            given_name: text("Yui"),
            email: Pii::new(format!("yui-{}@example.com", random_id().simple())),
            phone: text("0300000000"),
            address: Address {
                postcode: text("100-0001"),
                prefecture: text("Tokyo"),
                city: text("Chiyoda"),
                line1: text("1-1-1"),
                line2: text(""),
            },
            salesforce_account_id: None,
            whmcs_client_id: None,
        };
        customer.salesforce_account_id = Some(self.state.salesforce.upsert_account(&customer).await.unwrap());
        let tx = self.db().begin().await.unwrap();
        let now = self.state.clock.now();
        accounts::insert_owner(&tx, UserId(new_id()), &customer, "hash", Language::En, now).await.unwrap();
        tx.commit().await.unwrap();
        customer
    }

    /// Places an order as the API does: in Salesforce first, then as a row.
    pub async fn place(&self, customer: &Customer, wishes: &[Wish]) -> Order {
        let mut lines = Vec::new();
        let mut crm_lines = Vec::new();
        let mut items = Vec::new();
        for (index, wish) in (0_u32..).zip(wishes) {
            let category = if *wish == Wish::Internet { Category::Internet } else { Category::Sim };
            let chosen = self.chosen(category);
            for product in &chosen {
                lines.push(QuoteLine {
                    item: index,
                    sku: product.sku.clone(),
                    name: product.name.clone(),
                    kind: LineKind::Plan,
                    cycle: product.cycle,
                    price: product.price,
                });
                crm_lines.push(NewCrmOrderLine {
                    pricebook_entry_id: product.pricebook_entry_id.clone(),
                    unit_price: product.price,
                    item: index + 1,
                });
            }
            let billed =
                |p: &&Product| Some(StoredBillingLine { whmcs_product_id: p.whmcs_product_id?, cycle: p.cycle });
            items.push(StoredItem {
                plan: chosen[0].sku.clone(),
                name: chosen[0].name.clone(),
                category,
                sim: match wish {
                    Wish::Esim | Wish::Ported(..) => Some(SimKind::Esim),
                    Wish::Physical => Some(SimKind::Physical),
                    Wish::Internet => None,
                },
                eid: wish.is_esim().then(eid),
                port_in: match wish {
                    Wish::Ported(number, reservation) => Some(StoredPortIn {
                        number: Pii::new((*number).to_owned()),
                        reservation_number: Pii::new((*reservation).to_owned()),
                        expires_on: self.state.clock.now().date_in_japan().plus_days(7),
                        holder_name_kana: Pii::new("タナカ ユイ".to_owned()),
                    }),
                    Wish::Esim | Wish::Physical | Wish::Internet => None,
                },
                voice: chosen[0].voice,
                freebit_plan_code: chosen[0].freebit_plan_code.clone(),
                billing: chosen.iter().filter_map(billed).collect(),
            });
        }
        let now = self.state.clock.now();
        let order_id = OrderId(new_id());
        let crm = NewCrmOrder {
            order_id,
            account_id: customer.salesforce_account_id.clone().unwrap(),
            effective_on: now.date_in_japan(),
            sim: items[0].sim,
            eid: items[0].eid.clone().map(Pii::new),
            port_in: None,
            lines: crm_lines,
        };
        let placed = self.state.salesforce.create_order(&crm).await.unwrap();
        let zero = Totals { net: Money::yen(0), tax: Money::yen(0), gross: Money::zero(Currency::Jpy) };
        let order = Order {
            id: order_id,
            customer_id: customer.id,
            number: placed.number,
            salesforce_order_id: placed.salesforce_id,
            stage: Stage::AwaitingApproval,
            content: OrderContent {
                items,
                quote: Quote { lines, one_time: zero, monthly: zero, first_bill: zero, tax_rate_percent: 10 },
                request_id: None,
            },
            placed_at: now,
            decided_at: None,
            updated_at: now,
            version: 1,
        };
        let cause = Cause { person: None, request_id: None, now };
        let mut change = Change::begin(self.db(), cause).await.unwrap();
        orders::insert(&mut change, &order).await.unwrap();
        change.commit(&self.state.bus).await.unwrap();
        order
    }

    /// A plan of the category with what always belongs to it.
    fn chosen(&self, category: Category) -> Vec<&Product> {
        let of = |class: ItemClass| self.products.iter().filter(move |p| p.category == category && p.class == class);
        let mut chosen: Vec<&Product> = of(ItemClass::Service).take(1).collect();
        chosen.extend(of(ItemClass::Activation));
        chosen.extend(of(ItemClass::Installation).take(1));
        chosen
    }

    pub fn approve(&self, order: &Order) {
        self.sandbox.world().approve_order(&order.salesforce_order_id).unwrap();
    }

    pub async fn reload(&self, order: &Order) -> Order {
        orders::find(self.db().conn(), Owner::for_system(order.customer_id), order.id).await.unwrap().unwrap()
    }

    pub async fn steps(&self, order: &Order) -> Vec<StepRow> {
        runs::load(self.db().conn(), order.id).await.unwrap()
    }

    /// Waits until the order stands at a stage that needs nothing more from the worker.
    pub async fn settled(&self, order: &Order) -> Stage {
        self.settled_within(order, Duration::from_secs(40)).await
    }

    pub async fn settled_within(&self, order: &Order, limit: Duration) -> Stage {
        let started = Instant::now();
        loop {
            let stage = self.reload(order).await.stage;
            if matches!(stage, Stage::Active | Stage::Rejected | Stage::NeedsAttention) {
                let (log, tables) = tokio::join!(
                    history::from_log(self.db().conn(), order.id),
                    history::from_tables(self.db().conn(), order.id)
                );
                assert_eq!(log.unwrap(), tables.unwrap(), "the log gives the tables back");
                return stage;
            }
            if started.elapsed() > limit {
                panic!(
                    "{stage:?} after {limit:?}: {:#?}\n{:#?}",
                    self.steps(order).await,
                    self.sandbox.world().calls()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A figure of the database.
    pub async fn count(&self, sql: &str) -> i64 {
        let row = self.db().conn().query_one_raw(Statement::from_string(self.db().conn().get_database_backend(), sql));
        row.await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// Changes rows by hand.
    pub async fn change(&self, sql: &str) {
        self.db().conn().execute_unprepared(sql).await.unwrap();
    }

    /// Rows of the upstream world that belong to a customer or an order.
    pub fn whmcs_orders_of(&self, client_id: u64) -> Vec<Value> {
        let mine = |row: &Value| number(&row["userid"]).or_else(|| number(&row["client_id"])) == Some(client_id);
        self.sandbox.world().whmcs_orders().into_iter().filter(mine).collect()
    }

    pub async fn client_id(&self, customer: &Customer) -> u64 {
        accounts::customer(self.db().conn(), Owner::for_system(customer.id))
            .await
            .unwrap()
            .unwrap()
            .whmcs_client_id
            .unwrap()
    }

    /// Calls of an operation that the upstream carried out or refused, by name.
    pub fn calls(&self, operation: &str) -> usize {
        self.sandbox.world().calls().iter().filter(|c| c.operation.eq_ignore_ascii_case(operation)).count()
    }
}

pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

async fn state(store: &TestStore, sandbox: &Sandbox, tuning: Tuning, stopping: CancellationToken) -> WorkerState {
    let (at, who) = (sandbox.endpoints(), sandbox.credentials());
    let salesforce = salesforce::Client::new(salesforce::Config {
        timeout_ms: 5_000,
        event_silence_seconds: tuning.silence_seconds,
        pubsub_ca: Some(at.ca_pem.clone()),
        ..salesforce::Config::new(
            at.salesforce.parse().unwrap(),
            who.salesforce_client_id.clone(),
            who.salesforce_username.clone(),
            who.salesforce_private_key_pem.clone().into(),
            at.pubsub.parse().unwrap(),
        )
    })
    .unwrap();
    let bus = Bus::new(None);
    WorkerState {
        sent: worker::provisioning::Sent::default(),
        db: store.db.clone(),
        wake: Wake::new(&store.db, &bus),
        bus,
        clock: if tuning.follows_sandbox {
            let clock = sandbox.world().clock();
            Clock::following(move || Timestamp(clock.now_ms()))
        } else {
            Clock::system()
        },
        events: salesforce::events::Subscriber::new(salesforce.clone()).unwrap(),
        salesforce,
        whmcs: whmcs::Client::new(whmcs::Config {
            timeout_ms: 5_000,
            ..whmcs::Config::new(
                at.whmcs.parse().unwrap(),
                who.whmcs_identifier.clone().into(),
                who.whmcs_secret.clone().into(),
            )
        })
        .unwrap(),
        freebit: freebit::Client::new(freebit::Config {
            timeout_ms: 5_000,
            ..freebit::Config::new(
                at.freebit.parse().unwrap(),
                who.freebit_oem_id.clone(),
                who.freebit_oem_key.clone().into(),
            )
        })
        .unwrap(),
        config: Arc::new(Config {
            slots: 4,
            lease: Duration::from_secs(5),
            settle: Duration::from_millis(300),
            look_gap: Duration::from_millis(30),
            reconcile_every: Duration::from_millis(500),
            reconcile_quiet: Duration::ZERO,
            stock_pause: Duration::from_millis(200),
            mail: Some(mail(sandbox)),
            ..Config::default()
        }),
        name: format!("test-{}", random_id().simple()).into(),
        sole: false,
        stopping,
    }
}

fn mail(sandbox: &Sandbox) -> worker::mail::Config {
    let (host, port) = sandbox.endpoints().smtp.rsplit_once(':').unwrap();
    let public_url = "https://portal.example/".parse().unwrap();
    worker::mail::Config::plain(host, port.parse().unwrap(), "Portal <portal@example.com>", public_url)
}
