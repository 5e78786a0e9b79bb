//! The list of features, and the document that they make together.

use crate::error::ApiError;
use crate::features::{
    account, auth, catalog, docs, health, links, live, ops, orders, people, spa, subscriptions, webhooks,
};
use crate::http::extract::BODY_LIMIT;
use crate::http::faults;
use crate::http::middleware::{guard, intake, meter, observe};
use crate::http::rights;
use crate::state::{Context, Ctx};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, web};
use domain::{ErrorCode, FieldError, Problem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem};
use utoipa::{Modify, OpenApi as _};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

fn configure(cfg: &mut ServiceConfig) {
    auth::routes::configure(cfg);
    auth::sign_in_routes::configure(cfg);
    auth::security_routes::configure(cfg);
    links::routes::configure(cfg);
    account::routes::configure(cfg);
    catalog::routes::configure(cfg);
    orders::routes::configure(cfg);
    subscriptions::routes::configure(cfg);
    live::routes::configure(cfg);
    people::routes::configure(cfg);
    ops::routes::configure(cfg);
    webhooks::routes::configure(cfg);
    health::routes::configure(cfg);
    docs::routes::configure(cfg);
}

/// One worker's application.
pub(crate) fn app(
    ctx: web::Data<Context>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let ctx: Ctx = ctx;
    App::new()
        .app_data(ctx)
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .app_data(web::PathConfig::default().error_handler(|_, _| ApiError::not_found().into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| {
            ApiError::new(ErrorCode::Unreadable).detail("The query of the address could not be read.").into()
        }))
        // The last one is the outermost.
        .wrap(Compress::default())
        .wrap(from_fn(guard::same_origin))
        .wrap(from_fn(meter::meter))
        .wrap(from_fn(intake::intake))
        .wrap(from_fn(observe::observe))
        .into_utoipa_app()
        .configure(configure)
        .into_app()
        .default_service(web::to(spa::service::fallback))
}

/// The OpenAPI document of all features.
pub(crate) fn document() -> OpenApi {
    let (_, mut document) =
        App::new().into_utoipa_app().openapi(Base::openapi()).configure(configure).split_for_parts();
    for (path, item) in &mut document.paths.paths {
        of_the_layers(path, item);
    }
    document.info = InfoBuilder::new()
        .title("Customer portal API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "What the portal's own pages use. Errors are RFC 9457 problems; their codes are explained in docs/errors.md. \
             Writes need the header X-Portal-Client and an Origin of the portal.",
        ))
        .contact(Some(ContactBuilder::new().name(Some("Portal team")).build()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    rights::write_into(&mut document);
    document
}

/// What the layers around a handler may answer in its place.
fn of_the_layers(path: &str, item: &mut PathItem) {
    let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
    for operation in operations.into_iter().flatten() {
        let mut codes = Vec::new();
        if path.starts_with("/api/") {
            codes.push(ErrorCode::TooManyRequests);
        }
        if operation.request_body.is_some() {
            codes.extend([ErrorCode::BodyLate, ErrorCode::TooLarge, ErrorCode::MediaTypeUnsupported]);
        }
        for (status, response) in faults::responses(&codes) {
            operation.responses.responses.entry(status).or_insert(response);
        }
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(modifiers(&Bearer), components(schemas(Problem, FieldError, ErrorCode)))]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("Access token of sign-in, good for 15 minutes."))
            .build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}
