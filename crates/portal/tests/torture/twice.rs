//! Every step run twice: the worker dies when the step is done and recorded, the record is taken away, and another worker
//! does the step again. What is made is made once, and the same on both ways.

use crate::crash_points::{WISHES, back_is_taken, die_at, finish, kinds, refuse_acceptance, stock};
use crate::customer::Customer;
use crate::fleet::{Fleet, Patience, SetUp};
use crate::ledger::{Acknowledged, Sums, judge};
use domain::orders::fulfilment::{PlannedStep, StepState, plan};
use sea_orm::{ConnectionTrait as _, Statement};

/// A crash is part of every step here, and two more leases that end because the machine is busy would look like poison.
const PATIENCE: Patience = Patience { lease_ms: 3_000, settle_ms: 1_000, timeout_ms: 5_000 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_run_twice_makes_one_of_everything_on_sqlite() {
    run_each_twice(SetUp::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_run_twice_makes_one_of_everything_on_postgres() {
    run_each_twice(SetUp::Separate).await;
}

async fn run_each_twice(set_up: SetUp) {
    let fleet = Fleet::new(set_up, PATIENCE).await;
    stock(&fleet, 100).await;
    let api = fleet.start_api(&[]);
    fleet.answers(&api).await;
    let customer = Customer::new(&fleet).await;
    let forward = plan(&kinds());
    let back: Vec<PlannedStep> = forward.iter().copied().rev().filter(|planned| planned.step.has_undo()).collect();
    let mut orders = Vec::new();
    for number in 0..forward.len() + back.len() {
        orders.push(customer.order(&format!("twice-{number}"), &customer.order_of(&WISHES)).await);
    }
    let mut api = Some(api);
    if set_up == SetUp::Embedded {
        assert_eq!(api.take().unwrap().stop().await, Some(0));
    }

    let (ahead, behind) = orders.split_at(forward.len());
    for (planned, order) in forward.iter().zip(ahead) {
        let point = format!("{}/{}:outcome_committed", planned.step, planned.item);
        die_at(&fleet, &point, order).await;
        let again = if planned.step.needs_intent() { StepState::Intent } else { StepState::Todo };
        let acknowledged = Acknowledged::read(order, 2);
        take_away(&fleet, &acknowledged, *planned, StepState::Done, again).await;
        finish(&fleet, order, "active", &point).await;
    }
    let acknowledged: Vec<Acknowledged> = ahead.iter().map(|order| Acknowledged::read(order, 2)).collect();
    let sums = judge(&fleet, &acknowledged).await;
    assert_eq!(sums, Sums { asked: forward.len(), made: forward.len(), ..Sums::default() });

    for (planned, order) in back.iter().zip(behind) {
        refuse_acceptance(&fleet);
        let point = format!("{}/{}:undo_committed", planned.step, planned.item);
        die_at(&fleet, &point, order).await;
        let acknowledged = Acknowledged::read(order, 2);
        take_away(&fleet, &acknowledged, *planned, StepState::Undone, StepState::Done).await;
        finish(&fleet, order, "rejected", &point).await;
        fleet.sandbox.world().clear_faults();
        back_is_taken(&fleet, order, &point);
    }
    crate::say(&format!("steps run twice on {set_up:?}: {} forward and {} back; {sums}", forward.len(), back.len()));
}

/// As if what the step gave had never been written down.
async fn take_away(fleet: &Fleet, order: &Acknowledged, planned: PlannedStep, from: StepState, to: StepState) {
    let conn = fleet.store.db.conn();
    let result = if to == StepState::Done { "result" } else { "NULL" };
    let sql = format!(
        "UPDATE run_step SET state = $1, result = {result} WHERE order_id = $2 AND name = $3 AND item_no = $4 AND state = $5"
    );
    let item = i32::try_from(planned.item).unwrap();
    let values = [to.name().into(), order.id.0.into(), planned.step.name().into(), item.into(), from.name().into()];
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    let changed = conn.execute_raw(statement).await.unwrap().rows_affected();
    assert_eq!(changed, 1, "{planned:?} was recorded as {from:?}");
}
