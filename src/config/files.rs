//! Reads files that the configuration names, up to a bound.
//!
//! A pipe would block, and a device may never end.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    path::Path,
};

/// The largest text: a configuration file or a secret.
pub(super) const MOST_OF_TEXT: u64 = 1024 * 1024;

/// The reason why a file cannot be read, as the end of a sentence about it.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileProblem {
    #[error("cannot be read: it does not exist")]
    Missing,
    #[error("cannot be read: it is not a regular file")]
    NotAFile,
    #[error("cannot be read: it is too large, and must not exceed {0} bytes")]
    TooLarge(u64),
    #[error("cannot be read: it is not text in UTF-8")]
    NotText,
    #[error("cannot be read: {0}")]
    Failed(std::io::Error),
}

/// Opens a regular file.
pub(super) fn open(path: &Path, most: u64) -> Result<File, FileProblem> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => FileProblem::Missing,
        _ => FileProblem::Failed(error),
    };
    let found = std::fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(FileProblem::NotAFile);
    }
    if found.len() > most {
        return Err(FileProblem::TooLarge(most));
    }
    File::open(path).map_err(failed)
}

/// Reads a regular file.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileProblem> {
    let mut bytes = Vec::new();
    // The file may grow, and files of /proc have no length.
    open(path, most)?.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(FileProblem::Failed)?;
    if bytes.len() as u64 > most { Err(FileProblem::TooLarge(most)) } else { Ok(bytes) }
}

/// Reads a regular file as text.
pub(super) fn read_text(path: &Path, most: u64) -> Result<String, FileProblem> {
    String::from_utf8(read(path, most)?).map_err(|_| FileProblem::NotText)
}
