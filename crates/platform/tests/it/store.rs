//! What the tables promise: owners, versions, keys, stock, leases.

use domain::catalog::{Category, SimKind};
use domain::common::pii::Pii;
use domain::common::text::{Language, LocalText};
use domain::customer::{Address, Customer};
use domain::orders::Stage;
use domain::orders::fulfilment::{PlannedStep, Step, StepState, plan};
use domain::orders::pricing::{Quote, Totals};
use domain::{CustomerId, Money, OrderId, SessionId, Timestamp, UserId};
use platform::clock::{new_id, random_id};
use platform::store::idempotency::{self, Reservation, Reserved};
use platform::store::inventory::{self, StockKind};
use platform::store::orders::{Fact, Order, OrderContent, StoredItem};
use platform::store::runs::{self, ReservedLine, StepRecord, result_of};
use platform::store::{StoreError, accounts, cursors, leases, orders, sessions};
use platform::testing::TestStore;
use platform::{Bus, Cause, Change, Db, Member, Owner, on_both_stores};
use std::time::Duration;

on_both_stores!(
    a_mail_address_has_one_account,
    somebody_elses_order_is_not_found,
    a_lost_race_is_told,
    a_key_gives_one_answer,
    a_request_that_died_is_taken_over_with_its_order_id,
    stock_is_allotted_once_and_comes_back,
    a_refresh_family_rotates_once_per_generation,
    a_live_ticket_works_once,
    one_leader_at_a_time,
    an_event_is_accepted_once,
    a_run_keeps_what_its_steps_gave,
);

pub const NOW: Timestamp = Timestamp(1_790_000_000_000);

fn text(s: &str) -> Pii<String> {
    Pii::new(s.to_owned())
}

pub async fn person(db: &Db, email: &str) -> Result<(UserId, CustomerId), StoreError> {
    let (user, id) = (UserId(new_id()), CustomerId(new_id()));
    let customer = Customer {
        id,
        number: accounts::next_customer_number(db.conn()).await?,
        family_name: text("Sato"),
        given_name: text("Mika"),
        email: text(email),
        phone: text("0300000000"),
        address: Address::default(),
        salesforce_account_id: None,
        whmcs_client_id: None,
    };
    let tx = db.begin().await?;
    accounts::insert_owner(&tx, user, &customer, "hash", Language::Ja, NOW).await?;
    tx.commit().await?;
    Ok((user, id))
}

pub fn order(owner: CustomerId, number: &str) -> Order {
    let zero = Totals { net: Money::yen(0), tax: Money::yen(0), gross: Money::yen(0) };
    Order {
        id: OrderId(new_id()),
        customer_id: owner,
        number: number.to_owned(),
        salesforce_order_id: format!("801{number}"),
        stage: Stage::AwaitingApproval,
        content: OrderContent {
            items: vec![StoredItem {
                plan: "SIM-10".into(),
                name: LocalText { en: "10 GB".into(), ja: "10 GB".into() },
                category: Category::Sim,
                sim: Some(SimKind::Esim),
                eid: None,
                port_in: None,
                voice: true,
                freebit_plan_code: None,
                billing: Vec::new(),
            }],
            quote: Quote { lines: Vec::new(), one_time: zero, monthly: zero, first_bill: zero, tax_rate_percent: 10 },
            request_id: None,
        },
        placed_at: NOW,
        decided_at: None,
        updated_at: NOW,
        version: 1,
    }
}

pub async fn begin(db: &Db) -> Change {
    Change::begin(db, Cause { person: None, request_id: Some("r-1".to_owned()), now: NOW }).await.unwrap()
}

pub async fn insert(db: &Db, order: &Order) {
    let mut change = begin(db).await;
    orders::insert(&mut change, order).await.unwrap();
    change.commit(&Bus::new(None)).await.unwrap();
}

async fn a_mail_address_has_one_account(store: TestStore) {
    let (user, owner) = person(&store.db, "mika@example.com").await.unwrap();
    let again = person(&store.db, "mika@example.com").await;
    assert!(matches!(again, Err(StoreError::Taken(accounts::EMAIL))), "{again:?}");
    let found = accounts::credentials(store.db.conn(), "mika@example.com").await.unwrap().unwrap();
    assert_eq!((found.user_id, found.customer_id), (user, Some(owner)));
    let me = accounts::me(store.db.conn(), user, Some(owner)).await.unwrap().unwrap();
    assert_eq!(me.language, Language::Ja);
    let stranger = CustomerId(new_id());
    assert!(accounts::me(store.db.conn(), user, Some(stranger)).await.unwrap().is_none(), "not a member there");
}

