//! Placing an order, at most once for each key, whatever fails on the way.
//!
//! The key is reserved first, with the order id that it will have. That id is the unique external id in the CRM, so any
//! later try under the same key finds what an earlier one made. Order row, event and answer are one transaction.

use super::{content, view};
use crate::error::{ApiError, ApiResult};
use crate::http::extract::CurrentUser;
use crate::http::scope;
use crate::offers;
use crate::state::Context;
use domain::catalog::product::Product;
use domain::common::paths;
use domain::customer::Customer;
use domain::orders::port_in;
use domain::orders::pricing::quote;
use domain::orders::providers::salesforce::{CrmOrder, normalise_id};
use domain::orders::schema::NewOrder;
use domain::orders::{Quote, Stage};
use domain::{ErrorCode, OrderId, Timestamp};
use integrations::{UpstreamError, UpstreamErrorKind};
use platform::clock::new_id;
use platform::store::idempotency::{self, Reservation, Reserved};
use platform::store::orders::{self, Order, OrderContent};
use platform::store::{StoreResult, accounts, leases, port_ins};
use platform::{Cause, Change, Db, crash};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How long a request that died keeps its key, milliseconds. Longer than the upstream calls of one placing may take.
const LOCK_MS: i64 = 30_000;

/// How long an answer waits until its key is given back, and how long a database that is away is left alone between two
/// tries of it.
const GIVE_BACK: Duration = Duration::from_millis(500);

/// Tries to give a key back. Each may wait two seconds for a connection, so that the lock is over by itself before the last.
const TRIES: u32 = 15;

/// A customer who is being opened: looks for the end of it, the pause between them, and how long an opening of ours may
/// take.
const LOOKS: u32 = 20;
const LOOK_PAUSE: Duration = Duration::from_millis(150);
const OPENING: Duration = Duration::from_secs(20);

/// What is asked.
#[derive(Clone)]
pub(super) struct Placing {
    pub(super) user: CurrentUser,
    pub(super) key: String,
    pub(super) order: NewOrder,
}

/// The answer, new or stored.
pub(super) struct Placed {
    pub(super) body: String,
    pub(super) replayed: bool,
}

/// Places an order.
///
/// # Errors
/// 422 with pointers; 409 `catalog_changed`, `order_refused`, `port_in_running` or `request_in_progress`; 422 `idempotency_key_reused`;
/// 503 when the CRM is down or its answer is lost, after which the same key may be sent again.
pub(super) async fn place(ctx: &Context, placing: &Placing) -> ApiResult<Placed> {
    let fresh_id = OrderId(new_id());
    let until = ctx.clock.now().plus_millis(LOCK_MS);
    crash::point(|| "place:reserve".to_owned());
    let reserved = match reserve(ctx, placing, fresh_id, until).await {
        Ok(reserved) => reserved,
        Err(error) => {
            // It may be reserved all the same: a commit whose answer was lost.
            give_back(ctx, placing, None, until).await;
            return Err(error);
        }
    };
    let order_id = match reserved {
        Reserved::Ours(id) => id,
        Reserved::Done { body, .. } => return Ok(Placed { body, replayed: true }),
        Reserved::Running => return Err(ApiError::new(ErrorCode::RequestInProgress).retry_after(1)),
        Reserved::OtherRequest => return Err(ApiError::new(ErrorCode::IdempotencyKeyReused)),
    };
    crash::point(|| "place:reserved".to_owned());
    let repeated = order_id != fresh_id;
    match carry_out(ctx, placing, order_id, repeated).await {
        Ok(body) => Ok(Placed { body, replayed: false }),
        Err(error) => {
            let corrected = matches!(
                error.code(),
                ErrorCode::Invalid | ErrorCode::CatalogChanged | ErrorCode::OrderRefused | ErrorCode::PortInRunning
            );
            let forgotten = (corrected && !repeated).then_some(order_id);
            give_back(ctx, placing, forgotten, until).await;
            Err(error)
        }
    }
}

