//! The responses of `/openapi.json` and `/docs`: their types, their headers, and their content security policy.

use axum::http::{Method, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_test_macros::async_test;
use sha2::{Digest as _, Sha256};

use crate::support::Site;

#[async_test]
async fn the_documents_have_the_right_type_and_headers() {
    let site = Site::new().await;
    for (path, content_type) in [("/openapi.json", "application/json"), ("/docs", "text/html; charset=utf-8")] {
        let reply = site.anon().get(path).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers[header::CONTENT_TYPE], content_type);
        assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(reply.headers[header::CONTENT_LENGTH], reply.body.len().to_string().as_str());
        assert!(reply.set_cookie().is_none());
        // The same for every caller.
        assert_eq!(site.admin(&path.replace('/', "")).await.get(path).await.body, reply.body);
        assert!(site.anon().send(Method::HEAD, path, None).await.body.is_empty());
    }
}

// ASVS 3.4.3: the page needs no script and no external resource. Its one style is allowed by its hash.
#[async_test]
async fn the_page_needs_no_script_and_no_external_resource() {
    let site = Site::new().await;
    let reply = site.anon().get("/docs").await;
    let page = reply.text();
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = reply.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(policy, expected);
    for sign in ["<script", "<link", "<img", "<iframe", "http://", "https://", "src=", "style=", "onclick", "@import"] {
        assert!(!page.contains(sign), "{sign}");
    }
    let other = site.anon().get("/openapi.json").await;
    assert_eq!(
        other.headers[header::CONTENT_SECURITY_POLICY],
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    );
}

#[async_test]
async fn the_pages_links_resolve_and_its_tags_are_closed() {
    let site = Site::new().await;
    let page = site.anon().get("/docs").await.text();
    let mut links = 0;
    for link in page.split("href=\"#").skip(1) {
        let anchor = link.split('"').next().unwrap();
        assert_eq!(page.matches(&format!(" id=\"{anchor}\"")).count(), 1, "{anchor}");
        links += 1;
    }
    assert!(links > 200, "{links}");
    for tag in ["section", "table", "tr", "td", "th", "code", "pre", "p", "ul", "li", "dl", "nav", "main", "a"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}
