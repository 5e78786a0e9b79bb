//! How much of the organisation's daily calls is used. Salesforce says it in a header of every reply.

use reqwest::header::HeaderMap;

/// `api-usage=18/5000; per-app-api-usage=17/250(appName=x)`
const HEADER: &str = "sforce-limit-info";
/// From this share on, in percent, each reply is worth a warning.
const WARN_PERCENT: u64 = 90;

/// Calls of the rolling 24 hours: used and allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    used: u64,
    allowed: u64,
}

/// Sets the gauges `salesforce_api_calls_used` and `salesforce_api_calls_allowed`.
pub(super) fn watch(headers: &HeaderMap) {
    let Some(usage) = headers.get(HEADER).and_then(|value| value.to_str().ok()).and_then(usage) else { return };
    // Counts up to 2^53 are exact, more calls than any organisation has.
    metrics::gauge!("salesforce_api_calls_used").set(usage.used as f64);
    metrics::gauge!("salesforce_api_calls_allowed").set(usage.allowed as f64);
    if usage.allowed > 0 && usage.used.saturating_mul(100) / usage.allowed >= WARN_PERCENT {
        tracing::warn!(
            used = usage.used,
            allowed = usage.allowed,
            "the daily calls of the organisation are nearly used up"
        );
    }
}

fn usage(header: &str) -> Option<Usage> {
    let value = header.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
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
        assert_eq!(usage("api-usage=18/5000"), of(18, 5_000));
        assert_eq!(usage("api-usage=18/5000; per-app-api-usage=17/250(appName=x)"), of(18, 5_000));
        assert_eq!(usage("per-app-api-usage=17/250(appName=x); api-usage=1/15000"), of(1, 15_000));
        for odd in ["", "api-usage=", "api-usage=a/b", "per-app-api-usage=17/250(appName=x)", "api-usage=-1/5"] {
            assert_eq!(usage(odd), None, "{odd}");
        }
    }
}
