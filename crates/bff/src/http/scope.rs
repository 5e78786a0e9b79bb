//! What is known about the request being answered, without handing it through every call: its reference and path, for
//! problems, events and jobs.

use super::limits::RateState;
use platform::origin::Origin;
use std::cell::RefCell;

tokio::task_local! {
    static REQUEST: Scope;
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) request_id: String,
    /// Without the query, which may hold what nobody should log.
    pub(crate) path: String,
    /// What the last rate limit said, for the response headers.
    rate: RefCell<Option<RateState>>,
    origin: Origin,
}

impl Scope {
    pub(crate) fn new(request_id: String, path: String, origin: Origin) -> Self {
        Self { request_id, path, rate: RefCell::new(None), origin }
    }
}

/// Runs `work` as part of the request.
pub(crate) async fn within<F: Future>(scope: Scope, work: F) -> F::Output {
    let origin = scope.origin.clone();
    REQUEST.scope(scope, platform::origin::within(origin, work)).await
}

/// The request being answered; `None` outside of one.
pub(crate) fn current() -> Option<Scope> {
    REQUEST.try_with(Clone::clone).ok()
}

/// The reference of the request being answered.
pub(crate) fn request_id() -> Option<String> {
    REQUEST.try_with(|scope| scope.request_id.clone()).ok()
}

/// Keeps what a rate limit said.
pub(crate) fn set_rate(state: RateState) {
    // Outside of a request there is no response to mark.
    let _ = REQUEST.try_with(|scope| scope.rate.replace(Some(state)));
}

/// What the last rate limit of this request said.
pub(crate) fn rate() -> Option<RateState> {
    REQUEST.try_with(|scope| scope.rate.borrow().clone()).ok().flatten()
}
