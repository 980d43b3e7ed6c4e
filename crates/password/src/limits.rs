//! Ceilings on what a stored hash string may ask for, since such a string may come from anywhere.
//!
//! A string beyond one of these is refused while it is parsed, before memory is taken or a round is computed.

/// Longest stored hash string, in bytes.
pub const STRING_BYTES: usize = 1024;
/// argon2: most memory, in KiB (256 MiB).
pub const ARGON2_MEMORY_KIB: u32 = 256 * 1024;
/// argon2: most passes over the memory.
pub const ARGON2_ITERATIONS: u32 = 16;
/// argon2: most lanes.
pub const ARGON2_PARALLELISM: u32 = 16;
/// PBKDF2: most iterations.
pub const PBKDF2_ITERATIONS: u32 = 10_000_000;
/// bcrypt: the range of its logarithmic cost.
pub const BCRYPT_COST: std::ops::RangeInclusive<u32> = 4..=15;
/// Shortest tag, in bytes, that counts as proof: a tag cut down to a few bytes is easily hit by chance.
pub const TAG_BYTES_MINIMUM: usize = 16;
/// Longest tag, in bytes.
pub const TAG_BYTES: usize = 128;
/// Longest salt, in bytes of its text or of its decoded form.
pub const SALT_BYTES: usize = 128;
