//! Fills argon2's memory (RFC 9106 §3.4 and §3.5) with the vector instructions of the processor.
//!
//! One source for every width: a vector contains two words of each of 1, 2 or 4 permutations. [`CHAINS`] vectors of each
//! kind are computed at once, since one chain of dependent operations leaves a core half idle. This module knows no
//! password and no tag. Invariant: every block that is read was written before, by the rules of the RFC.
#![expect(
    clippy::indexing_slicing,
    clippy::inline_always,
    reason = "indices are bounded by the lengths that the types and `MemoryShape` fix, and a function that is not inlined \
              would be compiled without the processor's vectors"
)]

use argon2::{Block, Params};
use fearless_simd::{Simd, prelude::*};

/// The number of 64-bit words of a block.
const WORDS: usize = 128;
/// The widest vector, in words.
const WIDEST: usize = 8;
/// The number of vectors of each kind that are computed at once: two for each group of permutations.
const CHAINS: usize = 4;
const PERMUTATIONS: usize = 8;
const SLICES: usize = 4;
const LOW_HALF: u64 = 0xffff_ffff;

type Words = [u64; WORDS];

/// The variant of argon2, its passes and its lanes.
pub(super) struct MemoryShape {
    /// The variant's number in the RFC: 0 d, 1 i, 2 id.
    pub(super) kind: u64,
    /// Whether later passes are added to a block (version 0x13) or replace it (0x10).
    pub(super) adds: bool,
    pub(super) passes: usize,
    pub(super) lanes: usize,
}

impl MemoryShape {
    pub(super) fn new(kind: u64, adds: bool, params: &Params) -> Option<Self> {
        let [passes, lanes] = [params.t_cost(), params.p_cost()].map(|number| usize::try_from(number).ok());
        Some(Self { kind, adds, passes: passes?, lanes: lanes? })
    }
}

/// Fills `memory`. The first two blocks of each lane must be filled already.
#[inline(always)]
pub(super) fn fill<S: Simd>(simd: S, shape: &MemoryShape, memory: &mut [Block]) {
    for pass in 0..shape.passes {
        for slice in 0..SLICES {
            for lane in 0..shape.lanes {
                fill_segment(simd, shape, memory, (pass, slice, lane));
            }
        }
    }
}

#[inline(always)]
fn fill_segment<S: Simd>(
    simd: S,
    shape: &MemoryShape,
    memory: &mut [Block],
    (pass, slice, lane): (usize, usize, usize),
) {
    let lane_length = memory.len() / shape.lanes;
    let segment = lane_length / SLICES;
    let is_first = pass == 0 && slice == 0;
    let has_addresses = shape.kind == 1 || (shape.kind == 2 && pass == 0 && slice < SLICES / 2);
    let of = [pass, lane, slice, memory.len(), shape.passes].map(|number| number as u64);
    let mut addresses = Addresses::new(of, shape.kind);
    for at in if is_first { 2 } else { 0 }..segment {
        let current = lane * lane_length + slice * segment + at;
        let previous = if slice == 0 && at == 0 { current + lane_length - 1 } else { current - 1 };
        let random = if has_addresses { addresses.at(simd, at) } else { words(&memory[previous])[0] };
        let from = if is_first { lane } else { (random >> 32) as usize % shape.lanes };
        // §3.4.2: the blocks of that lane that may be referenced, and the one that `random` selects.
        let finished = if pass == 0 { slice * segment } else { lane_length - segment };
        let area = if from == lane { finished + at - 1 } else { finished - usize::from(at == 0) };
        let low = random & LOW_HALF;
        let back = (area as u64 * ((low * low) >> 32)) >> 32;
        let start = if pass == 0 || slice == SLICES - 1 { 0 } else { (slice + 1) * segment };
        let reference = from * lane_length + (start + area - 1 - back as usize) % lane_length;
        let adds = shape.adds && pass > 0;
        if let Ok([current, previous, reference]) = memory.get_disjoint_mut([current, previous, reference]) {
            compress(simd, words(previous), words(reference), words_mut(current), adds);
        } else {
            let (previous, reference) = (memory[previous], memory[reference]);
            compress_seldom(simd, words(&previous), words(&reference), words_mut(&mut memory[current]), adds);
        }
    }
}