async fn somebody_elses_order_is_not_found(store: TestStore) {
    let (_, mika) = person(&store.db, "mika@example.com").await.unwrap();
    let (_, ken) = person(&store.db, "ken@example.com").await.unwrap();
    let mine = order(mika, "00000001");
    insert(&store.db, &mine).await;
    assert_eq!(orders::find(store.db.conn(), Owner::for_system(mika), mine.id).await.unwrap(), Some(mine.clone()));
    assert_eq!(orders::find(store.db.conn(), Owner::for_system(ken), mine.id).await.unwrap(), None);
    assert_eq!(orders::list(store.db.conn(), Owner::for_system(ken), 1, 20).await.unwrap().total, 0);
    assert_eq!(orders::list(store.db.conn(), Owner::for_system(mika), 1, 20).await.unwrap().items, [mine]);
}

async fn a_lost_race_is_told(store: TestStore) {
    let (_, mika) = person(&store.db, "mika@example.com").await.unwrap();
    let order = order(mika, "00000001");
    insert(&store.db, &order).await;
    let set = async |stage| {
        let mut change = begin(&store.db).await;
        orders::move_to(&mut change, &order, stage, Some(NOW), Fact::new("order_approved")).await?;
        change.commit(&Bus::new(None)).await
    };
    set(Stage::Provisioning).await.unwrap();
    assert!(matches!(set(Stage::Rejected).await, Err(StoreError::Stale)));
    let now = orders::find(store.db.conn(), Owner::for_system(mika), order.id).await.unwrap().unwrap();
    assert_eq!((now.stage, now.version, now.decided_at), (Stage::Provisioning, 2, Some(NOW)));
}

async fn a_key_gives_one_answer(store: TestStore) {
    let (user, customer) = person(&store.db, "mika@example.com").await.unwrap();
    let member = Member::authenticated(user, customer);
    let conn = store.db.conn();
    let ask = |hash: &'static [u8], at: Timestamp| async move {
        let order_id = OrderId(new_id());
        let request = Reservation { member, key: "k1", path: "/api/orders", body_hash: hash, order_id };
        idempotency::reserve(conn, &request, at.plus_millis(30_000), at).await.unwrap()
    };
    assert!(matches!(ask(b"one", NOW).await, Reserved::Ours(_)));
    assert_eq!(ask(b"one", NOW).await, Reserved::Running);
    assert_eq!(ask(b"two", NOW).await, Reserved::OtherRequest);
    idempotency::complete(conn, member, "k1", 201, "{}").await.unwrap();
    assert_eq!(ask(b"one", NOW).await, Reserved::Done { status: 201, body: "{}".into() });
    let after = NOW.plus_millis(idempotency::KEPT_MS + 1);
    assert!(matches!(ask(b"two", after).await, Reserved::Ours(_)), "a forgotten key is free");
}

async fn a_request_that_died_is_taken_over_with_its_order_id(store: TestStore) {
    let (user, customer) = person(&store.db, "mika@example.com").await.unwrap();
    let member = Member::authenticated(user, customer);
    let conn = store.db.conn();
    let ask = |at: Timestamp| async move {
        let order_id = OrderId(new_id());
        let request = Reservation { member, key: "k", path: "/api/orders", body_hash: b"x", order_id };
        idempotency::reserve(conn, &request, at.plus_millis(30_000), at).await.unwrap()
    };
    let Reserved::Ours(first) = ask(NOW).await else { panic!("first") };
    assert_eq!(ask(NOW.plus_seconds(29)).await, Reserved::Running);
    assert_eq!(ask(NOW.plus_seconds(31)).await, Reserved::Ours(first));
    idempotency::release(conn, member, "k", NOW.plus_seconds(30)).await.unwrap();
    assert_eq!(ask(NOW.plus_seconds(32)).await, Reserved::Running, "the first one's lock is over, this is another's");
    idempotency::release(conn, member, "k", NOW.plus_seconds(61)).await.unwrap();
    assert_eq!(ask(NOW.plus_seconds(32)).await, Reserved::Ours(first));
    idempotency::forget(conn, member, "k", NOW.plus_seconds(61)).await.unwrap();
    assert_eq!(ask(NOW.plus_seconds(33)).await, Reserved::Running, "nor does it forget another's");
    idempotency::forget(conn, member, "k", NOW.plus_seconds(62)).await.unwrap();
    assert!(matches!(ask(NOW.plus_seconds(33)).await, Reserved::Ours(other) if other != first));
}

