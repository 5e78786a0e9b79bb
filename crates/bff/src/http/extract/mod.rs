//! Preconditions of handlers as types: a handler that names one is not called without it.

mod client_ip;
mod current_staff;
mod current_user;
mod idempotency_key;
mod json;
mod recently_verified;

pub(crate) use client_ip::ClientIp;
pub(crate) use current_staff::CurrentStaff;
pub(crate) use current_user::{CurrentUser, SignedInPerson};
pub(crate) use idempotency_key::IdempotencyKey;
pub(crate) use json::{BODY_LIMIT, Valid};
pub(crate) use recently_verified::RecentlyVerified;

use crate::error::{ApiError, ApiResult};
use crate::state::Ctx;
use actix_web::HttpRequest;
use domain::ErrorCode;

fn context(request: &HttpRequest) -> ApiResult<&Ctx> {
    request.app_data::<Ctx>().ok_or_else(|| ApiError::new(ErrorCode::Internal).caused_by("no context in the app"))
}
