//! What became of the orders, judged from outside: by the upstream systems' own records, and by the portal's tables.

use crate::fleet::Fleet;
use crate::process::Process;
use domain::OrderId;
use domain::orders::Stage;
use platform::store::{history, orders};
use sandbox::World;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

/// An order that the portal has confirmed to a customer.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub id: OrderId,
    pub number: String,
    /// How many lines it has to open.
    pub lines: usize,
}

impl Acknowledged {
    pub fn read(placed: &Value, lines: usize) -> Self {
        let id = placed["id"].as_str().unwrap().parse().unwrap();
        Self { id: OrderId(id), number: placed["number"].as_str().unwrap().to_owned(), lines }
    }
}

/// The sums of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub asked: usize,
    /// Billing orders, found by our marker.
    pub made: usize,
    /// Billing orders beyond the one that each order may have, and CRM orders likewise.
    pub doubled: usize,
    /// Acknowledged and not there, or not finished.
    pub lost: usize,
    /// Stopped for a person.
    pub parked: usize,
    /// Made without an order that was asked for.
    pub unasked: usize,
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, made, doubled, lost, parked, unasked } = self;
        write!(f, "asked {asked}, made {made}, doubled {doubled}, lost {lost}, parked {parked}, unasked {unasked}")
    }
}

/// Billing orders by the number of our order that their lines are marked with.
pub fn billing_orders(world: &World) -> BTreeMap<String, BTreeSet<u64>> {
    let mut found: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for service in world.whmcs_services() {
        let Some(marker) = service["domain"].as_str().and_then(|domain| domain.strip_prefix("sfo-")) else { continue };
        let number = marker.split('-').next().unwrap_or_default();
        found.entry(number.to_owned()).or_default().insert(service["orderid"].as_u64().unwrap());
    }
    found
}

/// Approves in Salesforce every order of the portal that waits there.
pub fn approve_all(world: &World) {
    for order in world.salesforce_orders() {
        if order["Status"] == "Draft" && order["Portal_Order_Id__c"].is_string() {
            // Another approval may have been faster.
            let _ = world.approve_order(order["Id"].as_str().unwrap());
        }
    }
}

/// Whether so many orders are there and all stand where the worker has nothing more to do with them.
pub async fn all_ended(fleet: &Fleet, asked: usize) -> bool {
    let counts = orders::count_by_stage(fleet.store.db.conn()).await.unwrap_or_default();
    let ended = |stage: &str| ["active", "rejected", "needs_attention"].contains(&stage);
    let done: i64 = counts.iter().filter(|(stage, _)| ended(stage)).map(|(_, n)| *n).sum();
    usize::try_from(done).unwrap() >= asked && counts.iter().all(|(stage, _)| ended(stage))
}

/// Approves what waits until so many orders are there and all have ended.
pub async fn end(fleet: &Fleet, processes: &[&Process], asked: usize) {
    let started = Instant::now();
    while !all_ended(fleet, asked).await {
        approve_all(fleet.sandbox.world());
        let logs = || processes.iter().map(|process| process.tail()).collect::<Vec<_>>().join("\n");
        assert!(started.elapsed() < Duration::from_secs(120), "all come to their end: {}", logs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Adds up, and checks each finished order in every system.
pub async fn judge(fleet: &Fleet, asked: &[Acknowledged]) -> Sums {
    let (world, conn) = (fleet.sandbox.world(), fleet.store.db.conn());
    let billing = billing_orders(world);
    let crm = world.salesforce_orders();
    let carrier = world.freebit_lines().len();
    let mut sums = Sums { asked: asked.len(), ..Sums::default() };
    let mut lines = 0;
    for order in asked {
        let made = billing.get(&order.number).map_or(0, BTreeSet::len);
        let in_crm: Vec<_> = crm.iter().filter(|o| o["Portal_Order_Id__c"] == order.id.to_string().as_str()).collect();
        sums.made += made;
        sums.doubled += made.saturating_sub(1) + in_crm.len().saturating_sub(1);
        match stage(fleet, order).await {
            Some(Stage::Active) if made >= 1 && in_crm.first().is_some_and(|o| o["Status"] == "Activated") => {
                lines += order.lines;
            }
            Some(Stage::NeedsAttention) => sums.parked += 1,
            other => {
                crate::say(&format!(
                    "order {} ended as {other:?}, in CRM {:?}",
                    order.number,
                    in_crm.first().map(|o| &o["Status"])
                ));
                sums.lost += 1;
            }
        }
    }
    let ours: BTreeSet<&str> = asked.iter().map(|order| order.number.as_str()).collect();
    sums.unasked = billing.keys().filter(|number| !ours.contains(number.as_str())).count();
    if sums.parked == 0 && sums.lost == 0 {
        assert_eq!(carrier - seeded_lines(world), lines, "one line for each SIM");
        let active = world.whmcs_orders().iter().filter(|o| o["status"] == "Active").count();
        assert!(active >= asked.len(), "every billing order is accepted");
    }
    let differences = history::differences(conn).await.unwrap();
    assert!(differences.is_empty(), "the log gives the tables back: {differences:#?}");
    sums
}

/// Lines of the sandbox's own people; the portal's stock begins with other digits.
fn seeded_lines(world: &World) -> usize {
    let numbers = world.freebit_lines();
    numbers.iter().filter(|line| !line["account"].as_str().unwrap_or_default().starts_with(STOCK_PREFIX)).count()
}

/// First digits of the numbers that the tests put into stock.
pub const STOCK_PREFIX: &str = "0709";

pub async fn stage(fleet: &Fleet, order: &Acknowledged) -> Option<Stage> {
    let conn = fleet.store.db.conn();
    let sql = "SELECT stage FROM customer_order WHERE number = $1";
    let values = [order.number.clone().into()];
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    let row = conn.query_one_raw(statement).await.unwrap()?;
    Stage::from_name(&row.try_get::<String>("", "stage").unwrap())
}
