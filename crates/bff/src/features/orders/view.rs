//! Orders as customers see them. Pure.

use domain::orders::Stage;
use domain::orders::contract::{OrderDetail, OrderSummary, OrderedItem};
use domain::orders::fulfilment::Step;
use domain::orders::timeline::{TimedStep, next_actor, timeline};
use platform::store::orders::Order;
use platform::store::runs::{AcceptedServices, ReservedLine, StepRow, result_of};

pub(super) fn summary(order: Order) -> OrderSummary {
    OrderSummary {
        id: order.id,
        number: order.number,
        placed_at: order.placed_at,
        stage: order.stage,
        plans: order.content.items.into_iter().map(|i| i.name).collect(),
        one_time: order.content.quote.one_time,
        monthly: order.content.quote.monthly,
    }
}

/// `steps` is empty before a run exists.
pub(super) fn detail(order: Order, steps: &[StepRow], customers_confirm: bool) -> OrderDetail {
    let accepted: Option<AcceptedServices> = result_of(steps, Step::AcceptBillingOrder, 0);
    let service = |item: u32| accepted.as_ref()?.services.iter().find(|s| s.item == item).map(|s| s.service_id);
    let items = (1_u32..)
        .zip(&order.content.items)
        .map(|(no, item)| OrderedItem {
            category: item.category,
            plan: item.name.clone(),
            sim: item.sim,
            number: result_of::<ReservedLine>(steps, Step::ReserveLine, no).map(|line| line.number),
            service_id: service(no),
        })
        .collect();
    let timed: Vec<TimedStep> =
        steps.iter().map(|s| TimedStep { step: s.planned.step, state: s.state, at: s.recorded_at }).collect();
    let has_sim = order.content.items.iter().any(|i| i.sim.is_some());
    let may_confirm = customers_confirm && order.stage == Stage::AwaitingApproval;
    let quote = order.content.quote;
    OrderDetail {
        id: order.id,
        number: order.number,
        placed_at: order.placed_at,
        stage: order.stage,
        items,
        lines: quote.lines,
        one_time: quote.one_time,
        monthly: quote.monthly,
        first_bill: quote.first_bill,
        tax_rate_percent: quote.tax_rate_percent,
        timeline: timeline(order.stage, order.placed_at, order.decided_at, has_sim, &timed),
        next_actor: next_actor(order.stage, may_confirm),
        may_confirm,
        version: order.version,
    }
}
