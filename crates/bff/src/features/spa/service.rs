//! Everything that no route has answered: a wrong method, an unknown API address, a file, or a page.

use crate::error::{ApiError, ApiResult};
use crate::http::routes::RouteTable;
use crate::state::Ctx;
use actix_files::NamedFile;
use actix_web::http::Method;
use actix_web::http::header::{self, ContentEncoding, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use domain::ErrorCode;
use std::path::{Path, PathBuf};

/// A name that holds a hash of its content never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Asked again each time; the answer is mostly 304.
const REVALIDATE: &str = "no-cache";

/// The app's default service.
pub(crate) async fn fallback(ctx: Ctx, request: HttpRequest) -> ApiResult<HttpResponse> {
    let path = request.path();
    if let Some((_, methods)) = RouteTable::get().find(path) {
        let allow =
            HeaderValue::from_str(&methods.join(", ")).map_err(|e| ApiError::new(ErrorCode::Internal).caused_by(e))?;
        // The route exists, so the method was wrong, or the route's own guard has refused the request.
        return Err(ApiError::new(ErrorCode::MethodNotAllowed).header(header::ALLOW, allow));
    }
    let of_the_api = ["/api", "/health", "/metrics"].iter().any(|p| path == *p || path.starts_with(&format!("{p}/")));
    let Some(folder) = ctx.config.static_dir.as_deref().filter(|_| !of_the_api) else {
        return Err(ApiError::not_found());
    };
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let allow = HeaderValue::from_static("GET, HEAD");
        return Err(ApiError::new(ErrorCode::MethodNotAllowed).header(header::ALLOW, allow));
    }
    let name = path.trim_start_matches('/');
    let is_file = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if !is_file {
        return serve(&request, folder, Path::new("index.html"), REVALIDATE).ok_or_else(ApiError::not_found);
    }
    let relative = safe(name).ok_or_else(ApiError::not_found)?;
    let caching = if is_hashed(name) { FOR_EVER } else { REVALIDATE };
    serve(&request, folder, &relative, caching).ok_or_else(ApiError::not_found)
}

/// A path below the folder: plain names only, no hidden files, nothing encoded.
fn safe(name: &str) -> Option<PathBuf> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    name.split('/').all(plain).then(|| PathBuf::from(name))
}

/// Trunk writes `name-0123456789abcdef.js` and `name-0123456789abcdef_bg.wasm`.
fn is_hashed(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let stem = last.split('.').next().unwrap_or(last);
    stem.split(['-', '_']).any(|part| part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn serve(request: &HttpRequest, folder: &Path, relative: &Path, caching: &'static str) -> Option<HttpResponse> {
    let path = folder.join(relative);
    let twins = [("br", ContentEncoding::Brotli), ("gz", ContentEncoding::Gzip)];
    let twin = twins.into_iter().filter(|(ending, _)| accepts(request, ending)).find_map(|(ending, encoding)| {
        let mut name = path.clone().into_os_string();
        name.push(format!(".{ending}"));
        NamedFile::open(PathBuf::from(name)).ok().map(|file| file.set_content_encoding(encoding))
    });
    let content_type = content_type(&path);
    let file = match twin {
        Some(file) => file,
        None => NamedFile::open(&path).ok().filter(|f| f.metadata().is_file())?,
    };
    let mut reply =
        file.set_content_type(content_type.parse().ok()?).disable_content_disposition().into_response(request);
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    Some(reply)
}

fn accepts(request: &HttpRequest, ending: &str) -> bool {
    let coding = if ending == "gz" { "gzip" } else { ending };
    let given = request.headers().get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|p| p.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0_f32));
        named && !refused
    })
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_folder() {
        for bad in
            ["../secret.txt", "a/../b.js", ".env", "a/.git/x.y", "a%2f..%2fb.js", "a\\b.js", "a//b.js", "/etc/x.y"]
        {
            assert_eq!(safe(bad), None, "{bad}");
        }
        assert_eq!(safe("assets/logo.svg"), Some(PathBuf::from("assets/logo.svg")));
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        assert!(is_hashed("frontend-3f2a9c1b7d6e5f40.js"));
        assert!(is_hashed("frontend-3f2a9c1b7d6e5f40_bg.wasm"));
        assert!(is_hashed("assets/style-0123abcd.css"));
        for plain in ["index.html", "theme.js", "favicon.svg", "feedback-form.js"] {
            assert!(!is_hashed(plain), "{plain}");
        }
    }
}
