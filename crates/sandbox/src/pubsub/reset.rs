//! Breaking a stream off without a status: what the client sees as RST_STREAM.
//!
//! A handler can only end its stream with a status. A status with a mark of this module is turned into an error of the
//! response's body, on which the HTTP/2 layer resets the stream; status, trailers and mark are never sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
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

/// The response with its marked end made real.
pub(super) fn heed(response: http::Response<tonic::body::Body>) -> http::Response<tonic::body::Body> {
    response.map(|body| tonic::body::Body::new(Breakable(body)))
}

struct Breakable(tonic::body::Body);

impl Body for Breakable {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context).map(|frame| {
            let marked =
                matches!(&frame, Some(Ok(frame)) if frame.trailers_ref().is_some_and(|t| t.contains_key(MARK)));
            if marked { Some(Err(Status::internal("the stream is reset on purpose"))) } else { frame }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
