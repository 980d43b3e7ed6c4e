//! Public identifiers: UUID version 7 (RFC 9562), which sort by creation time.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use super::{Rng, UnixMillis};
use crate::{Error, Result};

/// A UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uid(Uuid);

impl Uid {
    /// Creates an identifier for this instant.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bits.
    pub fn new(now: UnixMillis, rng: &Rng) -> Result<Self> {
        let millis = u64::try_from(now.0).unwrap_or(0);
        Ok(Self(uuid::Builder::from_unix_timestamp_millis(millis, &rng.bytes()?).into_uuid()))
    }

    /// Creates an identifier for this instant that sorts by `number`, modulo 4096, within the millisecond (RFC 9562
    /// §6.2, method 1).
    ///
    /// # Errors
    /// Returns an error if the system provides no random bits.
    pub fn numbered(now: UnixMillis, number: u16, rng: &Rng) -> Result<Self> {
        let millis = u64::try_from(now.0).unwrap_or(0);
        let mut bits: [u8; 10] = rng.bytes()?;
        // The twelve bits after the version.
        bits.iter_mut().zip((number & 0x0fff).to_be_bytes()).for_each(|(bits, number)| *bits = number);
        Ok(Self(uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()))
    }

    /// Returns the lower bound of all identifiers of this instant and later ones.
    #[must_use]
    pub fn first_of(instant: UnixMillis) -> [u8; 16] {
        let millis = u64::try_from(instant.0).unwrap_or(0).min((1 << 48) - 1);
        let mut first = [0; 16];
        // The leading 48 bits are the milliseconds (RFC 9562 §5.7).
        first.iter_mut().zip(millis.to_be_bytes().into_iter().skip(2)).for_each(|(to, from)| *to = from);
        first
    }

    /// Returns the 16 stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Reads the database's 16 bytes.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the length is not 16.
    pub fn from_stored(bytes: &[u8]) -> Result<Self> {
        Uuid::from_slice(bytes).map(Self).map_err(|_| Error::Corrupt("a uid that is not 16 bytes long"))
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(formatter)
    }
}

impl FromStr for Uid {
    type Err = uuid::Error;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Uuid::from_str(text).map(Self)
    }
}
