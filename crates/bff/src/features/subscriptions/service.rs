//! Billing owns the services; the catalogue names their category, our orders say where they come from, the carrier
//! adds the line. Whatever of these is silent is left out, except billing.

use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentUser;
use crate::offers;
use crate::state::Context;
use domain::auth::{Lines, Right};
use domain::catalog::Category;
use domain::catalog::product::ItemClass;
use domain::subscriptions::contract::{LinePart, SubscriptionDetail, SubscriptionList};
use domain::subscriptions::providers::whmcs::WhmcsService;
use domain::subscriptions::{BillingCycle, ServiceStatus, Subscription};
use domain::{OrderId, ServiceId};
use integrations::UpstreamErrorKind;
use platform::store::{accounts, runs};
use std::collections::HashMap;
use std::time::Duration;

/// Longest wait for the carrier: the page is of use without it.
const CARRIER_WAIT: Duration = Duration::from_secs(3);

/// The customer's services that the person reaches, the newest first.
///
/// # Errors
/// 503 when billing does not answer.
pub(super) async fn list(ctx: &Context, user: CurrentUser, lines: &Lines) -> ApiResult<SubscriptionList> {
    let as_of = ctx.clock.now();
    let Some(client) = billing_client(ctx, user).await? else {
        return Ok(SubscriptionList { items: Vec::new(), as_of });
    };
    let services = ctx.whmcs.services(client).await?;
    let known = Known::read(ctx, user).await?;
    let own = services.into_iter().filter(|s| is_own(s, client) && is_kept(s) && lines.contain(s.subscription.id));
    let mut items: Vec<Subscription> = own.map(|s| known.complete(s)).map(|s| without_hidden(s, user)).collect();
    items.sort_by(|a, b| b.started_on.cmp(&a.started_on).then(b.id.cmp(&a.id)));
    Ok(SubscriptionList { items, as_of })
}

/// One service with its line.
///
/// # Errors
/// 404 for an unknown one and for somebody else's; 503 when billing does not answer.
pub(super) async fn detail(ctx: &Context, user: CurrentUser, id: ServiceId) -> ApiResult<SubscriptionDetail> {
    let client = billing_client(ctx, user).await?.ok_or_else(ApiError::not_found)?;
    let as_of = ctx.clock.now();
    let service = ctx.whmcs.service(client, id).await?;
    if !is_own(&service, client) {
        return Err(ApiError::not_found());
    }
    let known = Known::read(ctx, user).await?;
    let subscription = without_hidden(known.complete(service), user);
    let line = line(ctx, &subscription).await;
    Ok(SubscriptionDetail { subscription, as_of, line })
}

/// Who may not see orders is not told which one a service comes from.
fn without_hidden(mut subscription: Subscription, user: CurrentUser) -> Subscription {
    subscription.order_id = subscription.order_id.filter(|_| user.role.may(Right::SeeOrders));
    subscription
}

async fn billing_client(ctx: &Context, user: CurrentUser) -> ApiResult<Option<u64>> {
    Ok(accounts::customer(&user.db(ctx), user.owner()).await?.and_then(|c| c.whmcs_client_id))
}

/// Billing was asked for one client; what it answers is checked all the same.
fn is_own(service: &WhmcsService, client: u64) -> bool {
    let own = service.client_id == client;
    if !own {
        tracing::error!(service.id = %service.subscription.id, "billing answered with a service of another client");
    }
    own
}

/// Billing keeps a set-up fee as a service too; a customer does not have a fee, they paid one.
fn is_kept(service: &WhmcsService) -> bool {
    service.subscription.cycle != BillingCycle::OneTime
}

async fn line(ctx: &Context, subscription: &Subscription) -> LinePart {
    let ended =
        matches!(subscription.status, ServiceStatus::Terminated | ServiceStatus::Cancelled | ServiceStatus::Fraud);
    let not_a_sim = subscription.category.is_some_and(|c| c != Category::Sim);
    let Some(number) = subscription.number.as_deref().filter(|_| !ended && !not_a_sim) else { return LinePart::None };
    let as_of = ctx.clock.now();
    match tokio::time::timeout(CARRIER_WAIT, ctx.freebit.line(number)).await {
        Ok(Ok(carrier)) => LinePart::Ready { line: carrier.line, as_of },
        Ok(Err(error)) if error.kind == UpstreamErrorKind::NotFound => LinePart::None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "a service is shown without its line");
            LinePart::Unavailable
        }
        Err(_elapsed) => {
            tracing::warn!("a service is shown without its line: the carrier took too long");
            LinePart::Unavailable
        }
    }
}

/// What others than billing know about the services.
struct Known {
    categories: HashMap<u64, Category>,
    orders: HashMap<ServiceId, OrderId>,
}

impl Known {
    async fn read(ctx: &Context, user: CurrentUser) -> ApiResult<Self> {
        let categories = match offers::products(ctx).await {
            Ok(products) => products
                .value
                .iter()
                .filter(|p| p.class == ItemClass::Service)
                .filter_map(|p| Some((p.whmcs_product_id?, p.category)))
                .collect(),
            Err(error) => {
                tracing::warn!(causes = error.causes(), "services are shown without their category");
                HashMap::new()
            }
        };
        let orders = runs::services_of(&user.db(ctx), user.owner()).await?.into_iter().collect();
        Ok(Self { categories, orders })
    }

    fn complete(&self, service: WhmcsService) -> Subscription {
        let mut subscription = service.subscription;
        subscription.category = self.categories.get(&service.product_id).copied();
        subscription.order_id = self.orders.get(&subscription.id).copied();
        subscription
    }
}
