//! The key of a row of the legacy table: a number, which the user keeps, or anything else.

use std::fmt;

use super::display::shown_text;

/// The id of a user in the legacy table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegacyId(pub i64);

/// The key of a row in the legacy table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LegacyKey {
    /// A number, which is also the number of the user.
    Number(LegacyId),
    /// A key that is not a number. The user gets a new number.
    Other(OtherKey),
}

/// A key that is not a number, such as a UUID: the bytes as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OtherKey(Vec<u8>);

impl OtherKey {
    /// The maximum length in bytes.
    pub const LIMIT: usize = 255;

    /// Creates a key; `None` if it is too long.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= Self::LIMIT).then_some(Self(bytes))
    }

    /// Returns the bytes as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the key as text, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl LegacyKey {
    /// Returns the number; `None` for another key.
    #[must_use]
    pub fn number(&self) -> Option<LegacyId> {
        match self {
            Self::Number(id) => Some(*id),
            Self::Other(_) => None,
        }
    }

    /// Returns the key for display: escaped and truncated.
    #[must_use]
    pub fn shown(&self) -> String {
        shown_text(&self.to_string())
    }
}

/// The key as text: 16 bytes that are not text as a UUID, and other bytes as hexadecimal digits.
impl fmt::Display for OtherKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_text() {
            Some(text) if !text.chars().any(char::is_control) => formatter.write_str(text),
            _ => self.0.iter().enumerate().try_for_each(|(index, byte)| {
                let dash = if self.0.len() == 16 && matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
                write!(formatter, "{dash}{byte:02x}")
            }),
        }
    }
}

impl fmt::Display for LegacyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(id) => id.0.fmt(formatter),
            Self::Other(key) => key.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_uuid_is_shown_as_a_uuid() {
        let uuid: Vec<u8> = (0..16).map(|byte| byte * 16).collect();
        assert_eq!(OtherKey::new(uuid).unwrap().to_string(), "00102030-4050-6070-8090-a0b0c0d0e0f0");
        assert_eq!(OtherKey::new(vec![255, 1]).unwrap().to_string(), "ff01");
        assert_eq!(OtherKey::new(b"u-1".to_vec()).unwrap().to_string(), "u-1");
    }
}
