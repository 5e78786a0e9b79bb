//! What happens at the network without a call: traffic, orders that get done. The console acts through this.

use super::types::{self, Change, Order};
use super::{OPEN_ORDERS, settle};
use crate::World;
use crate::clock::Date;
use crate::world::store::{StoreError, Txn, numeric_key};

struct Refused(String);

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl World {
    fn at_network(&self, work: impl FnOnce(&mut Txn<'_>, i64) -> Result<(), Refused>) -> Result<(), String> {
        settle(self);
        self.write(|txn| work(txn, self.now_ms())).map_err(|Refused(text)| text)
    }

    /// Lets a line use more data today, in MB (1000 KB).
    ///
    /// # Errors
    /// A text for people when there is no such line or it is not active.
    pub fn add_usage(&self, account: &str, megabytes: u32) -> Result<(), String> {
        self.at_network(|txn, now| {
            let line = types::line(txn, account).ok_or_else(|| Refused("There is no such line.".to_owned()))?;
            if line.state != "active" {
                return Err(Refused(format!("The line is {}: only an active line uses data.", line.state)));
            }
            types::add_usage(txn, account, Date::japan(now).days(), u64::from(megabytes) * super::KB_PER_MB);
            Ok(())
        })
    }

    /// Does the open order of a line now instead of when it is due.
    ///
    /// # Errors
    /// A text for people when the line has no open order.
    pub fn finish_line_order(&self, account: &str) -> Result<(), String> {
        self.at_network(|txn, now| {
            let order = types::open_order(txn, account);
            let order = order.ok_or_else(|| Refused("The line has no open order: it is done already.".to_owned()))?;
            txn.put(OPEN_ORDERS, &numeric_key(order.id), &Order { due_ms: now, ..order });
            super::orders::apply_due(txn, now);
            Ok(())
        })
    }
}

/// An open order in words of staff.
pub(crate) fn describe(change: &Change) -> String {
    match change {
        Change::Open => "Opening the line".to_owned(),
        Change::GiveUp => "Opening the line, which will fail".to_owned(),
        Change::SwitchPlan { plan_code } => format!("Change to plan {plan_code}"),
        Change::Release => "Release of the number".to_owned(),
        Change::Cancel => "Cancellation".to_owned(),
        Change::Talk { .. } => "Change of voice options".to_owned(),
        Change::ContractLine { contract_line } => format!("Change to {contract_line}"),
        Change::Reissue { eid } => format!("New eSIM profile for EID {eid}"),
    }
}
