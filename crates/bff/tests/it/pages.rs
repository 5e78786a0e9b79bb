//! Files of the front end.

use crate::browser::{Answer, Browser};
use crate::harness::TestPortal;
use domain::ErrorCode;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_and_pages_are_served() {
    let folder = std::env::temp_dir().join(format!("portal-pages-{}", platform::clock::random_id()));
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("index.html", "<!doctype html><title>Portal</title>");
    write("app-0123456789abcdef.js", "plain script");
    write("app-0123456789abcdef.js.br", "brotli twin");
    write("app-0123456789abcdef.js.gz", "gzip twin");
    write("app-0123456789abcdef_bg.wasm", "wasm");
    write("assets/logo.svg", "<svg/>");
    write(".secret", "hidden");
    let dir = folder.clone();
    let portal = TestPortal::start_with(move |config| config.static_dir = Some(dir)).await;
    let ask = async |path: &str, encoding: &str| -> Answer {
        Browser::send(portal.browser().request(Method::GET, path).header("accept-encoding", encoding)).await
    };
    for page in ["/", "/orders", "/orders/7f0c", "/sign-in?next=%2Forders"] {
        let answer = ask(page, "").await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.body.contains("<title>Portal"), "{page}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    }
    let script = "/app-0123456789abcdef.js";
    for (accepted, coding, body) in [
        ("gzip, deflate, br", "br", "brotli twin"),
        ("gzip", "gzip", "gzip twin"),
        ("br;q=0, gzip;q=0.5", "gzip", "gzip twin"),
        ("identity", "", "plain script"),
    ] {
        let answer = ask(script, accepted).await;
        assert_eq!((answer.header("content-encoding"), answer.body.as_str()), (coding, body), "{accepted}");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(answer.header("vary").contains("accept-encoding"));
    }
    let wasm = ask("/app-0123456789abcdef_bg.wasm", "identity").await;
    assert_eq!(wasm.header("content-type"), "application/wasm");
    let logo = ask("/assets/logo.svg", "identity").await;
    assert_eq!((logo.header("content-type"), logo.header("cache-control")), ("image/svg+xml", "no-cache"));
    for missing in
        ["/app-fedcba9876543210.js", "/.secret", "/assets/.x", "/..%2f..%2fetc%2fpasswd.txt", "/assets/../.secret"]
    {
        let answer = ask(missing, "identity").await;
        assert_ne!(answer.body, "hidden");
        assert!(answer.status == 404 || answer.body.contains("<title>Portal"), "{missing}: {}", answer.body);
    }
    ask("/app-fedcba9876543210.js", "identity").await.problem(ErrorCode::NotFound);
    ask("/api/nothing", "identity").await.problem(ErrorCode::NotFound);
    let head = Browser::send(portal.browser().request(Method::HEAD, script)).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    let post = Browser::send(portal.browser().request(Method::POST, "/orders")).await;
    post.problem(ErrorCode::MethodNotAllowed);
    portal.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}
