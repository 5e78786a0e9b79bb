//! `/api/account/sessions*`, `/api/account/people*`, `/api/account/customers`, `/api/auth/switch` and
//! `/api/auth/invitations/*`.

use super::{invitations, members, sessions, switch};
use crate::error::ApiResult;
use crate::features::auth::routes::token_reply;
use crate::http::extract::{ClientIp, CurrentUser, RecentlyVerified, SignedInPerson, Valid};
use crate::http::faults::faults;
use crate::http::limits::Key;
use crate::state::Ctx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, patch, post, web};
use domain::auth::TokenReply;
use domain::people::{
    AcceptInvitation, EndedCount, Invitation, InvitationLook, LookAtInvitation, MemberChange, NewInvitation,
    OwnAccounts, People, SessionList, SwitchAccount,
};
use domain::{InvitationId, SessionId, UserId};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(list_sessions).service(end_session).service(end_other_sessions);
    cfg.service(list_people).service(change_member).service(remove_member);
    cfg.service(invite).service(withdraw_invitation).service(resend_invitation);
    cfg.service(look_at_invitation).service(accept_invitation);
    cfg.service(list_accounts).service(switch_account);
}

faults! {
    SeeFaults: SignInNeeded, SessionEnded, SessionReused;
    EndFaults: SignInNeeded, SessionEnded, SessionReused, OriginRefused, NotFound;
    EndOthersFaults: SignInNeeded, SessionEnded, SessionReused, OriginRefused;
    PeopleFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed;
    ChangeFaults: Unreadable, SignInNeeded, SessionEnded, SessionReused, VerificationNeeded, NoCustomerAccount, NotAllowed, OriginRefused, NotFound,
        LastOwner, TooLarge, MediaTypeUnsupported, Invalid, UpstreamUnavailable, UpstreamGarbled;
    RemoveFaults: SignInNeeded, SessionEnded, SessionReused, VerificationNeeded, NoCustomerAccount, NotAllowed, OriginRefused, NotFound, LastOwner;
    InviteFaults: Unreadable, SignInNeeded, SessionEnded, SessionReused, VerificationNeeded, NoCustomerAccount, NotAllowed, OriginRefused,
        AlreadyMember, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests, UpstreamUnavailable, UpstreamGarbled;
    WithdrawFaults: SignInNeeded, SessionEnded, SessionReused, NoCustomerAccount, NotAllowed, OriginRefused, NotFound;
    ResendFaults: SignInNeeded, SessionEnded, SessionReused, VerificationNeeded, NoCustomerAccount, NotAllowed, OriginRefused, NotFound,
        TooManyRequests;
    LookFaults: Unreadable, OriginRefused, LinkInvalid, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    AcceptFaults: Unreadable, SignInNeeded, SessionEnded, SessionReused, OriginRefused, AlreadyMember, LinkInvalid, TooLarge,
        MediaTypeUnsupported, Invalid, TooManyRequests;
    SwitchFaults: Unreadable, SignInNeeded, SessionEnded, SessionReused, OriginRefused, NotFound, TooLarge,
        MediaTypeUnsupported, Invalid;
}

/// Where I am signed in.
///
/// The last used first. Times of use are at most a minute late.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "The sessions that live.", body = SessionList), SeeFaults)
)]
#[get("/api/account/sessions")]
async fn list_sessions(ctx: Ctx, person: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(sessions::list(&ctx, person).await?))
}

/// Sign a browser out.
///
/// Felt within five seconds, also by its live connections.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The session's id.")),
    responses((status = 204, description = "It has ended."), EndFaults)
)]
#[delete("/api/account/sessions/{id}")]
async fn end_session(ctx: Ctx, person: SignedInPerson, id: web::Path<SessionId>) -> ApiResult<HttpResponse> {
    sessions::end(&ctx, person, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign all other browsers out.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "How many lived.", body = EndedCount), EndOthersFaults)
)]
#[post("/api/account/sessions/end-others")]
async fn end_other_sessions(ctx: Ctx, person: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(sessions::end_others(&ctx, person).await?))
}

/// The people of the account.
///
/// Members and open invitations.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "Members and invitations.", body = People), PeopleFaults)
)]
#[get("/api/account/people")]
async fn list_people(ctx: Ctx, user: CurrentUser) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(members::list(&ctx, user).await?))
}

