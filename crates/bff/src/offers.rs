//! Products and the catalogue made of them, through the cache. Used by several features, so it belongs to none.

use crate::error::ApiResult;
use crate::state::Context;
use domain::catalog::Catalog;
use domain::catalog::product::{self, Product};
use platform::cache::{CacheKey, Cached};
use std::time::Duration;

/// Everything sellable, as the CRM knows it.
struct Products;

impl CacheKey for Products {
    type Value = Vec<Product>;
    const FRESH: Duration = Duration::from_secs(5 * 60);
    const STALE: Duration = Duration::from_secs(15 * 60);
    fn key(&self) -> String {
        // The number rises when the stored form of a product changes.
        "products:1".to_owned()
    }
}

/// The products; when the CRM is down, the last known ones, marked stale.
///
/// # Errors
/// As the CRM's failure, when nothing young enough is known.
pub(crate) async fn products(ctx: &Context) -> ApiResult<Cached<Vec<Product>>> {
    let load = || async { ctx.salesforce.sellable_products().await };
    Ok(ctx.cache.get_or_load(&Products, load).await?)
}

/// The products read from the CRM now, past the cache, which keeps them; `None` when they are young enough already or
/// the CRM does not answer. What the cache holds then stays, so that an outage is still bridged.
pub(crate) async fn newer(ctx: &Context, than: &Cached<Vec<Product>>) -> Option<Cached<Vec<Product>>> {
    let age = ctx.clock.now().millis() - than.as_of.millis();
    if age < YOUNG_MS {
        return None;
    }
    match ctx.salesforce.sellable_products().await {
        Ok(products) => {
            ctx.cache.drop_key(&Products).await;
            let kept = || std::future::ready(Ok::<_, std::convert::Infallible>(products));
            ctx.cache.get_or_load(&Products, kept).await.ok()
        }
        Err(error) => {
            tracing::warn!(%error, "the offers could not be read afresh");
            None
        }
    }
}

/// Products of this age are not read again because one order does not fit them.
const YOUNG_MS: i64 = 10_000;

/// What customers see of the products.
pub(crate) fn catalog(ctx: &Context, products: &Cached<Vec<Product>>) -> Catalog {
    let config = &ctx.config;
    product::catalog(
        &products.value,
        config.tax_rate_percent,
        config.customer_may_confirm,
        products.as_of,
        products.stale,
    )
}
