use std::time::Duration;
use thiserror::Error;
use tonic::{Code, Status};

/// Why there are no events.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// The replay id has expired or is not one: begin at [`super::Start::Earliest`].
    #[error("the replay id is not accepted")]
    ReplayIdInvalid,
    /// The session is not accepted, also after it was renewed.
    #[error("the session is not accepted")]
    Unauthenticated,
    /// There is no such topic, or our user may not read it. A person must look.
    #[error("the topic does not exist or may not be read")]
    TopicGone,
    /// The stream is gone or silent: connect again, later, with the last replay id.
    #[error("the event stream is not available: {reason}")]
    Unavailable { reason: &'static str },
}

pub(super) const SERVICE_DOWN: &str = "the service asks for patience";
pub(super) const LIMIT: &str = "a limit is reached";
pub(super) const ENDED: &str = "the stream ended";

impl EventError {
    /// A word for metrics.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ReplayIdInvalid => "replay_id",
            Self::Unauthenticated => "session",
            Self::TopicGone => "topic",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// The shortest decent time before the next connection.
    pub fn least_wait(&self) -> Duration {
        match self {
            // Section 5 of the documentation's error handling: at least 5 s.
            Self::Unavailable { reason } if *reason == SERVICE_DOWN => Duration::from_secs(5),
            // Limits of delivery count in hours; hammering makes none of them better. (A)
            Self::Unavailable { reason } if *reason == LIMIT => Duration::from_secs(30),
            // Only a person can bring a topic back. (A)
            Self::TopicGone => Duration::from_secs(30),
            Self::Unavailable { .. } | Self::ReplayIdInvalid | Self::Unauthenticated => Duration::from_millis(200),
        }
    }
}

/// The trailer `error-code` is more exact than the status; both are looked at, because proxies make statuses of their own.
pub(super) fn error_of(status: &Status) -> EventError {
    let code = status.metadata().get("error-code").and_then(|v| v.to_str().ok()).unwrap_or_default();
    tracing::debug!(status = ?status.code(), code, "event stream error");
    let suffix = code.strip_prefix("sfdc.platform.eventbus.grpc.").unwrap_or(code);
    if suffix.starts_with("subscription.fetch.replayid.") {
        return EventError::ReplayIdInvalid;
    }
    if suffix.starts_with("service.auth.") {
        return EventError::Unauthenticated;
    }
    if matches!(suffix, "topic.not.found" | "topic.meta.permission" | "subscription.topic.cannot.subscribe") {
        return EventError::TopicGone;
    }
    // `service.unavailable`, `topic.api.unavailable`, `schema.api.unavailable`: INTERNAL is seen as their status, too.
    if suffix.ends_with(".unavailable") {
        return EventError::Unavailable { reason: SERVICE_DOWN };
    }
    if suffix.contains(".protection.") || suffix.ends_with("limit.exceeded") || suffix.ends_with("fetch.overflow") {
        return EventError::Unavailable { reason: LIMIT };
    }
    match status.code() {
        Code::Unauthenticated => EventError::Unauthenticated,
        Code::NotFound | Code::PermissionDenied => EventError::TopicGone,
        Code::ResourceExhausted => EventError::Unavailable { reason: LIMIT },
        Code::InvalidArgument => EventError::Unavailable { reason: "the request is not accepted" },
        _ => EventError::Unavailable { reason: "the stream ended with an error" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::metadata::{MetadataMap, MetadataValue};

    fn status(code: Code, error_code: &str) -> Status {
        let mut trailers = MetadataMap::new();
        let full = format!("sfdc.platform.eventbus.grpc.{error_code}");
        trailers.insert("error-code", MetadataValue::try_from(full).unwrap());
        Status::with_metadata(code, "x rpcId: y", trailers)
    }

    #[test]
    fn the_error_code_decides_before_the_status() {
        let down = EventError::Unavailable { reason: SERVICE_DOWN };
        let limit = EventError::Unavailable { reason: LIMIT };
        let cases = [
            (Code::InvalidArgument, "subscription.fetch.replayid.corrupted", EventError::ReplayIdInvalid),
            (Code::InvalidArgument, "subscription.fetch.replayid.validation.failed", EventError::ReplayIdInvalid),
            (Code::Internal, "service.auth.error", EventError::Unauthenticated),
            (Code::InvalidArgument, "service.auth.headers.invalid", EventError::Unauthenticated),
            (Code::Internal, "service.unavailable", down.clone()),
            (Code::Unavailable, "schema.api.unavailable", down.clone()),
            (Code::ResourceExhausted, "service.protection.triggered", limit.clone()),
            (Code::Unknown, "subscription.limit.exceeded", limit.clone()),
            (Code::ResourceExhausted, "concurrent.client.limit.exceeded", limit.clone()),
            (Code::Internal, "subscription.fetch.overflow", limit),
            (Code::NotFound, "topic.not.found", EventError::TopicGone),
            (Code::Internal, "topic.meta.permission", EventError::TopicGone),
            (Code::PermissionDenied, "subscription.topic.cannot.subscribe", EventError::TopicGone),
        ];
        let not_accepted = EventError::Unavailable { reason: "the request is not accepted" };
        let ended = EventError::Unavailable { reason: "the stream ended with an error" };
        let more = [
            (Code::Unauthenticated, "service.auth.refresh.invalid", EventError::Unauthenticated),
            (
                Code::ResourceExhausted,
                "service.protection.stream.limit.triggered",
                EventError::Unavailable { reason: LIMIT },
            ),
            (Code::PermissionDenied, "service.tenant.license", EventError::TopicGone),
            (Code::Unavailable, "topic.api.unavailable", down.clone()),
            (Code::PermissionDenied, "schema.meta.permission", EventError::TopicGone),
            (Code::InvalidArgument, "topic.validation.empty", not_accepted.clone()),
            (Code::InvalidArgument, "schema.validation.failed", not_accepted.clone()),
            (Code::InvalidArgument, "subscription.fetch.requested.events.invalid", not_accepted.clone()),
            (Code::InvalidArgument, "subscription.fetch.topic.mismatch", not_accepted.clone()),
            (Code::InvalidArgument, "subscription.fetch.request.invalid", not_accepted.clone()),
            (Code::InvalidArgument, "publish.event.count.invalid", not_accepted),
            (Code::Internal, "subscription.fetch.replay.repeated", ended.clone()),
            (Code::Internal, "subscription.internal.error", ended.clone()),
            (Code::Internal, "something.of.next.year", ended),
        ];
        for (code, trailer, expected) in cases.into_iter().chain(more) {
            assert_eq!(error_of(&status(code, trailer)), expected, "{trailer}");
        }
        assert_eq!(down.least_wait(), Duration::from_secs(5));
    }

    #[test]
    fn a_status_without_trailers_is_a_proxys() {
        assert!(
            matches!(error_of(&Status::unavailable("x")), EventError::Unavailable { reason } if reason != SERVICE_DOWN)
        );
        assert_eq!(error_of(&Status::unauthenticated("x")), EventError::Unauthenticated);
        assert_eq!(error_of(&Status::permission_denied("x")), EventError::TopicGone);
        assert_eq!(error_of(&Status::resource_exhausted("x")), EventError::Unavailable { reason: LIMIT });
    }
}
