//! Every place where bytes of another system, or of a stranger's browser, become values of ours, as functions that take anything: what `fuzz/` throws random
//! bytes at, and what the kept corpus is replayed against in every test run. Each panics when a promise is broken. Nothing
//! in the portal depends on this crate.

mod salesforce;
mod soql;
mod tokens;
mod whmcs;

pub use salesforce::{avro, salesforce};
pub use soql::soql;
pub use tokens::{access_token, problem, refresh_cookie};
pub use whmcs::whmcs;

use domain::sim::CarrierUnits;
use domain::sim::providers::freebit as carrier;
use serde_json::Value;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them, by the names of their folders and fuzz targets.
pub const TARGETS: [Target; 8] = [
    ("whmcs", whmcs),
    ("salesforce", salesforce),
    ("freebit", freebit),
    ("avro", avro),
    ("soql", soql),
    ("access_token", access_token),
    ("refresh_cookie", refresh_cookie),
    ("problem", problem),
];

/// Freebit's answers.
pub fn freebit(data: &[u8]) {
    let Ok(reply) = serde_json::from_slice::<Value>(data) else { return };
    let _ = carrier::result_code(&reply);
    for units in [1000, 1024].into_iter().filter_map(CarrierUnits::new) {
        let account = "07012345678";
        if let Ok(line) = carrier::line(&reply, account, units) {
            assert_eq!(line.line.number, account, "another line");
            let shown = format!("{line:?}");
            for secret in [line.iccid, line.eid].into_iter().flatten() {
                // Short ones may stand in other members by chance.
                let secret = secret.reveal();
                assert!(secret.len() < 12 || !shown.contains(secret.as_str()), "a card number is printed");
            }
        }
        if let Ok(usage) = carrier::usage(&reply, account, units) {
            assert!(usage.recent_days.len() <= 30, "more days than there are");
        }
        let _ = carrier::top_ups(&reply, account, units);
    }
}
