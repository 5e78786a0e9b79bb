//! Status, headers and cookies of every route, of error pages and of files, against a list that is kept: a change there is
//! a decision. `UPDATE_GOLDEN=1 cargo test -p bff golden` writes it anew.

use crate::browser::{Browser, registration};
use crate::harness::{PASSWORD, TestPortal};
use crate::mailbox;
use reqwest::Method;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Headers whose value differs from run to run; what stands in its place.
fn settled(name: &str, value: &str) -> Option<String> {
    Some(match name {
        // `connection` says whether the body had arrived when the answer was ready.
        "date" | "content-length" | "connection" => return None,
        "retry-after" => "…".to_owned(),
        "x-request-id" | "etag" | "last-modified" => format!("<{name}>"),
        "ratelimit" => value
            .split(", ")
            .map(|part| format!("{};r=…;t=…", part.split(';').next().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", "),
        "set-cookie" => {
            let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
            let (cookie, content) = pair.split_once('=').unwrap_or((pair, ""));
            let content = if content.is_empty() { "" } else { "…" };
            // A refresh gives what is left of the seven days: up to a minute has gone by in this test.
            let near = |part: &str| {
                part.trim().strip_prefix("Max-Age=")?.parse::<u32>().ok().filter(|s| (604_740..604_800).contains(s))
            };
            let parts = attributes.split(';').map(|part| if near(part).is_some() { " Max-Age=604800" } else { part });
            format!("{cookie}={content};{}", parts.collect::<Vec<_>>().join(";"))
        }
        _ => value.to_owned(),
    })
}

async fn shown(what: &str, request: reqwest::RequestBuilder) -> String {
    let reply = request.send().await.unwrap();
    let mut lines: Vec<String> = Vec::new();
    for (name, value) in reply.headers() {
        if let Some(value) = settled(name.as_str(), value.to_str().unwrap()) {
            lines.push(format!("  {name}: {value}"));
        }
    }
    lines.sort();
    format!("{what}\n  {}\n{}\n\n", reply.status().as_u16(), lines.join("\n"))
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/headers.txt")
}

fn pages() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("portal-golden-{}", platform::clock::random_id()));
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for name in ["index.html", "assets/app-0123456789abcdef.js", "assets/app-0123456789abcdef_bg.wasm", "favicon.svg"] {
        std::fs::write(folder.join(name), "x").unwrap();
    }
    std::fs::write(folder.join("assets/app-0123456789abcdef.js.br"), "x").unwrap();
    folder
}

/// A portal as in production as far as headers can tell: over HTTPS, in front of which something ends TLS.
async fn production() -> (TestPortal, PathBuf) {
    let folder = pages();
    let files = folder.clone();
    let portal = TestPortal::start_with(move |config| {
        config.public_url = "https://portal.example".parse().unwrap();
        config.cookie_secure = true;
        config.allowed_origins = vec!["https://portal.example".to_owned()];
        config.static_dir = Some(files);
        config.rates = bff::Rates { login: 3, ..bff::Rates::default() };
    })
    .await;
    (portal, folder)
}

