//! The floor of `cargo xtask bench`: one JSON handler, served by the web framework alone.
//!
//! It uses nothing of Doorward, so the cost of Doorward's accept loop is part of what is measured against it. It listens
//! on a free port and prints the address.

#![expect(clippy::print_stdout, reason = "the bench reads the address from here")]

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use tokio::net::TcpListener;

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("floor listens on http://{}", listener.local_addr()?);
    let answer = async || ([(CONTENT_TYPE, "application/json")], r#"{"username":"user0"}"#);
    axum::serve(listener, Router::new().route("/", get(answer))).await
}
