//! Tells Salesforce how the order ended. The same values every time, so it is simply repeated.

use super::{Context, Outcome, failed, failed_repeatable};
use domain::common::pii::Pii;
use domain::orders::fulfilment::{Step, StepState};
use domain::orders::providers::salesforce::{FulfilledItem, FulfilmentReport};
use platform::store::runs::{AcceptedServices, result_of};

pub async fn perform(context: &Context<'_>) -> Outcome {
    let Some(accepted) = result_of::<AcceptedServices>(context.steps, Step::AcceptBillingOrder, 0) else {
        return Outcome::Unclear("billing_services_missing");
    };
    let salesforce = &context.state.salesforce;
    let crm = match salesforce.order(&context.order.salesforce_order_id).await {
        Ok(crm) => crm,
        Err(error) => return failed(&error, "order_unknown_to_crm"),
    };
    let service_of = |item: Option<u32>| accepted.services.iter().find(|s| Some(s.item) == item).map(|s| s.service_id);
    let items = crm
        .items
        .iter()
        .filter_map(|i| service_of(i.item).map(|service_id| FulfilledItem { order_item_id: i.id.clone(), service_id }))
        .collect();
    let line_number = context.items().find_map(|(no, _)| context.reserved(no)).map(|line| Pii::new(line.number));
    let report = FulfilmentReport { whmcs_order_id: accepted.whmcs_order_id, line_number, items };
    match salesforce.report_fulfilled(&context.order.salesforce_order_id, &report).await {
        Ok(()) => Outcome::Done(None),
        Err(error) => failed_repeatable(&error, "crm_update_refused"),
    }
}

/// Shows agents in Salesforce that the order stopped, with our code. Best effort: the run itself is the record.
pub async fn report_failed(context: &Context<'_>) {
    let stopped = |s: &&platform::store::runs::StepRow| matches!(s.state, StepState::Refused | StepState::Unclear);
    let code = context.steps.iter().find(stopped).map_or("stopped", |s| s.planned.step.name());
    if let Err(error) = context.state.salesforce.report_failed(&context.order.salesforce_order_id, code).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "failure could not be shown in Salesforce");
    }
}
