//! The one rule for the mode of a file with secrets.

use std::{fs::Metadata, os::unix::fs::MetadataExt as _};

/// What other users may do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    Read,
    Write,
}

impl Exposure {
    /// Returns what users other than the owner may do with this file. The group may read a file of root, because
    /// orchestrators provide secrets to unprivileged services in this way.
    #[must_use]
    pub fn of(found: &Metadata) -> Option<Self> {
        let allowed = if found.uid() == 0 { 0o640 } else { 0o600 };
        let open = found.mode() & 0o077 & !allowed;
        match open {
            0 => None,
            open if open & 0o022 != 0 => Some(Self::Write),
            _ => Some(Self::Read),
        }
    }
}
