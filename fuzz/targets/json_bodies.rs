//! Fuzzes the bodies of all operations and legacy routes: no bytes cause a panic, and an accepted body is a JSON object
//! for other parsers too.
//!
//! The first byte chooses the operation, the second the content type.

#![no_main]

use axum::{body::Body, extract::Request};
use doorward::http::readers::{api_operations, is_legacy_body, is_sound, reads_body};
use libfuzzer_sys::fuzz_target;

const TYPES: [&str; 4] =
    ["application/json", "application/merge-patch+json", "application/json; charset=\"utf-8\"", "text/plain"];

fn request(content_type: &str, body: &[u8]) -> Request {
    let request = Request::builder().method("POST").uri("/?limit=1&cursor=AWFubg").header("content-type", content_type);
    request.body(Body::from(body.to_vec())).expect("a request")
}

thread_local! {
    static RUNTIME: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
}

fuzz_target!(|bytes: &[u8]| {
    let [operation, content_type, body @ ..] = bytes else { return };
    let content_type = TYPES[usize::from(*content_type) % TYPES.len()];
    let operation = usize::from(*operation) % api_operations();
    let is_accepted = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let is_sound = is_sound(operation, request(content_type, body)).await;
            (is_sound && reads_body(operation)) | is_legacy_body(request(content_type, body)).await
        })
    });
    if is_accepted && !body.is_empty() {
        assert!(serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|value| value.is_object()));
    }
});