/// Change what a member may do.
///
/// An account keeps at least one owner. Admins neither make nor change owners.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = MemberChange,
    params(("id" = String, Path, format = Uuid, description = "The person's id.")),
    responses((status = 204, description = "Changed."), ChangeFaults)
)]
#[patch("/api/account/people/{id}")]
async fn change_member(
    ctx: Ctx,
    user: CurrentUser,
    _verified: RecentlyVerified,
    id: web::Path<UserId>,
    form: Valid<MemberChange>,
) -> ApiResult<HttpResponse> {
    members::change(&ctx, user, *id, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take a member out.
///
/// Also oneself. Their sessions for this account end at once.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The person's id.")),
    responses((status = 204, description = "They are no member any more."), RemoveFaults)
)]
#[delete("/api/account/people/{id}")]
async fn remove_member(
    ctx: Ctx,
    user: CurrentUser,
    _verified: RecentlyVerified,
    id: web::Path<UserId>,
) -> ApiResult<HttpResponse> {
    members::remove(&ctx, user, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Invite somebody.
///
/// By a mail whose link works once, for seven days. An open invitation to the same address is replaced.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = NewInvitation,
    responses((status = 201, description = "The mail is on its way.", body = Invitation), InviteFaults)
)]
#[post("/api/account/people/invitations")]
async fn invite(
    ctx: Ctx,
    user: CurrentUser,
    _verified: RecentlyVerified,
    form: Valid<NewInvitation>,
) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Created().json(invitations::invite(&ctx, user, form.0).await?))
}

/// Withdraw an invitation.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The invitation's id.")),
    responses((status = 204, description = "Its link has ended."), WithdrawFaults)
)]
#[delete("/api/account/people/invitations/{id}")]
async fn withdraw_invitation(ctx: Ctx, user: CurrentUser, id: web::Path<InvitationId>) -> ApiResult<HttpResponse> {
    invitations::withdraw(&ctx, user, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Send an invitation again.
///
/// With a new link and seven new days; the link before ends.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, format = Uuid, description = "The invitation's id.")),
    responses((status = 200, description = "The mail is on its way.", body = Invitation), ResendFaults)
)]
#[post("/api/account/people/invitations/{id}/resend")]
async fn resend_invitation(
    ctx: Ctx,
    user: CurrentUser,
    _verified: RecentlyVerified,
    id: web::Path<InvitationId>,
) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(invitations::resend(&ctx, user, *id).await?))
}

/// What an invitation is for.
///
/// Uses nothing up.
#[utoipa::path(
    tag = "auth", request_body = LookAtInvitation,
    responses((status = 200, description = "Who invites, as what.", body = InvitationLook), LookFaults)
)]
#[post("/api/auth/invitations/look")]
async fn look_at_invitation(ctx: Ctx, ip: ClientIp, form: Valid<LookAtInvitation>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    Ok(HttpResponse::Ok().json(invitations::look(&ctx, form.0).await?))
}

/// Accept an invitation.
///
/// Somebody new sends password and name. Who has a person signs in with the invited address first and sends their access
/// token along; their session moves to the account. The refresh token comes as an HttpOnly cookie.
#[utoipa::path(
    tag = "auth", request_body = AcceptInvitation,
    responses((status = 201, description = "A member, signed in to the account.", body = TokenReply), AcceptFaults)
)]
#[post("/api/auth/invitations/accept")]
async fn accept_invitation(
    ctx: Ctx,
    ip: ClientIp,
    person: Option<SignedInPerson>,
    form: Valid<AcceptInvitation>,
) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    let signed_in = invitations::accept(&ctx, person, form.0).await?;
    Ok(token_reply(&ctx, StatusCode::CREATED, &signed_in))
}

/// My customer accounts.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "Those that I belong to.", body = OwnAccounts), SeeFaults)
)]
#[get("/api/account/customers")]
async fn list_accounts(ctx: Ctx, person: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(switch::accounts(&ctx, person).await?))
}

/// Act for another of my customer accounts.
///
/// The session at hand ends at once and a new one begins, with the same end.
#[utoipa::path(
    tag = "auth", security(("bearer" = [])), request_body = SwitchAccount,
    responses((status = 200, description = "Signed in to the account.", body = TokenReply), SwitchFaults)
)]
#[post("/api/auth/switch")]
async fn switch_account(ctx: Ctx, person: SignedInPerson, form: Valid<SwitchAccount>) -> ApiResult<HttpResponse> {
    let signed_in = switch::switch(&ctx, person, form.0.customer_id).await?;
    Ok(token_reply(&ctx, StatusCode::OK, &signed_in))
}
