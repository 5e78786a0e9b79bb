//! Where the request being answered came from, for the facts that it writes. Set once by the server's outermost layer,
//! which names them as its list of sessions does.

/// A device and a network, both shortened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Such as `Firefox on Windows`.
    pub device: Option<String>,
    /// Such as `192.0.2.0/24`.
    pub address: Option<String>,
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
