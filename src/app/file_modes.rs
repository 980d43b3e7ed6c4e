//! The modes of all files with secrets: the database, the secrets file and the TLS key.

use std::path::PathBuf;

use super::{exposure::Exposure, secrets::SecretsFile};
use crate::{
    config::Config,
    model::{Finding, FindingState},
};

/// Judges all files with secrets that the configuration names. A missing file has no mode.
#[must_use]
pub fn file_mode_findings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (what, path) in files(config) {
        let Some(exposure) = std::fs::metadata(&path).ok().as_ref().and_then(Exposure::of) else { continue };
        let (state, verb) = match exposure {
            Exposure::Read => (FindingState::Weak, "read"),
            Exposure::Write => (FindingState::Wrong, "change"),
        };
        let path = path.display();
        findings.push(Finding::new(
            "file modes",
            state,
            format!("other users can {verb} {what} {path}: run `chmod 600 {path}`"),
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::new("file modes", FindingState::Ok, "no other user can read a file with secrets"));
    }
    findings
}

fn files(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let mut files = vec![("the secrets file", SecretsFile::of(config).path().to_owned())];
    if let Some(path) = config.database.url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        files.extend(["", "-wal"].map(|ending| ("the database", PathBuf::from(format!("{path}{ending}")))));
    }
    if let Some(tls) = &config.server.tls {
        files.push(("the TLS key", tls.key.clone()));
    }
    files
}
