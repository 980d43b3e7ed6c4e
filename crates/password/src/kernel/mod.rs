//! The computation of argon2, the scheme of new passwords, behind one function.
//!
//! What calls them knows strings and bounds; what is here knows neither. Invariant: a caller has bounded the cost
//! before it calls, and memory that cannot be had is an answer (`None`), never an abort that could be avoided. Memory is
//! the calling thread's own and is reused from one hash to the next, which saves the system clearing the pages anew.

mod argon2;
mod fill;
#[cfg(test)]
mod tests;

use ::argon2::Block;

pub(crate) use argon2::argon2;

/// The first `blocks` blocks of `memory`, which grows to that many; `None` when it cannot. They hold what the last hash
/// left in them.
fn grown(memory: &mut Vec<Block>, blocks: usize) -> Option<&mut [Block]> {
    if memory.len() < blocks {
        memory.try_reserve_exact(blocks - memory.len()).ok()?;
        memory.resize(blocks, Block::default());
    }
    memory.get_mut(..blocks)
}