async fn stock_is_allotted_once_and_comes_back(store: TestStore) {
    let numbers: Vec<String> = (0..20).map(|n| format!("070010000{n:02}")).collect();
    assert_eq!(inventory::add(store.db.conn(), StockKind::Msisdn, &numbers).await.unwrap(), 20);
    assert_eq!(inventory::add(store.db.conn(), StockKind::Msisdn, &numbers).await.unwrap(), 0);
    let orders: Vec<OrderId> = (0..20).map(|_| OrderId(new_id())).collect();
    let tasks = orders.clone().into_iter().map(|order| {
        let db = store.db.clone();
        tokio::spawn(async move {
            let tx = db.begin().await.unwrap();
            let number = inventory::allot(&tx, StockKind::Msisdn, order, 1, NOW).await.unwrap();
            tx.commit().await.unwrap();
            number
        })
    });
    let mut given = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        given.push(task.await.unwrap().expect("enough for all"));
    }
    let again = inventory::allot(store.db.conn(), StockKind::Msisdn, orders[3], 1, NOW).await.unwrap();
    assert_eq!(again.as_ref(), Some(&given[3]), "the same item keeps its number");
    given.sort();
    assert_eq!(given, numbers);
    let late = OrderId(new_id());
    assert_eq!(inventory::allot(store.db.conn(), StockKind::Msisdn, late, 1, NOW).await.unwrap(), None);
    inventory::release(store.db.conn(), orders[3], 1).await.unwrap();
    assert_eq!(inventory::allot(store.db.conn(), StockKind::Msisdn, late, 1, NOW).await.unwrap(), again);
}

async fn session(store: &TestStore) -> sessions::Session {
    let (user_id, customer_id) = person(&store.db, &format!("{}@example.com", random_id())).await.unwrap();
    let session = sessions::Session {
        id: SessionId(random_id()),
        user_id,
        customer_id: Some(customer_id),
        device: None,
        address: None,
        last_used_at: NOW,
        generation: 0,
        token_hash: vec![1; 32],
        previous_hash: None,
        rotated_at: NOW,
        created_at: NOW,
        expires_at: NOW.plus_seconds(3600),
        ended_at: None,
        verified_at: None,
        end_reason: None,
    };
    sessions::insert(store.db.conn(), &session).await.unwrap();
    session
}

async fn a_refresh_family_rotates_once_per_generation(store: TestStore) {
    let first = session(&store).await;
    let conn = store.db.conn();
    assert!(sessions::rotate(conn, &first, &[2; 32], None, NOW.plus_seconds(1)).await.unwrap());
    assert!(!sessions::rotate(conn, &first, &[3; 32], None, NOW.plus_seconds(1)).await.unwrap(), "one winner");
    let now = sessions::find(conn, first.id).await.unwrap().unwrap();
    assert_eq!(
        (now.generation, now.token_hash.clone(), now.previous_hash.clone()),
        (1, vec![2; 32], Some(vec![1; 32]))
    );
    assert!(sessions::end(conn, first.id, "signed_out", NOW).await.unwrap());
    assert!(!sessions::end(conn, first.id, "again", NOW).await.unwrap());
    assert!(!sessions::rotate(conn, &now, &[4; 32], None, NOW).await.unwrap(), "an ended family stays ended");
}

