//! A list of forbidden passwords as a filter, and its file format. The filter tests membership and does not contain the
//! passwords.
//!
//! A binary fuse filter uses 18 bits for each entry. It matches every password of its list, and one of 65,536 others.
//! Keys are the first eight bytes of SHA-1, a broken hash, because public lists of breached passwords are SHA-1 values.
//! Invariant: a damaged or incomplete file is rejected before any of it is used.

use doorward_password::nfc;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use xorf::{BinaryFuse16, Descriptor, Filter as _};
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"DWblock\n";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 40;
const CHECKSUM_BYTES: usize = 32;
/// The maximum number of entries. The filter indexes its slots, about nine for eight entries, with 32 bits.
const MOST_ENTRIES: usize = 3_000_000_000;

/// The filter.
#[derive(Clone)]
pub struct Blocklist {
    entries: u64,
    filter: BinaryFuse16,
}

/// The lookup key of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlocklistKey(u64);

/// The reason why bytes or keys are not a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlocklistProblem {
    #[error("it is not a file of `doorward breached build`")]
    Foreign,
    #[error("it is of another version of the format; rebuild it with `doorward breached build`")]
    OtherVersion,
    #[error("it is damaged")]
    Damaged,
    #[error("it contains no password")]
    Empty,
    #[error("it contains too many passwords")]
    TooMany,
}

impl Blocklist {
    /// Returns whether a file with this beginning may be a list.
    #[must_use]
    pub fn is_begun_by(head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }
}

impl BlocklistKey {
    /// Returns the key of a password exactly as given.
    #[must_use]
    pub fn of(password: &str) -> Self {
        Self::of_sha1(&Sha1::digest(password.as_bytes()).into())
    }

    /// Returns the key of the password with this SHA-1.
    #[must_use]
    pub fn of_sha1(digest: &[u8; 20]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *digest;
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// Returns the form in which listed and chosen passwords are compared: NFC, in lower case.
#[must_use]
pub fn in_lower_case(password: &str) -> Zeroizing<String> {
    Zeroizing::new(nfc(&Zeroizing::new(nfc(password).to_lowercase())).into_owned())
}

impl Blocklist {
    /// Builds a filter of these keys, in any order and with duplicates.
    ///
    /// The keys use 8 bytes each, and the build about 27 more.
    ///
    /// # Errors
    /// Returns [`BlocklistProblem::Empty`] without keys, and [`BlocklistProblem::TooMany`] above the maximum.
    pub fn build(mut keys: Vec<BlocklistKey>) -> Result<Self, BlocklistProblem> {
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Err(BlocklistProblem::Empty);
        }
        if keys.len() > MOST_ENTRIES {
            return Err(BlocklistProblem::TooMany);
        }
        // Construction fails after a thousand seeds, which does not happen with distinct keys.
        let filter = BinaryFuse16::try_from_iterator(keys.iter().map(|key| key.0));
        let filter = filter.map_err(|_| BlocklistProblem::TooMany)?;
        Ok(Self { entries: keys.len() as u64, filter })
    }

    /// Returns whether a password with this key is on the list, or is a false positive.
    #[must_use]
    pub fn contains(&self, key: BlocklistKey) -> bool {
        self.filter.contains(&key.0)
    }

    /// Returns whether `password` is on the list, as typed or in lower case.
    #[must_use]
    pub fn lists(&self, password: &str) -> bool {
        let typed = nfc(password);
        let lower = in_lower_case(password);
        self.contains(BlocklistKey::of(&lower)) || (*typed != **lower && self.contains(BlocklistKey::of(&typed)))
    }

    /// Returns the number of different passwords on the list.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Returns the content of the file. Its numbers are little-endian.
    ///
    /// The fields are: magic, version, segment length, entries, seed, length of all segments but two, number of
    /// fingerprints, fingerprints, and the SHA-256 of all previous fields.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let BinaryFuse16 { descriptor, fingerprints } = &self.filter;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + fingerprints.len() * 2 + CHECKSUM_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&descriptor.segment_length.to_le_bytes());
        bytes.extend_from_slice(&self.entries.to_le_bytes());
        bytes.extend_from_slice(&descriptor.seed.to_le_bytes());
        bytes.extend_from_slice(&descriptor.segment_count_length.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(fingerprints.len()).unwrap_or(u32::MAX).to_le_bytes());
        fingerprints.iter().for_each(|fingerprint| bytes.extend_from_slice(&fingerprint.to_le_bytes()));
        let checksum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// Reads the output of [`Blocklist::to_bytes`].
    ///
    /// # Errors
    /// Returns a [`BlocklistProblem`] if the bytes are foreign, incomplete or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlocklistProblem> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(BlocklistProblem::Foreign)?;
        let (version, _) = rest.split_first_chunk().ok_or(BlocklistProblem::Damaged)?;
        if u32::from_le_bytes(*version) != VERSION {
            return Err(BlocklistProblem::OtherVersion);
        }
        Self::read(bytes).ok_or(BlocklistProblem::Damaged)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (content, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
        if Sha256::digest(content).as_slice() != checksum {
            return None;
        }
        let (_, rest) = content.split_at_checked(MAGIC.len() + 4)?;
        let (segment_length, rest) = rest.split_first_chunk()?;
        let (entries, rest) = rest.split_first_chunk()?;
        let (seed, rest) = rest.split_first_chunk()?;
        let (segment_count_length, rest) = rest.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let segment_length = u32::from_le_bytes(*segment_length);
        let segment_count_length = u32::from_le_bytes(*segment_count_length);
        let (pairs, []) = rest.as_chunks::<2>() else { return None };
        // The filter indexes its fingerprints by these numbers and would panic if they were wrong.
        let is_sound = segment_length.is_power_of_two()
            && segment_count_length.checked_rem(segment_length) == Some(0)
            && u64::from(segment_count_length) + 2 * u64::from(segment_length) == pairs.len() as u64
            && u32::from_le_bytes(*count) as usize == pairs.len();
        let descriptor = Descriptor {
            seed: u64::from_le_bytes(*seed),
            segment_length,
            segment_length_mask: segment_length.wrapping_sub(1),
            segment_count_length,
        };
        let fingerprints = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let filter = BinaryFuse16 { descriptor, fingerprints };
        is_sound.then(|| Self { entries: u64::from_le_bytes(*entries), filter })
    }
}

impl std::fmt::Debug for Blocklist {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Blocklist").field("entries", &self.entries).finish_non_exhaustive()
    }
}
