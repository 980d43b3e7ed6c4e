//! The kernel against the crate `argon2` with random parameters, and against published vectors.
//!
//! The tests use every level of vector instructions of this processor, including the slowest.

use ::argon2::{Algorithm, Argon2, AssociatedData, Block, Params, ParamsBuilder, Version};
use fearless_simd::Level;
use proptest::{collection::SizeRange, prelude::*};

use super::argon2;

/// The levels of vector instructions of this processor, including the fallback.
fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let lower = [best.as_sse2().map(Level::Sse2), best.as_sse4_2().map(Level::Sse4_2), best.as_avx2().map(Level::Avx2)];
    #[cfg(not(target_arch = "x86_64"))]
    let lower = [Some(Level::baseline())];
    lower.into_iter().flatten().chain([best]).collect()
}

fn some_bytes(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), length)
}

fn bytes(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// Computes the tag by this crate's kernel with `level`, in memory that is filled with `filling` before.
fn argon2_tag(level: Level, parameters: (Algorithm, Version, &Params), input: (&[u8], &[u8]), filling: u64) -> Vec<u8> {
    let mut memory = vec![Block::default(); parameters.2.block_count()];
    memory.iter_mut().for_each(|block| block.as_mut().fill(filling));
    let mut tag = vec![0; parameters.2.output_len().unwrap()];
    argon2::compute(level, parameters, input.0, input.1, &mut tag, &mut memory).unwrap();
    tag
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn argon2_agrees_with_the_crate(
        (lanes, memory) in (1_u32..=5).prop_flat_map(|lanes| (Just(lanes), lanes * 8..lanes * 8 + 900)),
        passes in 1_u32..=4,
        algorithm in prop::sample::select(vec![Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id]),
        version in prop::sample::select(vec![Version::V0x10, Version::V0x13]),
        tag_bytes in prop_oneof![4_usize..200, Just(64), Just(65)],
        password in some_bytes(0..200),
        salt in some_bytes(8..100),
        data in some_bytes(0..=32),
        filling in any::<u64>(),
    ) {
        let mut builder = ParamsBuilder::new();
        builder.m_cost(memory).t_cost(passes).p_cost(lanes).output_len(tag_bytes);
        let params = builder.data(AssociatedData::new(&data).unwrap()).build().unwrap();
        let mut expected = vec![0; tag_bytes];
        let reference = Argon2::new(algorithm, version, params.clone());
        reference.hash_password_into(&password, &salt, &mut expected).unwrap();
        for level in levels() {
            let tag = argon2_tag(level, (algorithm, version, &params), (&password, &salt), filling);
            prop_assert_eq!(&tag, &expected, "{:?}", level);
        }
        let tag = argon2((algorithm, version, &params), &password, &salt, tag_bytes, &mut Vec::new());
        prop_assert_eq!(tag, Some(expected));
    }
}

/// The vectors of RFC 9106 use a secret key, which no stored string has. These are from the tests of the reference
/// implementation (`kats`, versions 0x13 and 0x10).
#[test]
fn argon2_matches_the_reference_vectors() {
    for (algorithm, version, memory, passes, lanes, expected) in [
        (
            Algorithm::Argon2id,
            Version::V0x13,
            1 << 16,
            2,
            1,
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
        ),
        (
            Algorithm::Argon2id,
            Version::V0x13,
            1 << 8,
            2,
            1,
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe",
        ),
        (
            Algorithm::Argon2id,
            Version::V0x13,
            1 << 8,
            2,
            2,
            "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037",
        ),
        (
            Algorithm::Argon2i,
            Version::V0x13,
            1 << 8,
            2,
            1,
            "89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f",
        ),
        (
            Algorithm::Argon2i,
            Version::V0x13,
            1 << 8,
            2,
            2,
            "4ff5ce2769a1d7f4c8a491df09d41a9fbe90e5eb02155a13e4c01e20cd4eab61",
        ),
        (
            Algorithm::Argon2i,
            Version::V0x10,
            1 << 8,
            2,
            1,
            "fd4dd83d762c49bdeaf57c47bdcd0c2f1babf863fdeb490df63ede9975fccf06",
        ),
        (
            Algorithm::Argon2i,
            Version::V0x10,
            1 << 8,
            2,
            2,
            "b6c11560a6a9d61eac706b79a2f97d68b4463aa3ad87e00c07e2b01e90c564fb",
        ),
    ] {
        let params = Params::new(memory, passes, lanes, Some(32)).unwrap();
        for level in levels() {
            let tag = argon2_tag(level, (algorithm, version, &params), (b"password", b"somesalt"), 0);
            assert_eq!(tag, bytes(expected), "{algorithm:?} {version:?} m={memory} p={lanes} {level:?}");
        }
    }
}
