//! `/api/v1` and its documents: the tree mirrors the URLs.

mod errors;
mod framing;
mod openapi;
mod shell;
