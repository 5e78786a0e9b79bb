//! Preconditions of handlers as types: a handler that names one is not called without it.

mod body;
mod client_ip;
mod current_staff;
mod current_user;
mod idempotency_key;
mod json;
mod recently_verified;

pub(crate) use body::{BODY_LIMIT, Body};
pub(crate) use client_ip::{ClientIp, address};
pub(crate) use current_staff::CurrentStaff;
pub(crate) use current_user::{CurrentUser, OwnLines, SignedInPerson, bearer};
pub(crate) use idempotency_key::IdempotencyKey;
pub(crate) use json::Valid;
pub(crate) use recently_verified::RecentlyVerified;

use crate::error::{ApiError, ApiResult};
use crate::state::Ctx;
use actix_web::HttpRequest;
use domain::ErrorCode;

fn context(request: &HttpRequest) -> ApiResult<&Ctx> {
    request.app_data::<Ctx>().ok_or_else(|| ApiError::new(ErrorCode::Internal).caused_by("no context in the app"))
}
