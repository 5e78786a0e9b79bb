use super::SignedInPerson;
use crate::error::{ApiError, ApiResult};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::SessionId;
use platform::store::sessions;
use platform::store::staff::{self, Staff};
use std::pin::Pin;

/// A signed-in person of the operator's staff. Both the session and the role are read from the database at every request, so that
/// what was taken away a moment ago is gone. To everybody else, the addresses of staff do not exist.
pub(crate) struct CurrentStaff {
    pub(crate) staff: Staff,
}

impl FromRequest for CurrentStaff {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let ctx = super::context(request).cloned();
        let person = SignedInPerson::from_request(request, payload);
        Box::pin(async move {
            let (ctx, person) = (ctx?, person.await?);
            if !lives(&ctx, person.session_id).await? {
                ctx.ended.ended(person.session_id);
                return Err(ApiError::new(domain::ErrorCode::SessionEnded));
            }
            let staff = staff::find(ctx.db.conn(), person.user_id).await?.ok_or_else(ApiError::not_found)?;
            Ok(Self { staff })
        })
    }
}

async fn lives(ctx: &crate::state::Context, session: SessionId) -> ApiResult<bool> {
    let found = sessions::find(ctx.db.conn(), session).await?;
    Ok(found.is_some_and(|s| s.lives(ctx.config.idle_ms(), ctx.clock.now())))
}
