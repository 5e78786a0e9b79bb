//! Sending the order: once, whatever happens. The key is stored before the request leaves, and stays the same until the
//! order is placed or its content changes.

use super::super::api;
use super::super::form::{OrderForm, store};
use super::super::steps::{Step, href};
use crate::components::organisms::order_row::order_href;
use crate::providers::catalog::use_offers;
use crate::shared::api::client::encode;
use crate::shared::api::failure::{Failure, FailureKind};
use crate::shared::utils::backoff::Backoff;
use crate::shared::utils::browser;
use domain::orders::NewOrder;
use domain::{ErrorCode, OrderId};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// How often a request that is still being worked on is asked for by itself.
const FOLLOW_UPS: u32 = 5;

/// The state of sending.
#[derive(Clone, Copy)]
pub struct Submission {
    pub pending: RwSignal<bool>,
    pub failure: RwSignal<Option<Failure>>,
    /// A price or an offer has changed since it was shown.
    pub repriced: RwSignal<bool>,
    send: Callback<()>,
}

impl Submission {
    pub fn new(form: OrderForm) -> Self {
        let pending = RwSignal::new(false);
        let failure = RwSignal::new(None::<Failure>);
        let repriced = RwSignal::new(false);
        let offers = use_offers();
        let navigate = use_navigate();
        let send = Callback::new(move |()| {
            if pending.get_untracked() {
                return;
            }
            let Some(quote) = untrack(|| form.quote()) else { return };
            let order = form.draft.with_untracked(|d| d.order(quote.first_bill.gross.minor, true));
            pending.set(true);
            failure.set(None);
            repriced.set(false);
            let navigate = navigate.clone();
            spawn_local(async move {
                match place(form, &order).await {
                    Ok(id) => {
                        form.draft.update(|draft| draft.placed = Some(id));
                        form.draft.with_untracked(store);
                        // Pushed, not replaced: the router would lose count of the entries, and Back leads to a page that
                        // says that the order is placed.
                        navigate(&order_href(id), NavigateOptions::default());
                    }
                    Err(refused) if refused.is(ErrorCode::CatalogChanged) => {
                        form.terms.try_set(false);
                        repriced.try_set(true);
                        offers.reload();
                    }
                    Err(refused) if refused.is(ErrorCode::IdempotencyKeyReused) => {
                        // Nothing was ordered under this content: the next press is a new request.
                        form.draft.try_update(|draft| draft.renew_key(browser::random_uuid()));
                        failure.try_set(Some(refused));
                    }
                    Err(refused) => {
                        if let Some(step) = form.show_refused(refused.errors.clone()).filter(|s| *s != Step::Review) {
                            navigate(&href(step), NavigateOptions::default());
                        }
                        failure.try_set(Some(refused));
                    }
                }
                pending.try_set(false);
            });
        });
        Self { pending, failure, repriced, send }
    }

    /// Sends, or sends again with the same key.
    pub fn send(self) {
        self.send.run(());
    }
}

/// Places the order; while the server is still at work on the same request, asks again with the same key.
async fn place(form: OrderForm, order: &NewOrder) -> Result<OrderId, Failure> {
    let content = encode(order)?;
    let Some(key) = form.draft.try_update(|draft| draft.key_for(&content, browser::random_uuid)) else {
        return Err(Failure::new(FailureKind::Unreadable, ""));
    };
    form.draft.with_untracked(store);
    let mut backoff = Backoff::new(1_500, 5_000);
    let mut outcome = api::place(order, &key).await;
    for _ in 0..FOLLOW_UPS {
        match &outcome {
            Err(failure) if failure.is(ErrorCode::RequestInProgress) => {
                TimeoutFuture::new(backoff.pause_ms(browser::dice())).await;
                outcome = api::place(order, &key).await;
            }
            _ => break,
        }
    }
    outcome
}
