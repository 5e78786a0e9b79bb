//! `/api/auth/*` and `/api/account/*`, as far as links in mails and billing are concerned.

use super::{billing, email, linking, reset, sign_up};
use crate::error::ApiResult;
use crate::features::auth::routes::token_reply;
use crate::http::extract::{ClientIp, CurrentUser, RecentlyVerified, SignedInPerson, Valid};
use crate::http::faults::faults;
use crate::http::limits::Key;
use crate::state::Ctx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post};
use domain::auth::{
    Accepted, BillingLinkView, EmailConfirmed, EmailForm, EmailView, LinkConfirm, LinkRequest, LinkToken,
    PasswordReset, Register, TokenReply,
};
use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(register).service(confirm_registration).service(ask_for_link).service(confirm_link);
    cfg.service(forget_password).service(reset_password).service(confirm_email);
    cfg.service(email_address).service(change_email).service(withdraw_email);
    cfg.service(billing_link).service(repair_billing_link);
}

faults! {
    NeutralFaults: Unreadable, OriginRefused, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    LinkFaults: Unreadable, OriginRefused, LinkInvalid, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    AccountFaults: SignInNeeded, SessionEnded;
    AccountWriteFaults: SignInNeeded, SessionEnded, OriginRefused, TooManyRequests;
    EmailFaults: Unreadable, SignInNeeded, SessionEnded, VerificationNeeded, OriginRefused, TooLarge, MediaTypeUnsupported, Invalid, TooManyRequests;
    BillingFaults: SignInNeeded, SessionEnded, NoCustomerAccount;
    RepairFaults: SignInNeeded, SessionEnded, NoCustomerAccount, OriginRefused, TooManyRequests;
}

fn accepted() -> HttpResponse {
    HttpResponse::Accepted().json(Accepted {})
}

/// Sign up.
///
/// Sends a link to the mail address. The answer is the same for an address that has an account already.
#[utoipa::path(
    tag = "auth", request_body = Register,
    responses((status = 202, description = "A mail is on its way.", body = Accepted), NeutralFaults)
)]
#[post("/api/auth/register")]
async fn register(ctx: Ctx, ip: ClientIp, form: Valid<Register>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    sign_up::begin(&ctx, form.0).await?;
    Ok(accepted())
}

/// Finish signing up.
///
/// With the token of the mail. Makes the account and signs in; the refresh token comes as an HttpOnly cookie.
#[utoipa::path(
    tag = "auth", request_body = LinkToken,
    responses((status = 201, description = "Signed up and signed in.", body = TokenReply), LinkFaults)
)]
#[post("/api/auth/register/confirm")]
async fn confirm_registration(ctx: Ctx, ip: ClientIp, form: Valid<LinkToken>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    let signed_in = sign_up::confirm(&ctx, &form.0.token).await?;
    Ok(token_reply(&ctx, StatusCode::CREATED, &signed_in))
}

/// Use the portal as an existing customer.
///
/// Sends a link when customer number and mail address are those of one customer. The answer is the same when they are
/// not. The sixth try in 15 minutes is refused with the waiting time.
#[utoipa::path(
    tag = "auth", request_body = LinkRequest,
    responses((status = 202, description = "If both are right, a mail is on its way.", body = Accepted), NeutralFaults)
)]
#[post("/api/auth/link")]
async fn ask_for_link(ctx: Ctx, ip: ClientIp, form: Valid<LinkRequest>) -> ApiResult<HttpResponse> {
    linking::begin(&ctx, ip.0, &form.0).await?;
    Ok(accepted())
}

/// Set a password as an existing customer.
///
/// With the token of the mail. Makes the account and signs in; the refresh token comes as an HttpOnly cookie.
#[utoipa::path(
    tag = "auth", request_body = LinkConfirm,
    responses((status = 201, description = "Linked and signed in.", body = TokenReply), LinkFaults)
)]
#[post("/api/auth/link/confirm")]
async fn confirm_link(ctx: Ctx, ip: ClientIp, form: Valid<LinkConfirm>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    let signed_in = linking::confirm(&ctx, form.0).await?;
    Ok(token_reply(&ctx, StatusCode::CREATED, &signed_in))
}