async fn a_live_ticket_works_once(store: TestStore) {
    let session = session(&store).await;
    let conn = store.db.conn();
    let until = NOW.plus_seconds(30);
    for hash in [[7; 32], [8; 32], [9; 32]] {
        sessions::insert_ticket(conn, &hash, session.id, Owner::for_system(session.customer_id.unwrap()), until)
            .await
            .unwrap();
    }
    let whose = session.customer_id.map(|owner| (session.id, owner));
    assert_eq!(sessions::take_ticket(conn, &[7; 32], NOW).await.unwrap(), whose);
    assert_eq!(sessions::take_ticket(conn, &[7; 32], NOW).await.unwrap(), None, "used");
    assert_eq!(sessions::take_ticket(conn, &[8; 32], until).await.unwrap(), None, "too late");
    sessions::end(conn, session.id, "signed_out", NOW).await.unwrap();
    assert_eq!(sessions::take_ticket(conn, &[9; 32], NOW).await.unwrap(), None, "signed out");
}

async fn one_leader_at_a_time(store: TestStore) {
    let conn = store.db.conn();
    let long = Duration::from_secs(30);
    assert!(leases::hold(conn, "subscriber", "a", long).await.unwrap());
    assert!(!leases::hold(conn, "subscriber", "b", long).await.unwrap());
    assert!(leases::hold(conn, "subscriber", "a", Duration::from_millis(50)).await.unwrap(), "renewed");
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert!(leases::hold(conn, "subscriber", "b", long).await.unwrap(), "it had ended");
    assert!(!leases::hold(conn, "subscriber", "a", long).await.unwrap());
    leases::give_back(conn, "subscriber", "b").await.unwrap();
    assert!(leases::hold(conn, "subscriber", "a", long).await.unwrap());
}

async fn an_event_is_accepted_once(store: TestStore) {
    let conn = store.db.conn();
    assert!(cursors::accept_event(conn, "t", "u1", "801A", NOW).await.unwrap());
    assert!(!cursors::accept_event(conn, "t", "u1", "801A", NOW).await.unwrap());
    assert_eq!(cursors::replay_id(conn, "t").await.unwrap(), None);
    cursors::store_replay_id(conn, "t", &[0, 255, 3], NOW).await.unwrap();
    cursors::store_replay_id(conn, "t", &[0, 255, 9], NOW.plus_seconds(1)).await.unwrap();
    assert_eq!(cursors::replay_id(conn, "t").await.unwrap(), Some((vec![0, 255, 9], NOW.plus_seconds(1))));
    cursors::forget_replay_id(conn, "t").await.unwrap();
    assert_eq!(cursors::replay_id(conn, "t").await.unwrap(), None);
}

async fn a_run_keeps_what_its_steps_gave(store: TestStore) {
    let (_, mika) = person(&store.db, "mika@example.com").await.unwrap();
    let order = order(mika, "00000001");
    insert(&store.db, &order).await;
    let conn = store.db.conn();
    let steps = plan(&order.content.kinds());
    let mut change = begin(&store.db).await;
    assert!(runs::open(&mut change, &order, &steps).await.unwrap());
    assert!(!runs::open(&mut change, &order, &steps).await.unwrap(), "a run is opened once");
    let reserve = PlannedStep { step: Step::ReserveLine, item: 1 };
    let line = ReservedLine { number: "07001000000".into(), iccid: None };
    let record = |state, result| StepRecord { state, result, error: None };
    let result = serde_json::to_value(&line).ok();
    runs::record(&mut change, &order, reserve, 1, record(StepState::Done, result)).await.unwrap();
    runs::record(&mut change, &order, reserve, 2, record(StepState::Undone, None)).await.unwrap();
    let add = PlannedStep { step: Step::AddBillingOrder, item: 0 };
    runs::record_intent(&mut change, &order, add, 1, NOW.plus_seconds(7), NOW.plus_seconds(127)).await.unwrap();
    change.commit(&Bus::new(None)).await.unwrap();
    let rows = runs::load(conn, order.id).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.planned).collect::<Vec<_>>(), steps);
    assert_eq!(result_of::<ReservedLine>(&rows, Step::ReserveLine, 1), Some(line), "kept when undone");
    let added = rows.iter().find(|r| r.planned == add).unwrap();
    assert_eq!((added.state, added.attempt), (StepState::Intent, 1));
    let times = (added.intent_at, added.settle_until);
    assert_eq!(times, (Some(NOW.plus_seconds(7)), Some(NOW.plus_seconds(127))), "the database's");
}
