//! Breaking a stream off without a status: what the client sees as RST_STREAM.
//!
//! A handler can only end its stream with a status. A status with a mark of this module is turned into an error of the
//! response's body, on which the HTTP/2 layer resets the stream; status, trailers and mark are never sent.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::codegen::{Bytes, http};
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

const MARK: &str = "sandbox-reset";

/// A status that resets the stream.
pub(super) fn marker() -> Status {
    let mut status = Status::new(Code::Unavailable, "reset");
    status.metadata_mut().insert(MARK, MetadataValue::from_static("yes"));
    status
}

/// A reset throws away what was not written yet: events that are to arrive get this long.
const FLUSHED: Duration = Duration::from_millis(300);

/// The response with its marked end made real.
pub(super) fn heed(response: http::Response<tonic::body::Body>) -> http::Response<tonic::body::Body> {
    response.map(|inner| tonic::body::Body::new(Breakable { inner, breaking: None }))
}

struct Breakable {
    inner: tonic::body::Body,
    /// Set when the mark was seen.
    breaking: Option<Pin<Box<Sleep>>>,
}

impl Body for Breakable {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.breaking.is_none() {
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
            let marked =
                matches!(&frame, Some(Ok(frame)) if frame.trailers_ref().is_some_and(|t| t.contains_key(MARK)));
            if !marked {
                return Poll::Ready(frame);
            }
            self.breaking = Some(Box::pin(sleep(FLUSHED)));
        }
        if let Some(wait) = &mut self.breaking {
            ready!(wait.as_mut().poll(context));
        }
        Poll::Ready(Some(Err(Status::internal("the stream is reset on purpose"))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