/// Ask for a new password.
///
/// Sends a link when the mail address has an account. The answer is the same when it has none.
#[utoipa::path(
    tag = "auth", request_body = EmailForm,
    responses((status = 202, description = "If there is an account, a mail is on its way.", body = Accepted), NeutralFaults)
)]
#[post("/api/auth/password/forgot")]
async fn forget_password(ctx: Ctx, ip: ClientIp, form: Valid<EmailForm>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    reset::begin(&ctx, &form.0).await?;
    Ok(accepted())
}

/// Set a new password.
///
/// With the token of the mail. Every session of the person ends.
#[utoipa::path(
    tag = "auth", request_body = PasswordReset,
    responses((status = 204, description = "The password is set."), LinkFaults)
)]
#[post("/api/auth/password/reset")]
async fn reset_password(ctx: Ctx, ip: ClientIp, form: Valid<PasswordReset>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    reset::confirm(&ctx, form.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Confirm a mail address.
///
/// With the token of either of the two mails of a change. The second one makes the change.
#[utoipa::path(
    tag = "auth", request_body = LinkToken,
    responses((status = 200, description = "How far the change is.", body = EmailConfirmed), LinkFaults)
)]
#[post("/api/auth/email/confirm")]
async fn confirm_email(ctx: Ctx, ip: ClientIp, form: Valid<LinkToken>) -> ApiResult<HttpResponse> {
    ctx.limits.check(&Key::Register(ip.0))?;
    let state = email::confirm(&ctx, &form.0.token).await?;
    Ok(HttpResponse::Ok().json(EmailConfirmed { state }))
}

/// My mail address.
///
/// And the change that waits for its links to be opened.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "The mail address.", body = EmailView), AccountFaults)
)]
#[get("/api/account/email")]
async fn email_address(ctx: Ctx, user: SignedInPerson) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok().json(email::view(&ctx, user.user_id).await?))
}

/// Change the mail address.
///
/// Sends a link to the present and to the new address; the change counts when both were opened.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = EmailForm,
    responses((status = 202, description = "Two mails are on their way.", body = Accepted), EmailFaults)
)]
#[post("/api/account/email")]
async fn change_email(
    ctx: Ctx,
    RecentlyVerified(user): RecentlyVerified,
    form: Valid<EmailForm>,
) -> ApiResult<HttpResponse> {
    email::begin(&ctx, user.user_id, &form.0).await?;
    Ok(accepted())
}

/// Keep the mail address.
///
/// Takes back the change that waits. Without one nothing happens.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 204, description = "No change waits."), AccountWriteFaults)
)]
#[delete("/api/account/email")]
async fn withdraw_email(ctx: Ctx, user: SignedInPerson) -> ApiResult<HttpResponse> {
    email::withdraw(&ctx, user.user_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Does billing know me?
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "How the account stands with billing.", body = BillingLinkView), BillingFaults)
)]
#[get("/api/account/billing-link")]
async fn billing_link(ctx: Ctx, user: CurrentUser) -> ApiResult<HttpResponse> {
    let state = billing::view(&ctx, user.customer_id).await?;
    Ok(HttpResponse::Ok().json(BillingLinkView { state }))
}

/// Repair the link to billing.
///
/// Looks for the customer there by their number, and opens them where they are missing.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    responses((status = 202, description = "It is being looked at.", body = Accepted), RepairFaults)
)]
#[post("/api/account/billing-link/repair")]
async fn repair_billing_link(ctx: Ctx, user: CurrentUser) -> ApiResult<HttpResponse> {
    billing::repair(&ctx, user.user_id, user.customer_id).await?;
    Ok(accepted())
}
