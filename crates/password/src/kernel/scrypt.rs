//! scrypt (RFC 7914), in memory that the calling thread keeps from one hash to the next.
//!
//! A salsa20/8 core is one long chain of operations, so what counts is how few there are and that nothing else waits: the
//! sum with a block of V is taken on the way, and the four vectors stay in their registers. On x86-64 alone; elsewhere
//! the crate `scrypt` computes, which is also what the tests hold this against.

use argon2::Block;
use fearless_simd::{Level, Simd, prelude::*, u32x4, u64x2};

use super::{blank, grown, pbkdf2_sha256};

/// What a salsa20 core works on: 64 bytes.
type Line = [u32; 16];

const LINE_BYTES: usize = 64;
/// 64-bit words of a line where it is kept.
const LINE_WORDS: usize = 8;
const LINES_OF_BLOCK: usize = Block::SIZE / LINE_BYTES;

/// Where each word of a line stands in memory while it is mixed: by diagonals, so that the first column of the core is
/// four vectors as they lie.
const DIAGONALS: [usize; 16] = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11];

/// Fills `out` with the key that `password` gives at N = 2^`log_n`. `None` when the parameters are not scrypt's, or when
/// memory cannot be had.
pub(crate) fn scrypt(
    password: &[u8],
    salt: &[u8],
    (log_n, r, p): (u8, u32, u32),
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Option<()> {
    let params = scrypt::Params::new(log_n, r, p).ok()?;
    if cfg!(target_arch = "x86_64") {
        compute(Level::new(), password, salt, (log_n, r, p), out, memory)
    } else {
        scrypt::scrypt(password, salt, &params, out).ok()
    }
}

pub(super) fn compute(
    level: Level,
    password: &[u8],
    salt: &[u8],
    (log_n, r, p): (u8, u32, u32),
    out: &mut [u8],
    memory: &mut Vec<Block>,
) -> Option<()> {
    let lines = usize::try_from(r).ok()?.checked_mul(2)?;
    let n = 1_usize.checked_shl(log_n.into())?;
    let mut bytes = blank(lines.checked_mul(LINE_BYTES)?.checked_mul(usize::try_from(p).ok()?)?)?;
    pbkdf2_sha256(password, salt, 1, &mut bytes);
    let memory = grown(memory, n.checked_mul(lines)?.div_ceil(LINES_OF_BLOCK))?;
    let (mut block, mut next) = (blank(lines)?, blank(lines)?);
    for pool in bytes.chunks_exact_mut(lines * LINE_BYTES) {
        for (line, bytes) in block.iter_mut().zip(pool.as_chunks::<LINE_BYTES>().0) {
            *line = DIAGONALS.map(|at| bytes.as_chunks().0.get(at).map_or(0, |word| u32::from_le_bytes(*word)));
        }
        fearless_simd::dispatch!(level, simd => mix(simd, (&mut block, &mut next), memory, n))?;
        for (line, bytes) in block.iter().zip(pool.as_chunks_mut::<LINE_BYTES>().0) {
            for (at, word) in DIAGONALS.iter().zip(line) {
                *bytes.as_chunks_mut().0.get_mut(*at)? = word.to_le_bytes();
            }
        }
    }
    pbkdf2_sha256(password, &bytes, 1, out);
    Some(())
}

/// scryptROMix (§5) of `block`, with `memory` for V and `next`, as long as `block`, for what comes of each step.
#[inline(always)]
fn mix<S: Simd>(
    simd: S,
    (block, next): (&mut Vec<Line>, &mut Vec<Line>),
    memory: &mut [Block],
    n: usize,
) -> Option<()> {
    let lines = block.len();
    for at in 0..n {
        for (number, line) in block.iter().enumerate() {
            keep(simd, memory, at * lines + number, line)?;
        }
        mix_block(simd, block, None, next)?;
        std::mem::swap(block, next);
    }
    for _ in 0..n {
        // Integerify: the first word of the last line is also the first by diagonals.
        let at = *block.last()?.first()? as usize % n;
        mix_block(simd, block, Some((memory, at * lines)), next)?;
        std::mem::swap(block, next);
    }
    Some(())
}

/// scryptBlockMix (§4) of `block`, or of its sum with the lines of V from a number on, into `out`.
#[inline(always)]
fn mix_block<S: Simd>(simd: S, block: &[Line], other: Option<(&[Block], usize)>, out: &mut [Line]) -> Option<()> {
    let last = block.len().checked_sub(1)?;
    let mut line = load(simd, block.last()?);
    if let Some((memory, first)) = other {
        add(&mut line, kept(simd, memory, first + last)?);
    }
    // Lines of even number come first in the output.
    let (even, odd) = out.split_at_mut(block.len() / 2);
    let places = even.iter_mut().zip(odd).flat_map(|(even, odd)| [even, odd]);
    for (number, (from, to)) in block.iter().zip(places).enumerate() {
        add(&mut line, load(simd, from));
        if let Some((memory, first)) = other {
            add(&mut line, kept(simd, memory, first + number)?);
        }
        core(&mut line);
        for (vector, words) in line.iter().zip(to.as_chunks_mut::<4>().0) {
            *words = (*vector).into();
        }
    }
    Some(())
}

/// salsa20/8 (§3), by diagonals.
#[inline(always)]
fn core<S: Simd>(line: &mut [u32x4<S>; 4]) {
    let [mut a, mut b, mut c, mut d] = *line;
    for _ in 0..8 {
        b ^= rotate(a + d, 7);
        c ^= rotate(b + a, 9);
        d ^= rotate(c + b, 13);
        a ^= rotate(d + c, 18);
        (b, d) = (d.slide_within_blocks::<1>(d), b.slide_within_blocks::<3>(b));
        c = c.slide_within_blocks::<2>(c);
    }
    for (vector, mixed) in line.iter_mut().zip([a, b, c, d]) {
        *vector += mixed;
    }
}

#[inline(always)]
fn rotate<S: Simd>(vector: u32x4<S>, left: u32) -> u32x4<S> {
    (vector << left) | (vector >> (32 - left))
}

#[inline(always)]
fn add<S: Simd>(line: &mut [u32x4<S>; 4], other: [u32x4<S>; 4]) {
    for (vector, other) in line.iter_mut().zip(other) {
        *vector ^= other;
    }
}

#[inline(always)]
fn load<S: Simd>(simd: S, line: &Line) -> [u32x4<S>; 4] {
    let [a, b, c, d] = *line.as_chunks::<4>().0 else { return [u32x4::splat(simd, 0); 4] };
    [a, b, c, d].map(
        #[inline(always)]
        |words| words.simd_into(simd),
    )
}

/// Line `number` of V.
#[inline(always)]
fn kept<S: Simd>(simd: S, memory: &[Block], number: usize) -> Option<[u32x4<S>; 4]> {
    let block = memory.get(number / LINES_OF_BLOCK)?.as_ref().as_chunks::<LINE_WORDS>().0;
    let [a, b, c, d] = *block.get(number % LINES_OF_BLOCK)?.as_chunks::<2>().0 else { return None };
    Some([a, b, c, d].map(
        #[inline(always)]
        |words| u64x2::simd_from(simd, words).bitcast(),
    ))
}

/// Makes `line` the line `number` of V.
#[inline(always)]
fn keep<S: Simd>(simd: S, memory: &mut [Block], number: usize, line: &Line) -> Option<()> {
    let block = memory.get_mut(number / LINES_OF_BLOCK)?.as_mut().as_chunks_mut::<LINE_WORDS>().0;
    let places = block.get_mut(number % LINES_OF_BLOCK)?.as_chunks_mut::<2>().0;
    for (vector, words) in load(simd, line).iter().zip(places) {
        *words = vector.bitcast::<u64x2<S>>().into();
    }
    Some(())
}
