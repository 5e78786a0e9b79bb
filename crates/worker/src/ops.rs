//! `/health/live`, `/health/ready` and `/metrics` of a worker process.

use actix_web::{App, HttpResponse, HttpServer, web};
use platform::Db;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
struct Ops {
    db: Db,
    stopping: CancellationToken,
}

/// Serves until `stopping`.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(db: Db, listener: TcpListener, stopping: CancellationToken) -> std::io::Result<()> {
    let ops = Ops { db, stopping: stopping.clone() };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(ops.clone()))
            .route("/health/live", web::get().to(live))
            .route("/health/ready", web::get().to(ready))
            .route("/metrics", web::get().to(metrics))
    })
    .workers(1)
    // A probe that keeps its connection open must not keep the process.
    .shutdown_timeout(3)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    stopping.cancelled().await;
    handle.stop(true).await;
    running.await.unwrap_or(Ok(()))
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "live" }))
}

async fn ready(ops: web::Data<Ops>) -> HttpResponse {
    let answers = ops.db.now().await.is_ok();
    if answers && !ops.stopping.is_cancelled() {
        HttpResponse::Ok().json(serde_json::json!({ "status": "ready" }))
    } else {
        HttpResponse::ServiceUnavailable().json(serde_json::json!({ "status": "not_ready", "database": answers }))
    }
}

async fn metrics() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(platform::metrics::render())
}
