//! sha256-crypt and sha512-crypt (Ulrich Drepper), in the byte order of their strings.
//!
//! Each round reads the password about twice, and the prelude reads it once for each of its bytes. The caller must
//! bound both.

use super::Digest;

const SHA256_ORDER: [usize; 32] = [
    20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15, 26, 16, 6, 17, 7, 27, 8, 28, 18, 29, 19, 9, 30,
    31,
];
const SHA512_ORDER: [usize; 64] = [
    42, 21, 0, 1, 43, 22, 23, 2, 44, 45, 24, 3, 4, 46, 25, 26, 5, 47, 48, 27, 6, 7, 49, 28, 29, 8, 50, 51, 30, 9, 10,
    52, 31, 32, 11, 53, 54, 33, 12, 13, 55, 34, 35, 14, 56, 57, 36, 15, 16, 58, 37, 38, 17, 59, 60, 39, 18, 19, 61, 40,
    41, 20, 62, 63,
];

/// Returns the tag of `password`, or `None` if the number of rounds is out of range.
pub(crate) fn tag(digest: Digest, password: &[u8], salt: &[u8], rounds: u32) -> Option<Vec<u8>> {
    let params = sha_crypt::Params::new(rounds).ok()?;
    let ordered = |bytes: &[u8], order: &[usize]| order.iter().filter_map(|at| bytes.get(*at).copied()).collect();
    Some(match digest {
        Digest::Sha512 => ordered(&sha_crypt::sha512_crypt(password, salt, params), &SHA512_ORDER),
        _ => ordered(&sha_crypt::sha256_crypt(password, salt, params), &SHA256_ORDER),
    })
}
