//! Ceilings for what a stored hash string may ask for, since such a string may come from anywhere.
//!
//! A string beyond one of them is rejected while it is parsed, before any memory is allocated or any round is computed.

use std::time::Duration;

/// The longest stored hash string, in bytes.
pub const STRING_BYTES: usize = 1024;
/// The longest Keycloak credential in bytes: two columns of JSON in one value.
pub const JSON_BYTES: usize = 4096;
/// argon2, scrypt, yescrypt: the most memory, in KiB (256 MiB).
pub const MEMORY_KIB: u32 = 256 * 1024;
/// The most work of any kind, by [`crate::first_guess`]: bounds the product of parameters that are each within their
/// ceiling.
pub const WORK: Duration = Duration::from_secs(5);
/// argon2: the most passes over the memory.
pub const ARGON2_ITERATIONS: u32 = 16;
/// argon2, scrypt: the most lanes.
pub const PARALLELISM: u32 = 16;
/// PBKDF2: the most iterations.
pub const PBKDF2_ITERATIONS: u32 = 10_000_000;
/// bcrypt: the range of its logarithmic cost.
pub const BCRYPT_COST: std::ops::RangeInclusive<u32> = 4..=15;
/// sha256-crypt and sha512-crypt: the range of their rounds.
pub const SHA_CRYPT_ROUNDS: std::ops::RangeInclusive<u32> = 1000..=2_000_000;
/// phpass: the range of the logarithm of its rounds.
pub const PHPASS_LOG_ROUNDS: std::ops::RangeInclusive<u32> = 5..=20;
/// sha-crypt, md5-crypt, phpass: a password of at most this many bytes is always computed, although each round reads
/// it.
pub const ROUNDS_PASSWORD_BYTES: usize = 128;
/// A longer password is computed only if rounds × bytes are at most this number.
pub const ROUNDS_TIMES_BYTES: u64 = 64 * 1024 * 1024;
/// scrypt: the largest r × p. It determines the memory beside the large block, 128 bytes each (8 MiB).
pub const SCRYPT_BLOCKS: u32 = 1 << 16;
/// The shortest tag, in bytes, that counts as proof: a tag of a few bytes matches by chance.
pub const TAG_BYTES_MINIMUM: usize = 16;
/// The longest tag, in bytes.
pub const TAG_BYTES: usize = 512;
/// The longest salt, in bytes of its text or of its decoded form.
pub const SALT_BYTES: usize = 512;
