//! Ceilings on what a stored hash string may ask for, since such a string may come from anywhere.
//!
//! A string beyond one of these is refused while it is parsed, before memory is taken or a round is computed.

use std::time::Duration;

/// Longest stored hash string, in bytes.
pub const STRING_BYTES: usize = 1024;
/// Longest Keycloak credential, which is two columns of JSON in one value, in bytes.
pub const JSON_BYTES: usize = 4096;
/// argon2, scrypt, yescrypt: most memory, in KiB (256 MiB).
pub const MEMORY_KIB: u32 = 256 * 1024;
/// Most work of any kind, by [`crate::first_guess`]: the product of parameters that each are within their own ceiling.
pub const WORK: Duration = Duration::from_secs(5);
/// argon2: most passes over the memory.
pub const ARGON2_ITERATIONS: u32 = 16;
/// argon2, scrypt: most lanes.
pub const PARALLELISM: u32 = 16;
/// PBKDF2: most iterations.
pub const PBKDF2_ITERATIONS: u32 = 10_000_000;
/// bcrypt: the range of its logarithmic cost.
pub const BCRYPT_COST: std::ops::RangeInclusive<u32> = 4..=15;
/// sha256-crypt and sha512-crypt: the range of their rounds.
pub const SHA_CRYPT_ROUNDS: std::ops::RangeInclusive<u32> = 1000..=2_000_000;
/// phpass: the range of the logarithm of its rounds.
pub const PHPASS_LOG_ROUNDS: std::ops::RangeInclusive<u32> = 5..=20;
/// sha-crypt, md5-crypt and phpass read the password in every round. One of so many bytes is always computed …
pub const ROUNDS_PASSWORD_BYTES: usize = 128;
/// … and a longer one as long as rounds and length together come to no more than this.
pub const ROUNDS_TIMES_BYTES: u64 = 64 * 1024 * 1024;
/// scrypt: most of r × p, which is what it takes beside its large memory, 128 bytes each (8 MiB).
pub const SCRYPT_BLOCKS: u32 = 1 << 16;
/// Shortest tag, in bytes, that counts as proof: a tag cut down to a few bytes is easily hit by chance.
pub const TAG_BYTES_MINIMUM: usize = 16;
/// Longest tag, in bytes.
pub const TAG_BYTES: usize = 512;
/// Longest salt, in bytes of its text or of its decoded form.
pub const SALT_BYTES: usize = 512;
