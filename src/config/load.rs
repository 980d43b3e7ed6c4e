//! Loads the raw values of this process: from the file, the environment and the flags.

use std::path::{Path, PathBuf};

use super::{
    files::{self, FileProblem, MOST_OF_TEXT},
    reference::variable,
    sections::LogFormat,
    values::{Inputs, RawValues},
    variables::is_own,
};
use crate::{Error, Result};

/// The file that is read by default, if it exists.
pub const DEFAULT_FILE: &str = "doorward.toml";

/// The flags that all commands accept.
#[derive(Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub database_url: Option<String>,
    pub listen: Option<String>,
    /// `--from`, `--table`, `--columns`, `--form`, `--pre-hash`, `--pepper-file` and `--firebase-file` of `doorward adopt`.
    pub adopt: [Option<String>; 8],
}

/// Reads the file, the environment and the flags of this process.
///
/// # Errors
/// Returns [`Error::Config`] if the value or the file is invalid.
pub fn read(flags: &Flags) -> Result<RawValues> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        if is_own(&name) {
            let value = value.into_string().map_err(|_| Error::Config(format!("{name}: not valid UTF-8")))?;
            variables.push((name, value));
        } else if name.starts_with("DOORWARD_") {
            variables.push((name, value.into_string().unwrap_or_default()));
        }
    }
    let named = named_file(flags);
    let must_exist = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let file = read_file(&path, must_exist)?.map(|text| (path.as_path(), text));
    let [from, table, columns, form, pre_hash, pepper_file, firebase_file, repair] = &flags.adopt;
    let flags = [
        ("database.url", "--database-url", &flags.database_url),
        ("server.listen", "--listen", &flags.listen),
        ("adopt.from", "--from", from),
        ("adopt.table", "--table", table),
        ("adopt.columns", "--columns", columns),
        ("adopt.form", "--form", form),
        ("adopt.pre_hash", "--pre-hash", pre_hash),
        ("adopt.pepper_path", "--pepper-file", pepper_file),
        ("adopt.firebase_path", "--firebase-file", firebase_file),
        ("adopt.repair", "--repair", repair),
    ];
    let flags = flags.into_iter().filter_map(|(key, flag, value)| Some((key, flag, value.clone()?))).collect();
    RawValues::read(Inputs { file, variables, flags })
}

fn read_file(path: &Path, must_exist: bool) -> Result<Option<String>> {
    match files::read_text(path, MOST_OF_TEXT) {
        // Editors on Windows begin a file with a byte order mark.
        Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))),
        Err(FileProblem::Missing) if !must_exist => Ok(None),
        Err(problem) => Err(Error::Config(format!("{}: {problem}", path.display()))),
    }
}

/// Returns the file that a flag or the environment names.
fn named_file(flags: &Flags) -> Option<PathBuf> {
    flags.config.clone().or_else(|| std::env::var("DOORWARD_CONFIG").ok().map(PathBuf::from))
}

/// Returns the configured format of the log, even if the rest of the configuration is invalid. Without a readable
/// value, returns text. Configuration errors therefore have the configured format.
#[must_use]
pub fn log_format(flags: &Flags) -> LogFormat {
    let word = std::env::var(variable("log.format")).ok().or_else(|| {
        let path = named_file(flags).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let table: toml::Table = read_file(&path, false).ok()??.parse().ok()?;
        table.get("log")?.get("format")?.as_str().map(str::to_owned)
    });
    if word.as_deref() == Some("json") { LogFormat::Json } else { LogFormat::Text }
}
