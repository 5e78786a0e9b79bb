//! What is known about the request being answered, without handing it through every call: its reference and path, for
//! problems, events and jobs.

use super::client::Client;
use super::limits::RateState;
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
    /// What the rate limits said, for the response headers.
    rates: RefCell<Vec<RateState>>,
    /// The browser, as far as a person may know it again.
    client: Client,
}

impl Scope {
    pub(crate) fn new(request_id: String, path: String) -> Self {
        Self { request_id, path, client: Client::default(), rates: RefCell::new(Vec::new()) }
    }

    pub(crate) fn with_client(self, client: Client) -> Self {
        Self { client, ..self }
    }
}

/// Runs `work` as part of the request.
pub(crate) async fn within<F: Future>(scope: Scope, work: F) -> F::Output {
    let origin = scope.client.origin();
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

/// The browser that the request comes from; nothing is known of it outside of a request.
pub(crate) fn client() -> Client {
    REQUEST.try_with(|scope| scope.client.clone()).unwrap_or_default()
}

/// Keeps what a rate limit said, in place of what the same limit said before.
pub(crate) fn set_rate(state: RateState) {
    // Outside of a request there is no response to mark.
    let _ = REQUEST.try_with(|scope| {
        let mut rates = scope.rates.borrow_mut();
        rates.retain(|known| known.policy != state.policy);
        rates.push(state);
    });
}

/// What the rate limits of this request said.
pub(crate) fn rates() -> Vec<RateState> {
    REQUEST.try_with(|scope| scope.rates.borrow().clone()).unwrap_or_default()
}
