//! The computation of argon2, the scheme of new passwords, behind one function.
//!
//! This module knows no hash string and no limits. Invariant: the caller has bounded the cost, and exhausted memory is an
//! answer (`None`) where an abort can be avoided. The calling thread owns the memory and reuses it for the next hash, so
//! that the system need not clear the pages again.

mod argon2;
mod fill;
#[cfg(test)]
mod tests;

use ::argon2::Block;

pub(crate) use argon2::argon2;

/// Returns the first `blocks` blocks of `memory`, grown if necessary, or `None` when memory runs out. They still contain
/// the data of the last hash.
fn grown(memory: &mut Vec<Block>, blocks: usize) -> Option<&mut [Block]> {
    if memory.len() < blocks {
        memory.try_reserve_exact(blocks - memory.len()).ok()?;
        memory.resize(blocks, Block::default());
    }
    memory.get_mut(..blocks)
}
