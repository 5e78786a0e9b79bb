//! How the account stands with billing: looked at on signing in and on demand, with a deadline. Billing being away is
//! "unknown", never a failed sign-in.

use super::{allowance, change};
use crate::error::ApiResult;
use crate::state::Context;
use domain::CustomerId;
use domain::auth::BillingLink;
use integrations::UpstreamErrorKind;
use platform::Owner;
use platform::clock::random_id;
use platform::queue::Work;
use platform::store::accounts;
use std::time::Duration;

/// Longest wait of a sign-in.
const AT_SIGN_IN: Duration = Duration::from_millis(700);
/// Longest wait of whoever asks for it.
const ASKED: Duration = Duration::from_secs(5);

/// For the reply of a sign-in; nothing without an account.
pub(crate) async fn at_sign_in(ctx: &Context, customer: Option<CustomerId>) -> Option<BillingLink> {
    match look(ctx, customer?, AT_SIGN_IN).await {
        Ok(link) => Some(link),
        Err(error) => {
            tracing::warn!(causes = error.causes(), "the link to billing was not looked at");
            Some(BillingLink::Unknown)
        }
    }
}

/// How it stands now.
pub(super) async fn view(ctx: &Context, customer: CustomerId) -> ApiResult<BillingLink> {
    look(ctx, customer, ASKED).await
}

/// Asks a job to look for the customer anew, and to open them where they are missing.
///
/// # Errors
/// 429 after five repairs in a quarter of an hour.
pub(super) async fn repair(ctx: &Context, user: domain::UserId, customer: CustomerId) -> ApiResult<()> {
    allowance::count(ctx, &[(allowance::REPAIR, customer.0.as_bytes())]).await?;
    let mut change = change(ctx, Some(user)).await?;
    accounts::set_billing_link(change.conn(), customer, BillingLink::Opening).await?;
    change.enqueue(Work::OpenCustomer { customer_id: customer, round: random_id() }).await?;
    Ok(change.commit(&ctx.bus).await?)
}

async fn look(ctx: &Context, owner: CustomerId, at_most: Duration) -> ApiResult<BillingLink> {
    let Some(customer) = accounts::customer(ctx.db.conn(), Owner::for_system(owner)).await? else {
        return Ok(BillingLink::Unknown);
    };
    let stored = accounts::billing_link_of(ctx.db.conn(), owner).await?;
    let (Some(client), true) = (customer.whmcs_client_id, stored != BillingLink::Opening) else { return Ok(stored) };
    let link = match tokio::time::timeout(at_most, ctx.whmcs.client_number(client)).await {
        Ok(Ok(number)) if number.as_deref() == Some(customer.number.as_str()) => BillingLink::Linked,
        Ok(Ok(_)) => BillingLink::Broken,
        Ok(Err(error)) => match error.kind {
            UpstreamErrorKind::NotFound => BillingLink::Broken,
            UpstreamErrorKind::Unavailable { .. }
            | UpstreamErrorKind::OutcomeUnknown
            | UpstreamErrorKind::Refused { .. }
            | UpstreamErrorKind::Garbled { .. }
            | UpstreamErrorKind::Denied => BillingLink::Unknown,
        },
        Err(_) => BillingLink::Unknown,
    };
    if link != stored && link != BillingLink::Unknown {
        accounts::set_billing_link(ctx.db.conn(), owner, link).await?;
    }
    Ok(link)
}
