//! The files a page loads: style, script, icon. They are part of the program.

use actix_web::HttpResponse;

const STYLE: &str = concat!(include_str!("../assets/base.css"), include_str!("../assets/parts.css"));
const SCRIPT: &str = include_str!("../assets/console.js");
const ICON: &str = include_str!("../assets/icon.svg");

fn file(content_type: &'static str, body: &'static str) -> HttpResponse {
    // Revalidated, because another build may stand at the same address.
    HttpResponse::Ok().content_type(content_type).insert_header(("Cache-Control", "no-cache")).body(body)
}

pub(in super::super) async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", STYLE)
}

pub(in super::super) async fn script() -> HttpResponse {
    file("text/javascript; charset=utf-8", SCRIPT)
}

pub(in super::super) async fn icon() -> HttpResponse {
    file("image/svg+xml", ICON)
}
