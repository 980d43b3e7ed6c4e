//! argon2 (RFC 9106), in memory that the calling thread keeps from one hash to the next.

use argon2::{Argon2, Block};

/// The tag of `tag_bytes` bytes. `memory` is the calling thread's own and is reused from hash to hash, which saves the
/// kernel clearing the pages anew; it grows to what the hash needs. `None` when memory cannot be had.
pub(crate) fn argon2(
    kernel: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    tag_bytes: usize,
    memory: &mut Vec<Block>,
) -> Option<Vec<u8>> {
    let blocks = kernel.params().block_count();
    if memory.len() < blocks {
        memory.try_reserve_exact(blocks - memory.len()).ok()?;
        memory.resize(blocks, Block::default());
    }
    let mut tag = vec![0; tag_bytes];
    kernel.hash_password_into_with_memory(password, salt, &mut tag, memory.get_mut(..blocks)?).ok()?;
    Some(tag)
}
