use crate::error::{ApiError, ApiResult};
use crate::state::Context;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use domain::{CustomerId, ErrorCode, SessionId, UserId};
use platform::store::CustomerDb;
use platform::{Member, Owner};
use std::pin::Pin;

/// The person behind a valid access token whose session has not ended, customer or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignedInPerson {
    pub(crate) user_id: UserId,
    /// Staff need no customer account.
    pub(crate) customer_id: Option<CustomerId>,
    pub(crate) session_id: SessionId,
}

/// A signed-in person who acts for a customer account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrentUser {
    pub(crate) user_id: UserId,
    /// The account they act for.
    pub(crate) customer_id: CustomerId,
    pub(crate) session_id: SessionId,
    /// Private, so that nothing else makes a `CurrentUser`.
    member: Member,
}

impl CurrentUser {
    /// Who acts, for whom.
    pub(crate) const fn member(&self) -> Member {
        self.member
    }

    /// The owner in every query.
    pub(crate) const fn owner(&self) -> Owner {
        self.member.owner()
    }

    /// The database as this person may see it. What a request of a customer reads and writes goes through here.
    pub(crate) fn db(&self, ctx: &Context) -> CustomerDb {
        ctx.db.of(self.member)
    }
}

impl FromRequest for SignedInPerson {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = super::context(request).map(|ctx| (ctx.clone(), bearer(request)));
        Box::pin(async move {
            let (ctx, token) = found?;
            let token = token.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
            signed_in(&ctx, &token).await
        })
    }
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let person = SignedInPerson::from_request(request, payload);
        Box::pin(async move {
            let SignedInPerson { user_id, customer_id, session_id } = person.await?;
            let customer_id = customer_id.ok_or_else(|| ApiError::new(ErrorCode::NoCustomerAccount))?;
            let member = Member::authenticated(user_id, customer_id);
            Ok(Self { user_id, customer_id, session_id, member })
        })
    }
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn signed_in(ctx: &Context, token: &str) -> ApiResult<SignedInPerson> {
    let claims =
        ctx.tokens.read(token, ctx.clock.now()).map_err(|e| ApiError::new(ErrorCode::SignInNeeded).caused_by(e))?;
    let person = SignedInPerson { user_id: claims.sub, customer_id: claims.cid, session_id: claims.sid };
    if ctx.ended.is_alive(&ctx.db, person.session_id, ctx.clock.now()).await? {
        Ok(person)
    } else {
        Err(ApiError::new(ErrorCode::SessionEnded))
    }
}
