//! What the customer should look at first.

use domain::OrderId;
use domain::orders::{OrderSummary, Stage};

/// The first thing on the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextAct {
    /// A person is repairing an order.
    OrderStopped {
        id: OrderId,
        number: String,
    },
    /// An order is on its way.
    OrderOnItsWay {
        id: OrderId,
        number: String,
    },
    /// A new account.
    ChoosePlan,
    Nothing,
}

/// Trouble first, then what is moving, then the welcome. `services` is `None` while billing does not answer.
pub fn next_act(orders: &[OrderSummary], services: Option<usize>) -> NextAct {
    let find = |stages: &[Stage]| orders.iter().find(|o| stages.contains(&o.stage));
    if let Some(order) = find(&[Stage::NeedsAttention]) {
        NextAct::OrderStopped { id: order.id, number: order.number.clone() }
    } else if let Some(order) = find(&[Stage::AwaitingApproval, Stage::Provisioning]) {
        NextAct::OrderOnItsWay { id: order.id, number: order.number.clone() }
    } else if services == Some(0) {
        NextAct::ChoosePlan
    } else {
        NextAct::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::orders::Totals;
    use domain::{Money, Timestamp};

    fn order(stage: Stage, number: &str) -> OrderSummary {
        let zero = Totals { net: Money::yen(0), tax: Money::yen(0), gross: Money::yen(0) };
        OrderSummary {
            id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            number: number.to_owned(),
            placed_at: Timestamp(0),
            stage,
            plans: Vec::new(),
            one_time: zero,
            monthly: zero,
        }
    }
    fn number(act: NextAct) -> String {
        match act {
            NextAct::OrderStopped { number, .. } => ["stopped ", &number].concat(),
            NextAct::OrderOnItsWay { number, .. } => ["moving ", &number].concat(),
            NextAct::ChoosePlan => "choose".to_owned(),
            NextAct::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn trouble_comes_before_movement() {
        let orders = [order(Stage::Provisioning, "1"), order(Stage::NeedsAttention, "2"), order(Stage::Active, "3")];
        assert_eq!(number(next_act(&orders, Some(3))), "stopped 2");
        assert_eq!(number(next_act(&orders[..1], Some(0))), "moving 1");
    }

    #[test]
    fn a_new_account_is_welcomed_but_not_while_billing_is_silent() {
        assert_eq!(number(next_act(&[], Some(0))), "choose");
        assert_eq!(number(next_act(&[], None)), "nothing");
        assert_eq!(number(next_act(&[order(Stage::Active, "3")], Some(1))), "nothing");
    }
}