/// The addresses of a segment that do not depend on the password, computed 128 at a time.
struct Addresses {
    input: Words,
    output: Words,
    number: usize,
}

impl Addresses {
    #[inline(always)]
    fn new(of: [u64; 5], kind: u64) -> Self {
        let mut input = [0; WORDS];
        input[..5].copy_from_slice(&of);
        input[5] = kind;
        Self { input, output: [0; WORDS], number: 0 }
    }

    #[inline(always)]
    fn at<S: Simd>(&mut self, simd: S, at: usize) -> u64 {
        if self.number != at / WORDS + 1 {
            self.number = at / WORDS + 1;
            self.input[6] = self.number as u64;
            let mut once = [0; WORDS];
            compress_seldom(simd, &[0; WORDS], &self.input, &mut once, false);
            compress_seldom(simd, &[0; WORDS], &once, &mut self.output, false);
        }
        self.output[at % WORDS]
    }
}

/// [`compress`] out of line, for the few blocks that need it.
fn compress_seldom<S: Simd>(simd: S, left: &Words, right: &Words, out: &mut Words, adds: bool) {
    simd.vectorize(
        #[inline(always)]
        || compress(simd, left, right, out, adds),
    );
}

/// Computes the compression function G (§3.5): sets `out` to the permutation of `left ^ right`, or adds it.
#[inline(always)]
fn compress<S: Simd>(simd: S, left: &Words, right: &Words, out: &mut Words, adds: bool) {
    let width = S::u64s::LEN;
    let mut sum = [0; WORDS];
    for at in (0..WORDS).step_by(width) {
        let both = load(simd, left, at) ^ load(simd, right, at);
        both.store_slice(&mut sum[at..at + width]);
    }
    let mut rows = [0; WORDS];
    let each = width / 2;
    let mut vectors = [[S::u64s::splat(simd, 0); CHAINS]; 4];
    for first in (0..PERMUTATIONS).step_by(each * CHAINS / 2) {
        // Vector `chain` of part `part` contains two words of each of these rows.
        for (part, chains) in vectors.iter_mut().enumerate() {
            for (chain, vector) in chains.iter_mut().enumerate() {
                *vector = load_apart(simd, &sum, row(first + chain / 2 * each, part, chain));
            }
        }
        permute(simd, &mut vectors);
        for (part, chains) in vectors.iter().enumerate() {
            for (chain, vector) in chains.iter().enumerate() {
                for (number, pair) in vector.as_slice().chunks_exact(2).enumerate() {
                    let at = row(first + chain / 2 * each + number, part, chain);
                    rows[at..at + 2].copy_from_slice(pair);
                }
            }
        }
    }
    for first in (0..PERMUTATIONS).step_by(each * CHAINS / 2) {
        // The same for columns. The words of neighbouring columns are adjacent.
        for (part, chains) in vectors.iter_mut().enumerate() {
            for (chain, vector) in chains.iter_mut().enumerate() {
                *vector = load(simd, &rows, column(first + chain / 2 * each, part, chain));
            }
        }
        permute(simd, &mut vectors);
        for (part, chains) in vectors.iter().enumerate() {
            for (chain, vector) in chains.iter().enumerate() {
                let at = column(first + chain / 2 * each, part, chain);
                let mut result = *vector ^ load(simd, &sum, at);
                if adds {
                    result ^= load(simd, out, at);
                }
                result.store_slice(&mut out[at..at + width]);
            }
        }
    }
}

/// Returns the index of the two words of row `number` for a vector of part `part`: the first two or the last two.
#[inline(always)]
fn row(number: usize, part: usize, chain: usize) -> usize {
    16 * number + 4 * part + 2 * (chain % 2)
}

/// Like [`row`], for a column.
#[inline(always)]
fn column(number: usize, part: usize, chain: usize) -> usize {
    2 * number + 32 * part + 16 * (chain % 2)
}

type Chains<S> = [<S as Simd>::u64s; CHAINS];

