//! The OpenAPI document and the reference page, from the descriptions of the operations.
//!
//! Invariant: the document and the page state nothing that the descriptions do not.

mod document;
mod objects;
mod page;
mod responses;

pub use self::{
    document::document,
    page::{page, page_policy},
};
