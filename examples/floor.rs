//! The floor of `cargo xtask bench`: a bare JSON handler on the same web framework and the same accept loop.
//!
//! It listens on a free port and prints the address.

#![expect(clippy::print_stdout, reason = "the bench reads the address from here")]

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use doorward::http::{Limits, ServerSettings, proxies_within};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("floor listens on http://{}", listener.local_addr()?);
    let router =
        Router::new().route("/", get(async || ([(CONTENT_TYPE, "application/json")], r#"{"username":"user0"}"#)));
    let handle = move |request| {
        let answer = router.clone().oneshot(request);
        async { answer.await.unwrap_or_else(|never| match never {}) }
    };
    let door = ServerSettings { limits: Limits::of(10_000), is_proxy: proxies_within(Vec::new()), tls: None };
    doorward::http::serve(listener, door, handle, std::future::pending()).await;
    Ok(())
}
