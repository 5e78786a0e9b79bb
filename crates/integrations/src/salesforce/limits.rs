//! How much of the organisation's daily calls is used. Salesforce says it in a header of every reply.

use reqwest::header::HeaderMap;
use std::sync::atomic::{AtomicU8, Ordering};

/// `api-usage=18/5000; per-app-api-usage=17/250(appName=x)`
const HEADER: &str = "sforce-limit-info";
/// Shares in percent at which a warning is worth its line.
const WARN_PERCENTS: [u64; 2] = [80, 95];

/// Calls of the rolling 24 hours: used and allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    used: u64,
    allowed: u64,
}

impl Usage {
    /// How many of [`WARN_PERCENTS`] are reached.
    fn level(self) -> u8 {
        let reached = |percent: &&u64| self.used.saturating_mul(100) >= self.allowed.saturating_mul(**percent);
        // Two levels at most.
        if self.allowed == 0 { 0 } else { WARN_PERCENTS.iter().filter(reached).count() as u8 }
    }
}

/// Watches the header of one organisation's replies.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The level that was warned of.
    warned: AtomicU8,
}

impl Limits {
    /// Sets the gauges `salesforce_api_calls_used` and `_allowed`, and `salesforce_app_api_calls_used` and `_allowed` where
    /// the portal's app has a share of its own. Warns once at 80 and once at 95 per cent, and again after the use fell.
    pub fn watch(&self, headers: &HeaderMap) {
        let Some(header) = headers.get(HEADER).and_then(|value| value.to_str().ok()) else { return };
        // Counts up to 2^53 are exact, more calls than any organisation has.
        if let Some(app) = usage(header, "per-app-api-usage=") {
            metrics::gauge!("salesforce_app_api_calls_used").set(app.used as f64);
            metrics::gauge!("salesforce_app_api_calls_allowed").set(app.allowed as f64);
        }
        let Some(whole) = usage(header, "api-usage=") else { return };
        metrics::gauge!("salesforce_api_calls_used").set(whole.used as f64);
        metrics::gauge!("salesforce_api_calls_allowed").set(whole.allowed as f64);
        if self.rises_to(whole.level()) {
            let Usage { used, allowed } = whole;
            tracing::warn!(used, allowed, "the daily calls of the organisation are being used up");
        }
    }

    /// Whether this level is above the one known before; takes it over either way.
    fn rises_to(&self, level: u8) -> bool {
        self.warned.swap(level, Ordering::Relaxed) < level
    }
}

fn usage(header: &str, name: &str) -> Option<Usage> {
    let value = header.split(';').find_map(|part| part.trim().strip_prefix(name))?;
    let (used, allowed) = value.split_once('/')?;
    // Another part may follow in brackets.
    let allowed = allowed.split('(').next()?;
    Some(Usage { used: used.trim().parse().ok()?, allowed: allowed.trim().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_in_both_forms() {
        let of = |used, allowed| Some(Usage { used, allowed });
        let both = "api-usage=18/5000; per-app-api-usage=17/250(appName=x)";
        assert_eq!(usage("api-usage=18/5000", "api-usage="), of(18, 5_000));
        assert_eq!(usage(both, "api-usage="), of(18, 5_000));
        assert_eq!(usage(both, "per-app-api-usage="), of(17, 250));
        assert_eq!(usage("per-app-api-usage=17/250(appName=x); api-usage=1/15000", "api-usage="), of(1, 15_000));
        for odd in ["", "api-usage=", "api-usage=a/b", "per-app-api-usage=17/250(appName=x)", "api-usage=-1/5"] {
            assert_eq!(usage(odd, "api-usage="), None, "{odd}");
        }
    }

    #[test]
    fn a_warning_is_given_once_for_each_level_and_again_after_a_fall() {
        let limits = Limits::default();
        let rises: Vec<bool> = [10, 79, 80, 81, 94, 95, 100, 20, 85]
            .map(|used| limits.rises_to(Usage { used, allowed: 100 }.level()))
            .to_vec();
        assert_eq!(rises, [false, false, true, false, false, true, false, false, true]);
        assert_eq!(Usage { used: 5, allowed: 0 }.level(), 0);
    }
}
