//! scrypt (RFC 7914).

use scrypt::Params;

/// Fills `out` with the key that `password` gives at N = 2^`log_n`. `None` when the parameters are not scrypt's.
pub(crate) fn scrypt(password: &[u8], salt: &[u8], log_n: u8, r: u32, p: u32, out: &mut [u8]) -> Option<()> {
    let params = Params::new(log_n, r, p).ok()?;
    scrypt::scrypt(password, salt, &params, out).ok()
}