/// A request of a page of that portal.
fn ask(browser: &Browser, method: Method, path: &str) -> reqwest::RequestBuilder {
    let mut plain = browser.clone();
    plain.url.clone_from(&browser.url);
    let client =
        reqwest::Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut request = client.request(method, format!("{}{path}", browser.url));
    request = request.header("origin", "https://portal.example").header("x-portal-client", "web");
    if let Some(token) = &browser.token {
        request = request.bearer_auth(token);
    }
    if let Some(cookie) = &browser.cookie {
        request = request.header("cookie", cookie);
    }
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_headers_and_cookies_of_every_route() {
    let (portal, folder) = production().await;
    let nobody = portal.browser();
    let mut list = String::new();
    let mut signed_in = nobody.clone();
    let form = registration("golden@example.com");
    let accepted = ask(&nobody, Method::POST, "/api/auth/register").json(&form).send().await.unwrap();
    assert_eq!(accepted.status(), 202);
    let token = mailbox::link(&portal.db, "golden@example.com", "confirm_sign_up").await;
    let reply =
        ask(&nobody, Method::POST, "/api/auth/register/confirm").json(&json!({ "token": token })).send().await.unwrap();
    assert_eq!(reply.status(), 201);
    let cookie = reply.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    signed_in.token = Some(reply.json::<domain::auth::TokenReply>().await.unwrap().access_token);
    signed_in.cookie = Some(cookie);
    let document = serde_json::to_value(bff::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            // Signing in and out follow below, with what they need.
            let address = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = ask(&nobody, method.clone(), &address);
            list += &shown(&format!("{method} {path}, by nobody"), request).await;
            let leaves = ["/api/auth/logout", "/api/auth/refresh"].contains(&path.as_str());
            let secured = !item[method.as_str().to_lowercase()]["security"].is_null();
            // To a customer a staff act with a wrong body is either not there or wrong, whichever is found first.
            let body = !item[method.as_str().to_lowercase()]["requestBody"].is_null();
            if secured && !leaves && !(body && path.starts_with("/api/ops/")) {
                list += &shown(&format!("{method} {path}, signed in"), ask(&signed_in, method, &address)).await;
            }
        }
    }
    let login = json!({ "email": "golden@example.com", "password": PASSWORD });
    for (what, request) in [
        ("sign-in", ask(&nobody, Method::POST, "/api/auth/login").json(&login)),
        ("refresh", ask(&signed_in, Method::POST, "/api/auth/refresh")),
        (
            "refresh with a token of nobody",
            ask(&nobody, Method::POST, "/api/auth/refresh").header("cookie", "__Host-portal_refresh=x"),
        ),
        ("sign-out", ask(&signed_in, Method::POST, "/api/auth/logout")),
        (
            "sign-in with another site's form",
            ask(&nobody, Method::POST, "/api/auth/login").header("sec-fetch-site", "cross-site"),
        ),
        ("sign-in, wrong type", ask(&nobody, Method::POST, "/api/auth/login").body("x")),
        ("sign-in, packed", ask(&nobody, Method::POST, "/api/auth/login").header("content-encoding", "gzip").body("x")),
        ("sign-in, too large", ask(&nobody, Method::POST, "/api/auth/login").body(vec![b'x'; 70_000])),
        ("sign-in, too often", ask(&nobody, Method::POST, "/api/auth/login").json(&login)),
        ("an unknown address of the API", ask(&nobody, Method::GET, "/api/nothing")),
        ("a method that is not offered", ask(&nobody, Method::DELETE, "/api/orders")),
        ("a page", ask(&nobody, Method::GET, "/")),
        ("a page below", ask(&nobody, Method::GET, "/orders/7")),
        ("a page, asked for its head", ask(&nobody, Method::HEAD, "/")),
        ("a file with a hash", ask(&nobody, Method::GET, "/assets/app-0123456789abcdef.js")),
        (
            "the same, packed",
            ask(&nobody, Method::GET, "/assets/app-0123456789abcdef.js").header("accept-encoding", "br"),
        ),
        ("the program", ask(&nobody, Method::GET, "/assets/app-0123456789abcdef_bg.wasm")),
        ("a file without a hash", ask(&nobody, Method::GET, "/favicon.svg")),
        ("a missing file", ask(&nobody, Method::GET, "/assets/missing.js")),
        ("a hidden file", ask(&nobody, Method::GET, "/.env")),
    ] {
        list += &shown(what, request).await;
    }
    portal.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
    compare(&list);
    // Whatever the list says: these hold for all of it.
    for block in list.split("\n\n").filter(|b| !b.trim().is_empty()) {
        for header in [
            "content-security-policy: default-src 'none'",
            "strict-transport-security: max-age=31536000; includeSubDomains",
            "x-content-type-options: nosniff",
            "cache-control: ",
        ] {
            assert!(block.contains(header), "{header} is missing: {block}");
        }
        assert!(
            !block.contains("unsafe-inline") && !block.replace("wasm-unsafe-eval", "").contains("unsafe"),
            "{block}"
        );
        for cookie in block.lines().filter(|line| line.trim_start().starts_with("set-cookie")) {
            for part in ["__Host-", "; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/"] {
                assert!(cookie.contains(part), "{part}: {cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert!(!block.contains("\n  server:") && !block.contains("x-powered-by"), "{block}");
    }
}

/// With nginx in front, pages and files come from it: its list of headers says the same as ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_headers_of_nginx_are_those_of_the_pages() {
    let conf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker/nginx");
    let read = |name: &str| std::fs::read_to_string(conf.join(name)).unwrap();
    let (headers, main) = (read("headers.conf"), read("nginx.conf"));
    let (portal, folder) = production().await;
    let page = ask(&portal.browser(), Method::GET, "/").send().await.unwrap();
    let mut listed = Vec::new();
    for line in headers.lines().filter_map(|line| line.strip_prefix("add_header ")) {
        let (name, value) = line.strip_suffix(" always;").expect("errors have them too").split_once(' ').unwrap();
        let value = match value {
            // Filled in by a map where the customer came over HTTPS.
            "$transport_security" => main
                .split("https \"max-age")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .map(|rest| format!("max-age{rest}"))
                .unwrap(),
            plain => plain.trim_matches('"').to_owned(),
        };
        assert_eq!(page.headers().get(name).and_then(|v| v.to_str().ok()), Some(value.as_str()), "{name}");
        listed.push(name.to_lowercase());
    }
    let of_the_file = [
        "content-type",
        "content-length",
        "date",
        "etag",
        "last-modified",
        "accept-ranges",
        "cache-control",
        "vary",
        "x-request-id",
        "connection",
    ];
    for name in page.headers().keys().filter(|name| !of_the_file.contains(&name.as_str())) {
        assert!(listed.iter().any(|known| known == name.as_str()), "nginx does not send {name}");
    }
    // `add_header` in a location hides those from outside of it, so each that serves files names the list.
    for location in ["location /assets/ {", "location / {"] {
        let block = main.split(location).nth(1).and_then(|rest| rest.split('}').next()).unwrap();
        assert!(block.contains("include headers.conf;"), "{location}");
    }
    assert!(main.contains("server_tokens off;"));
    portal.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

fn compare(list: &str) {
    let file = file();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, list).unwrap();
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    let mut words = String::new();
    let (was, is): (Vec<&str>, Vec<&str>) = (stored.split("\n\n").collect(), list.split("\n\n").collect());
    for block in is.iter().filter(|block| !was.contains(block)) {
        let _ = write!(words, "is:\n{block}\n");
    }
    for block in was.iter().filter(|block| !is.contains(block)) {
        let _ = write!(words, "was:\n{block}\n");
    }
    assert!(
        stored == list,
        "the headers are not those of tests/it/golden/headers.txt; if they are meant: UPDATE_GOLDEN=1\n{words}"
    );
}
