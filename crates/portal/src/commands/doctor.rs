//! Checks what an operator has set up, one line per finding.

use super::{say, start};
use crate::boot;
use crate::config::Role;
use anyhow::Context as _;

pub async fn run() -> anyhow::Result<()> {
    let settings = start(Role::Bff)?;
    say("ok       settings")?;
    let db = boot::open_store(&settings).await?;
    say("ok       database answers")?;
    let mut faults = 0;
    let mut report = |name: &str, outcome: Result<String, String>| {
        let line = match &outcome {
            Ok(detail) => format!("ok       {name} {detail}"),
            Err(reason) => format!("FAILED   {name}: {reason}"),
        };
        faults += u32::from(outcome.is_err());
        say(&line)
    };
    let schema = boot::require_schema(&db).await.map(|()| String::new()).map_err(|e| e.to_string());
    report("database schema", schema)?;
    let upstreams = settings.upstreams.as_ref().context("upstreams are not configured")?;
    let shared = boot::shared(&settings, db, upstreams, boot::clock(&settings)).await?;
    if let Some(redis) = &shared.redis {
        let up = redis.is_up().await;
        report(
            "Redis",
            if up { Ok(String::new()) } else { Err("does not answer; the portal works without it".into()) },
        )?;
    }
    let products = shared.salesforce.sellable_products().await;
    report("Salesforce", products.map(|p| format!("({} products on sale)", p.len())).map_err(|e| e.to_string()))?;
    let billing = shared.whmcs.find_client("doctor", "doctor@example.com").await;
    report("WHMCS", billing.map(|_| String::new()).map_err(|e| e.to_string()))?;
    let carrier = match shared.freebit.line("07000000000").await {
        Ok(_) => Ok(String::new()),
        Err(error) if matches!(error.kind, integrations::UpstreamErrorKind::NotFound) => Ok(String::new()),
        Err(error) => Err(error.to_string()),
    };
    report("Freebit", carrier)?;
    anyhow::ensure!(faults == 0, "{faults} check(s) failed");
    Ok(())
}