async fn reserve(ctx: &Context, placing: &Placing, order_id: OrderId, until: Timestamp) -> ApiResult<Reserved> {
    // Of the order as it was understood: blanks and the sequence of members do not matter.
    let canonical = serde_json::to_vec(&placing.order).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    let body_hash = Sha256::digest(&canonical);
    let reservation = Reservation {
        member: placing.user.member(),
        key: &placing.key,
        path: paths::ORDERS,
        body_hash: &body_hash,
        order_id,
    };
    let tx = placing.user.db(ctx).begin().await?;
    let reserved = idempotency::reserve(&tx, &reservation, until, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(reserved)
}

/// Gives the key back, in the background when the database is away: the answer does not wait for that.
async fn give_back(ctx: &Context, placing: &Placing, forgotten: Option<OrderId>, until: Timestamp) {
    let freeing = tokio::spawn(give_back_key(ctx.db.clone(), placing.clone(), forgotten, until));
    let _ = tokio::time::timeout(GIVE_BACK, freeing).await;
}

/// A first request that changed nothing frees its key for a corrected body. One whose outcome is open keeps body and
/// order id and may be sent again at once; so does a repeat, because what the first try sent may still take effect.
/// The id that the key had is `forgotten` then, with the number that was claimed for it.
async fn give_back_key(db: Db, placing: Placing, forgotten: Option<OrderId>, until: Timestamp) {
    let (member, key) = (placing.user.member(), placing.key.as_str());
    let own = db.of(member);
    for _ in 0..TRIES {
        let freed = match forgotten {
            Some(order_id) => match port_ins::release(db.conn(), order_id).await {
                Ok(()) => idempotency::forget(&own, member, key, until).await,
                failed => failed,
            },
            None => idempotency::release(&own, member, key, until).await,
        };
        match freed {
            Ok(()) => return,
            Err(error) if error.is_connection() => tokio::time::sleep(GIVE_BACK).await,
            Err(error) => {
                tracing::warn!(%error, "an idempotency key could not be given back");
                break;
            }
        }
    }
    tracing::warn!("an idempotency key stays locked until its time is over");
}

async fn carry_out(ctx: &Context, placing: &Placing, id: OrderId, repeated: bool) -> ApiResult<String> {
    let found = if repeated { ctx.salesforce.find_order(id).await? } else { None };
    let (content, products) = price(ctx, &placing.order, found.as_ref()).await?;
    let crm = match found {
        Some(crm) => {
            let known = accounts::customer(&placing.user.db(ctx), placing.user.owner()).await?;
            check_account(&crm, known.and_then(|customer| customer.salesforce_account_id).as_deref())?;
            // The CRM has it, so it is kept, whoever claimed its number since.
            if !claim_numbers(ctx, id, &content).await? {
                tracing::warn!(order.id = %id, "another open order keeps the same number");
            }
            crm
        }
        None => {
            check_port_in(ctx, &placing.order, id, &content).await?;
            create_in_crm(ctx, placing.user, id, &content, &products).await?
        }
    };
    let now = ctx.clock.now();
    let order = Order {
        id,
        customer_id: placing.user.customer_id,
        number: crm.number,
        salesforce_order_id: crm.salesforce_id,
        stage: Stage::AwaitingApproval,
        content,
        placed_at: now,
        decided_at: None,
        updated_at: now,
        version: 1,
    };
    let detail = view::detail(order.clone(), &[], ctx.config.customer_may_confirm);
    let body = serde_json::to_string(&detail).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    record(ctx, placing, &order, &body).await?;
    Ok(body)
}

/// The order with today's prices; for one that the CRM already has, with the prices of then.
async fn price(ctx: &Context, order: &NewOrder, found: Option<&CrmOrder>) -> ApiResult<(OrderContent, Vec<Product>)> {
    let mut offered = offers::products(ctx).await?;
    if let Some(crm) = found {
        offered.value = content::at_prices_of(crm, &offered.value).into();
    }
    let mut quoted = quote(&offers::catalog(ctx, &offered), order);
    let expected = |q: &Quote| found.is_some() || q.first_bill.gross.minor == order.expected_total;
    // The customer may have seen newer offers than this process knows.
    if found.is_none()
        && !quoted.as_ref().is_ok_and(expected)
        && let Some(newer) = offers::newer(ctx, &offered).await
    {
        offered = newer;
        quoted = quote(&offers::catalog(ctx, &offered), order);
    }
    let quote = quoted.map_err(ApiError::invalid)?;
    if !expected(&quote) {
        let detail = format!("The order now costs {} with tax. Please look at it again.", quote.first_bill.gross);
        return Err(ApiError::new(ErrorCode::CatalogChanged).detail(detail).at(
            "/expected_total",
            "price_changed",
            "A price has changed since the page was opened.",
        ));
    }
    let internal = |e| ApiError::new(ErrorCode::Internal).caused_by(e);
    let mut content = content::stored(order, quote, &offered.value).map_err(internal)?;
    content.request_id = scope::request_id();
    Ok((content, offered.value.to_vec()))
}

/// A reservation that lasts, and a number that no other open order keeps.
async fn check_port_in(ctx: &Context, order: &NewOrder, id: OrderId, content: &OrderContent) -> ApiResult<()> {
    let errors = port_in::day_errors(order, ctx.clock.now().date_in_japan());
    if !errors.is_empty() {
        return Err(ApiError::invalid(errors));
    }
    if claim_numbers(ctx, id, content).await? { Ok(()) } else { Err(ApiError::new(ErrorCode::PortInRunning)) }
}

async fn claim_numbers(ctx: &Context, id: OrderId, content: &OrderContent) -> StoreResult<bool> {
    for ported in content.items.iter().filter_map(|item| item.port_in.as_ref()) {
        // A rule between customers, so not as this one.
        if !port_ins::claim(ctx.db.conn(), ported.number.reveal(), id, ctx.clock.now()).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The account first, then order and items in one all-or-none call. Both are found again when they are there.
async fn create_in_crm(
    ctx: &Context,
    user: CurrentUser,
    id: OrderId,
    content: &OrderContent,
    products: &[Product],
) -> ApiResult<CrmOrder> {
    let db = user.db(ctx);
    let customer = accounts::customer(&db, user.owner())
        .await?
        .ok_or_else(|| ApiError::new(ErrorCode::Internal).caused_by("a session without a customer account"))?;
    let account_id = match &customer.salesforce_account_id {
        Some(id) => id.clone(),
        None => open_account(ctx, user, id, customer).await?,
    };
    let new = content::crm_order(id, account_id, content, products, ctx.clock.now())
        .map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
    crash::point(|| "place:call".to_owned());
    let account_id = new.account_id.clone();
    let made = ctx.salesforce.create_order(&new).await.map_err(refusal)?;
    check_account(&made, Some(&account_id))?;
    crash::point(|| "place:called".to_owned());
    Ok(made)
}

/// Makes the account, unless the job that opens new customers does so at this moment: then its result is waited for.
/// Should it take long, both are made to agree by the customer number; only the contact might stand there twice.
async fn open_account(ctx: &Context, user: CurrentUser, order: OrderId, mut customer: Customer) -> ApiResult<String> {
    // The lease is the system's; the account is read and written as the customer's.
    let (conn, db, owner) = (ctx.db.conn(), user.db(ctx), user.owner());
    let (lease, holder) = (leases::opening(customer.id), order.to_string());
    for _ in 0..LOOKS {
        if leases::hold(conn, &lease, &holder, OPENING).await? {
            break;
        }
        tokio::time::sleep(LOOK_PAUSE).await;
        customer = accounts::customer(&db, owner).await?.unwrap_or(customer);
        if let Some(id) = customer.salesforce_account_id {
            return Ok(id);
        }
    }
    let made = ctx.salesforce.upsert_account(&customer).await.map_err(refusal);
    leases::give_back(conn, &lease, &holder).await?;
    let account_id = made?;
    accounts::set_salesforce_account(&db, owner, &account_id).await?;
    Ok(account_id)
}

/// The CRM was asked by our own id; that the order stands at this customer's account is checked all the same.
fn check_account(crm: &CrmOrder, own: Option<&str>) -> ApiResult<()> {
    let (Some(found), Some(own)) = (crm.account_id.as_deref(), own) else { return Ok(()) };
    if normalise_id(found) == normalise_id(own) {
        return Ok(());
    }
    tracing::error!(
        salesforce.order = crm.salesforce_id,
        "an order of this customer stands at another account in Salesforce"
    );
    Err(ApiError::new(ErrorCode::UpstreamGarbled).caused_by("the order stands at another account"))
}

fn refusal(error: UpstreamError) -> ApiError {
    match error.kind {
        UpstreamErrorKind::Refused { .. } => {
            let words = ApiError::from(error).causes();
            ApiError::new(ErrorCode::OrderRefused).caused_by(words)
        }
        _ => error.into(),
    }
}

/// Order, fact and answer together, or none of them.
async fn record(ctx: &Context, placing: &Placing, order: &Order, body: &str) -> StoreResult<()> {
    let cause = Cause { person: Some(placing.user.user_id), request_id: scope::request_id(), now: order.placed_at };
    let mut change = Change::begin_of(&placing.user.db(ctx), cause).await?;
    orders::insert(&mut change, order).await?;
    idempotency::complete(change.conn(), placing.user.member(), &placing.key, 201, body).await?;
    crash::point(|| "place:written".to_owned());
    change.commit(&ctx.bus).await?;
    crash::point(|| "place:committed".to_owned());
    tracing::info!(order.id = %order.id, order.number = %order.number, "order placed");
    Ok(())
}
