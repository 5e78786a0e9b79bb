use super::SignedInPerson;
use crate::error::{ApiError, ApiResult};
use crate::features::auth::verify;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::ErrorCode;
use platform::store::sessions;
use std::pin::Pin;

/// How long showing who one is counts, milliseconds.
const GOOD_FOR_MS: i64 = 10 * 60 * 1000;

/// A signed-in person who has shown who they are within the last ten minutes, by signing in or by being asked again. Read
/// from the session's row at every request: what another process has seen counts here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecentlyVerified(pub(crate) SignedInPerson);

impl FromRequest for RecentlyVerified {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let ctx = super::context(request).cloned();
        let person = SignedInPerson::from_request(request, payload);
        Box::pin(async move {
            let (ctx, person) = (ctx?, person.await?);
            let (conn, now) = (ctx.db.conn(), ctx.clock.now());
            let session = sessions::find(conn, person.session_id).await?;
            let session = session.filter(|s| s.ended_at.is_none() && s.expires_at > now);
            let session = session.ok_or_else(|| ApiError::new(ErrorCode::SessionEnded))?;
            let recently = session.verified_at.is_some_and(|at| now.millis() - at.millis() < GOOD_FOR_MS);
            if recently { Ok(Self(person)) } else { Err(verify::needed(conn, person.user_id).await?) }
        })
    }
}
