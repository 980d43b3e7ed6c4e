//! argon2 (RFC 9106), in memory that the calling thread keeps between hashes.
//!
//! On x86-64, [`fill`] fills the memory with the vector instructions that are detected at run time. On other processors,
//! the crate `argon2` does. The tests compare both. See `docs/internals/decisions/0012-argon2-kernel.md`.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use blake2::{
    Blake2b512, Blake2bVarCore, Digest as _,
    digest::{
        block_api::{UpdateCore as _, VariableOutputCore as _},
        block_buffer::LazyBuffer,
    },
};
use fearless_simd::Level;

use super::{
    fill::{self, MemoryShape},
    grown,
};

/// The longest digest of BLAKE2b, in bytes.
const DIGEST_BYTES: usize = 64;

/// Returns the tag of `tag_bytes` bytes, or `None` when memory runs out.
pub(crate) fn argon2(
    (algorithm, version, params): (Algorithm, Version, &Params),
    password: &[u8],
    salt: &[u8],
    tag_bytes: usize,
    memory: &mut Vec<Block>,
) -> Option<Vec<u8>> {
    let memory = grown(memory, params.block_count())?;
    let mut tag = vec![0; tag_bytes];
    if let Some(level) = level() {
        compute(level, (algorithm, version, params), password, salt, &mut tag, memory)?;
    } else {
        let parameters = Argon2::new(algorithm, version, params.clone());
        parameters.hash_password_into_with_memory(password, salt, &mut tag, memory).ok()?;
    }
    Some(tag)
}

/// Returns the level of vector instructions for [`fill`]. x86-64 processors since about 2010 have at least SSE 4.2.
fn level() -> Option<Level> {
    #[cfg(target_arch = "x86_64")]
    return Some(Level::new()).filter(|level| level.as_sse4_2().is_some());
    #[cfg(not(target_arch = "x86_64"))]
    return None;
}

pub(super) fn compute(
    level: Level,
    (algorithm, version, params): (Algorithm, Version, &Params),
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
    memory: &mut [Block],
) -> Option<()> {
    let shape = MemoryShape::new(algorithm as u64, version == Version::V0x13, params)?;
    let first = first_digest((algorithm, version, params), password, salt, tag.len())?;
    let lane_length = memory.len() / shape.lanes;
    let mut bytes = [0; Block::SIZE];
    for (lane, blocks) in (0_u32..).zip(memory.chunks_exact_mut(lane_length)) {
        for (number, block) in (0_u32..2).zip(blocks) {
            long_digest(&[&first, &number.to_le_bytes(), &lane.to_le_bytes()], &mut bytes)?;
            for (word, bytes) in block.as_mut().iter_mut().zip(bytes.as_chunks().0) {
                *word = u64::from_le_bytes(*bytes);
            }
        }
    }
    fearless_simd::dispatch!(level, simd => fill::fill(simd, &shape, memory));
    let mut last = Block::default();
    for block in memory.chunks_exact(lane_length).filter_map(<[Block]>::last) {
        last.as_mut().iter_mut().zip(block.as_ref()).for_each(|(sum, word)| *sum ^= word);
    }
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(last.as_ref()) {
        *bytes = word.to_le_bytes();
    }
    long_digest(&[&bytes], tag)
}

/// Returns H0 of §3.2.
fn first_digest(
    (algorithm, version, params): (Algorithm, Version, &Params),
    password: &[u8],
    salt: &[u8],
    tag_bytes: usize,
) -> Option<[u8; DIGEST_BYTES]> {
    let mut digest = Blake2b512::new();
    let tag_bytes = u32::try_from(tag_bytes).ok()?;
    let costs = [params.p_cost(), tag_bytes, params.m_cost(), params.t_cost(), version as u32, algorithm as u32];
    costs.iter().for_each(|number| digest.update(number.to_le_bytes()));
    let no_secret: &[u8] = &[];
    for input in [password, salt, no_secret, params.data()] {
        digest.update(u32::try_from(input.len()).ok()?.to_le_bytes());
        digest.update(input);
    }
    Some(digest.finalize().into())
}

/// Computes H' of §3.3: BLAKE2b of any length.
fn long_digest(inputs: &[&[u8]], out: &mut [u8]) -> Option<()> {
    let length = u32::try_from(out.len()).ok()?.to_le_bytes();
    let inputs = || std::iter::once(length.as_slice()).chain(inputs.iter().copied());
    if out.len() <= DIGEST_BYTES {
        return short_digest(inputs(), out);
    }
    let mut digest = Blake2b512::new();
    inputs().for_each(|input| digest.update(input));
    let mut last: [u8; DIGEST_BYTES] = digest.finalize().into();
    let mut rest = out;
    while rest.len() > DIGEST_BYTES {
        let (head, tail) = rest.split_at_mut(DIGEST_BYTES / 2);
        head.copy_from_slice(last.first_chunk::<{ DIGEST_BYTES / 2 }>()?);
        rest = tail;
        if rest.len() > DIGEST_BYTES {
            last = Blake2b512::digest(last).into();
        }
    }
    short_digest(std::iter::once(last.as_slice()), rest)
}

/// BLAKE2b of as many bytes as `out` has, at most 64.
fn short_digest<'a>(inputs: impl Iterator<Item = &'a [u8]>, out: &mut [u8]) -> Option<()> {
    let mut digest = Blake2bVarCore::new(out.len()).ok()?;
    let mut buffer = LazyBuffer::default();
    for input in inputs {
        buffer.digest_blocks(input, |blocks| digest.update_blocks(blocks));
    }
    let mut whole = Default::default();
    digest.finalize_variable_core(&mut buffer, &mut whole);
    out.copy_from_slice(whole.get(..out.len())?);
    Some(())
}
