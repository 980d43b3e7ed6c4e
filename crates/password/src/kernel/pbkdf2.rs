//! PBKDF2-HMAC-SHA256 (RFC 8018), the PBKDF2 that nearly everybody uses.

use sha2::Sha256;

/// Fills `out` with the key that `password` gives.
pub(crate) fn pbkdf2_sha256(password: &[u8], salt: &[u8], iterations: u32, out: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, out);
}
