//! The world's clock over the console's JSON.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::guard::{self, Refused};
use crate::World;
use crate::clock::DAY_MS;
use crate::world::ClockMove;

/// One of them: `{"to_ms": 1800000000000}`, `{"by_seconds": 60}`, `{"by_days": 31}`, `"freeze"`, `"thaw"`, `"reset"`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Move {
    /// Milliseconds since the Unix epoch.
    ToMs(i64),
    BySeconds(i64),
    ByDays(i64),
    Freeze,
    Thaw,
    Reset,
}

impl From<Move> for ClockMove {
    fn from(wish: Move) -> Self {
        match wish {
            Move::ToMs(ms) => Self::To(ms),
            Move::BySeconds(seconds) => Self::By(seconds.saturating_mul(1_000)),
            Move::ByDays(days) => Self::By(days.saturating_mul(DAY_MS)),
            Move::Freeze => Self::Freeze,
            Move::Thaw => Self::Thaw,
            Move::Reset => Self::Reset,
        }
    }
}

pub(super) async fn show(world: web::Data<World>, request: HttpRequest) -> Result<HttpResponse, Refused> {
    guard::local(&request)?;
    Ok(HttpResponse::Ok().json(world.clock_state()))
}

pub(super) async fn set(
    world: web::Data<World>,
    request: HttpRequest,
    wish: web::Json<Move>,
) -> Result<HttpResponse, Refused> {
    guard::change(&request)?;
    let moved = world.move_clock(wish.into_inner().into());
    Ok(match moved {
        Ok(state) => HttpResponse::Ok().json(state),
        Err(message) => HttpResponse::Conflict().json(json!({ "message": message })),
    })
}
