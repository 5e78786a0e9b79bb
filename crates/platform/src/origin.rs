//! Where the request being answered came from, for the facts that it writes. Set once by the server's outermost layer.

use domain::account::origin;
use std::net::IpAddr;

/// A device and a network, both shortened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Such as `Firefox on Windows`.
    pub device: Option<String>,
    /// Such as `192.0.2.0/24`.
    pub address: Option<String>,
}

impl Origin {
    /// Keeps what is needed to know one's own again, and no more.
    pub fn new(user_agent: Option<&str>, address: Option<IpAddr>) -> Self {
        Self { device: user_agent.and_then(origin::device), address: address.map(origin::network) }
    }
}

tokio::task_local! {
    static ORIGIN: Origin;
}

/// Runs `work` as caused from there.
pub async fn within<F: Future>(origin: Origin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

/// Nothing outside of a request.
pub(crate) fn current() -> Origin {
    ORIGIN.try_with(Clone::clone).unwrap_or_default()
}