/// Applies the permutation P (§3.6) to the words `[a, b, c, d]` of several rows or columns at once.
#[inline(always)]
fn permute<S: Simd>(simd: S, [a, b, c, d]: &mut [Chains<S>; 4]) {
    mix(simd, a, b, c, d);
    for i in (0..CHAINS).step_by(2) {
        (b[i], b[i + 1]) = (b[i].slide_within_blocks::<1>(b[i + 1]), b[i + 1].slide_within_blocks::<1>(b[i]));
        c.swap(i, i + 1);
        (d[i], d[i + 1]) = (d[i + 1].slide_within_blocks::<1>(d[i]), d[i].slide_within_blocks::<1>(d[i + 1]));
    }
    mix(simd, a, b, c, d);
    for i in (0..CHAINS).step_by(2) {
        (b[i], b[i + 1]) = (b[i + 1].slide_within_blocks::<1>(b[i]), b[i].slide_within_blocks::<1>(b[i + 1]));
        c.swap(i, i + 1);
        (d[i], d[i + 1]) = (d[i].slide_within_blocks::<1>(d[i + 1]), d[i + 1].slide_within_blocks::<1>(d[i]));
    }
}

/// Computes GB of §3.6 on every chain, step by step, so that independent operations alternate.
#[inline(always)]
fn mix<S: Simd>(simd: S, a: &mut Chains<S>, b: &mut Chains<S>, c: &mut Chains<S>, d: &mut Chains<S>) {
    multiply_add::<S>(a, b);
    rotate_bytes::<S, 4>(simd, d, a);
    multiply_add::<S>(c, d);
    rotate_bytes::<S, 3>(simd, b, c);
    multiply_add::<S>(a, b);
    rotate_bytes::<S, 2>(simd, d, a);
    multiply_add::<S>(c, d);
    for (b, c) in b.iter_mut().zip(c) {
        let sum = *b ^ *c;
        *b = (sum >> 63) | (sum + sum);
    }
}

/// Sets `left` to `left + right + 2 · low(left) · low(right)`.
#[inline(always)]
fn multiply_add<S: Simd>(left: &mut Chains<S>, right: &Chains<S>) {
    for (left, right) in left.iter_mut().zip(right) {
        let product = (*left & LOW_HALF) * (*right & LOW_HALF);
        *left = *left + *right + (product + product);
    }
}

/// Sets `left` to `left ^ right`, rotated right by this number of bytes: one shuffle instead of three shift operations.
#[inline(always)]
fn rotate_bytes<S: Simd, const BYTES: u8>(simd: S, left: &mut Chains<S>, right: &Chains<S>) {
    let indices = S::u8s::from_slice(simd, &const { rotated(BYTES) }[..S::u8s::LEN]);
    for (left, right) in left.iter_mut().zip(right) {
        *left = (*left ^ *right).swizzle_dyn_within_blocks(indices);
    }
}

/// Returns the shuffle indices that rotate every word right by this number of bytes.
const fn rotated(bytes: u8) -> [u8; WIDEST * 8] {
    let mut indices = [0; WIDEST * 8];
    let mut at = 0;
    while at < indices.len() {
        // Indices count from the beginning of 16 bytes.
        indices[at] = (at as u8 & 8) | ((at as u8 + bytes) & 7);
        at += 1;
    }
    indices
}

#[inline(always)]
fn load<S: Simd>(simd: S, words: &Words, at: usize) -> S::u64s {
    S::u64s::from_slice(simd, &words[at..at + S::u64s::LEN])
}

/// Loads two words at `at`, and two of each following row.
#[inline(always)]
fn load_apart<S: Simd>(simd: S, words: &Words, at: usize) -> S::u64s {
    let mut together = [0; WIDEST];
    for number in 0..S::u64s::LEN / 2 {
        together[2 * number..2 * number + 2].copy_from_slice(&words[at + 16 * number..at + 16 * number + 2]);
    }
    S::u64s::from_slice(simd, &together[..S::u64s::LEN])
}

#[inline(always)]
fn words(block: &Block) -> &Words {
    block.as_ref().first_chunk().unwrap_or(&[0; WORDS])
}

#[inline(always)]
#[expect(clippy::expect_used, reason = "a block has as many words as `Words`")]
fn words_mut(block: &mut Block) -> &mut Words {
    block.as_mut().first_chunk_mut().expect("a block of 128 words")
}
