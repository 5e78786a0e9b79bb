//! Finds or creates the WHMCS client of the account.

use super::{Context, Looked, Outcome, failed, failed_write, look_failed, store_failed};
use domain::customer::providers::whmcs::ClientLookup;
use platform::Owner;
use platform::store::accounts;

pub async fn perform(context: &Context<'_>) -> Outcome {
    if context.customer.whmcs_client_id.is_some() {
        return Outcome::Done(None);
    }
    let customer = context.customer;
    match context.state.whmcs.find_client(&customer.number, customer.email.reveal()).await {
        Ok(ClientLookup::Found(id)) => keep(context, id).await,
        // Whoever signs up with somebody else's mail address must not be given that person's billing record.
        Ok(ClientLookup::EmailBelongsToAnother) => Outcome::Refused("billing_email_taken"),
        Ok(ClientLookup::None) => match context.state.whmcs.add_client(customer).await {
            Ok(id) => keep(context, id).await,
            Err(error) => match failed_write(&error, "billing_client_refused") {
                Outcome::Refused(code) => made_meanwhile(context, code).await,
                other => other,
            },
        },
        Err(error) => failed(&error, "billing_client_refused"),
    }
}

/// Another order of the same customer, or an earlier call of ours that was slow, may have made the client between our look
/// and our call; billing then refuses the second one because of its mail address.
async fn made_meanwhile(context: &Context<'_>, refused: &'static str) -> Outcome {
    let customer = context.customer;
    match context.state.whmcs.find_client(&customer.number, customer.email.reveal()).await {
        Ok(ClientLookup::Found(id)) => keep(context, id).await,
        Ok(ClientLookup::EmailBelongsToAnother) => Outcome::Refused("billing_email_taken"),
        Ok(ClientLookup::None) => Outcome::Refused(refused),
        // Nothing was made by this call; the next try looks first.
        Err(error) => failed(&error, refused),
    }
}

pub async fn look(context: &Context<'_>) -> Looked {
    let customer = context.customer;
    match context.state.whmcs.find_client(&customer.number, customer.email.reveal()).await {
        Ok(ClientLookup::Found(id)) => match keep(context, id).await {
            Outcome::Done(result) => Looked::Found(result),
            _ => Looked::Failed { after: None },
        },
        Ok(ClientLookup::None | ClientLookup::EmailBelongsToAnother) => Looked::Nothing,
        Err(error) => look_failed(&error),
    }
}

async fn keep(context: &Context<'_>, id: u64) -> Outcome {
    match accounts::set_whmcs_client(context.state.db.conn(), Owner::for_system(context.customer.id), id).await {
        Ok(()) => Outcome::Done(Some(serde_json::json!({ "whmcs_client_id": id }))),
        // The client exists and is found again by its customer number.
        Err(error) => match store_failed(&error) {
            Outcome::NotDone { .. } => Outcome::Unknown,
            other => other,
        },
    }
}
