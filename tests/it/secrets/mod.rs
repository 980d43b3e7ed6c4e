//! The secrets: their file, their check values in the database, and the command that changes them.

mod agreement;
mod command;
mod document;
mod file;
mod forget;
mod pepper;

use std::{fs, path::Path};

/// The keys in a secrets file, in order.
fn keys(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let keys = text.split('"').filter(|part| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    keys.map(str::to_owned).collect()
}
