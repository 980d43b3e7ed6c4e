//! The working memory of a hashing thread.

use argon2::Block;

/// The memory that a thread keeps between hashes.
#[derive(Default)]
pub struct Scratch {
    /// The blocks of argon2.
    pub(crate) memory: Vec<Block>,
}
