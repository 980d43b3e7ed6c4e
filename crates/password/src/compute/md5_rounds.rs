//! The schemes that iterate MD5: md5-crypt (with Apache's variant) and phpass.
//!
//! No maintained crate has them, and each is a few lines over a crate that has MD5. Such hashes are replaced at the
//! next login.

use md5::{Digest as _, Md5};

/// The rounds of md5-crypt, which are fixed.
pub(crate) const CRYPT_ROUNDS: u32 = 1000;
/// The order in which the format writes the bytes of the digest.
const CRYPT_ORDER: [usize; 16] = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];
/// The longest password in bytes that phpass itself accepts.
pub(crate) const PHPASS_PASSWORD_BYTES: usize = 4096;

/// Returns the md5-crypt tag (Poul-Henning Kamp, FreeBSD 2.0), in the byte order of its strings.
pub(crate) fn md5_crypt(password: &[u8], magic: &str, salt: &[u8]) -> Vec<u8> {
    let mut state = Md5::new();
    for part in [password, magic.as_bytes(), salt] {
        state.update(part);
    }
    let other = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let stretched: Vec<u8> = other.iter().copied().cycle().take(password.len()).collect();
    state.update(&stretched);
    // One byte for each bit of the length: NUL for a one, the password's first byte for a zero.
    let mut length = password.len();
    while length > 0 {
        let first = password.first().copied().unwrap_or(0);
        state.update([if length & 1 == 1 { 0 } else { first }]);
        length >>= 1;
    }
    let mut digest = state.finalize();
    for round in 0..CRYPT_ROUNDS {
        let mut state = Md5::new();
        let (head, tail): (&[u8], &[u8]) = if round & 1 == 1 { (password, &digest) } else { (&digest, password) };
        state.update(head);
        if round % 3 != 0 {
            state.update(salt);
        }
        if round % 7 != 0 {
            state.update(password);
        }
        state.update(tail);
        digest = state.finalize();
    }
    CRYPT_ORDER.iter().filter_map(|at| digest.get(*at).copied()).collect()
}

/// Returns phpass's portable hash, or `None` if `log_rounds` is out of range.
pub(crate) fn phpass(password: &[u8], salt: &[u8], log_rounds: u32) -> Option<Vec<u8>> {
    let first = Md5::new().chain_update(salt).chain_update(password).finalize();
    let rounds = 1_u32.checked_shl(log_rounds)?;
    Some((0..rounds).fold(first, |last, _| Md5::new().chain_update(last).chain_update(password).finalize()).to_vec())
}
