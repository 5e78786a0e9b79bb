use crate::error::{ApiError, ApiResult};
use crate::features::auth::ended::{Access, Standing};
use crate::features::auth::token::TokenError;
use crate::http::rights::{self, Needs};
use crate::state::{Context, Ctx};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use domain::auth::{Lines, Role};
use domain::{CustomerId, ErrorCode, ServiceId, SessionId, UserId};
use platform::store::CustomerDb;
use platform::{Member, Owner};
use std::pin::Pin;
use std::sync::Arc;

/// The person behind a valid access token whose session has not ended, customer or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignedInPerson {
    pub(crate) user_id: UserId,
    /// Staff need no customer account.
    pub(crate) customer_id: Option<CustomerId>,
    pub(crate) session_id: SessionId,
}

/// A signed-in person who acts for a customer account, and who has the right that the operation asks for
/// ([`crate::http::rights`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrentUser {
    pub(crate) user_id: UserId,
    /// The account they act for.
    pub(crate) customer_id: CustomerId,
    pub(crate) session_id: SessionId,
    /// Private, so that nothing else makes a `CurrentUser`.
    member: Member,
    /// At most five seconds old; whoever changes members reads it again.
    pub(crate) role: Role,
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

/// The services that the person of a request reaches.
pub(crate) struct OwnLines(pub(crate) Arc<Lines>);

impl FromRequest for SignedInPerson {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = Asked::of(request);
        Box::pin(async move { Ok(asked?.admitted().await?.0) })
    }
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = Asked::of(request);
        Box::pin(async move {
            let (person, access) = asked?.admitted().await?;
            let (customer_id, role) = acting(&person, &access)?;
            let member = Member::authenticated(person.user_id, customer_id);
            Ok(Self { user_id: person.user_id, customer_id, session_id: person.session_id, member, role })
        })
    }
}

impl FromRequest for OwnLines {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = ApiResult<Self>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = Asked::of(request);
        Box::pin(async move {
            let (person, access) = asked?.admitted().await?;
            acting(&person, &access)?;
            access.member.map(|(_, lines)| Self(lines)).ok_or_else(|| ApiError::new(ErrorCode::NoCustomerAccount))
        })
    }
}

/// What a request brings along, taken out of it before anything is waited for.
struct Asked {
    ctx: Ctx,
    token: Option<String>,
    needs: Option<Needs>,
    /// The service that the path names.
    service: Option<ServiceId>,
}

impl Asked {
    fn of(request: &HttpRequest) -> ApiResult<Self> {
        let ctx = super::context(request)?.clone();
        let needs = request.match_pattern().and_then(|pattern| rights::of(request.method().as_str(), &pattern));
        let service = request.match_info().get("id").and_then(|id| id.parse().ok());
        Ok(Self { ctx, token: bearer(request), needs, service })
    }

    async fn admitted(self) -> ApiResult<(SignedInPerson, Access)> {
        // Without an entry in the list nobody is let in: a new operation names its right first.
        let needs = self.needs.ok_or_else(|| {
            ApiError::new(ErrorCode::Internal).caused_by("the operation names no right in http/rights.rs")
        })?;
        let token = self.token.ok_or_else(|| ApiError::new(ErrorCode::SignInNeeded))?;
        let (person, access) = signed_in(&self.ctx, &token).await?;
        let not_allowed = || ApiError::new(ErrorCode::NotAllowed);
        match needs {
            Needs::Nothing | Needs::Person | Needs::Staff => {}
            Needs::Member => drop(acting(&person, &access)?),
            Needs::Account(right) | Needs::Lines(right) => {
                let (_, role) = acting(&person, &access)?;
                if !role.may(right) {
                    return Err(not_allowed());
                }
            }
            Needs::Line(right) => {
                let (_, role) = acting(&person, &access)?;
                if !role.may(right) {
                    return Err(not_allowed());
                }
                let reached =
                    access.member.as_ref().zip(self.service).is_some_and(|((_, lines), id)| lines.contain(id));
                // What somebody does not reach is not there.
                if !reached {
                    return Err(ApiError::not_found());
                }
            }
        }
        Ok((person, access))
    }
}

fn acting(person: &SignedInPerson, access: &Access) -> ApiResult<(CustomerId, Role)> {
    let role = access.member.as_ref().map(|(role, _)| *role);
    person.customer_id.zip(role).ok_or_else(|| ApiError::new(ErrorCode::NoCustomerAccount))
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn signed_in(ctx: &Context, token: &str) -> ApiResult<(SignedInPerson, Access)> {
    let now = ctx.clock.now();
    let (claims, too_old) = match ctx.tokens.read(token, now) {
        Ok(claims) => (claims, None),
        // Whether the session itself is over matters more: a page that holds an old token must not renew it with the
        // cookie of another session, which may act for another account.
        Err(TokenError::Expired(claims)) => (*claims, Some(TokenError::Outlived)),
        Err(error) => return Err(ApiError::new(ErrorCode::SignInNeeded).caused_by(error)),
    };
    let person = SignedInPerson { user_id: claims.sub, customer_id: claims.cid, session_id: claims.sid };
    let access = match ctx.ended.look_up(ctx, person.session_id).await? {
        Standing::Alive(access) => access,
        Standing::Ended(end) => return Err(ApiError::new(end.code())),
    };
    if let Some(error) = too_old {
        return Err(ApiError::new(ErrorCode::SignInNeeded).caused_by(error));
    }
    if access.customer_id != person.customer_id {
        return Err(ApiError::new(ErrorCode::SessionEnded).caused_by("the session acts for another account"));
    }
    Ok((person, access))
}
