//! `[password]`: the policy for new passwords, including the operator's blocklist.
//!
//! Invariant: a configured list is loaded, complete and undamaged, or the start fails.

use std::{io::Read as _, path::Path, sync::Arc};

use super::{PublicUrl, files, values::RawValues};
use crate::{
    Error, Result,
    model::{Blocklist, BlocklistProblem, PasswordPolicy, PasswordRules},
};

/// The smallest allowed `password.min_length` (NIST SP 800-63B-4 §3.1.1.2).
pub const LEAST_MIN_LENGTH: u32 = 8;
/// The shortest label of a host name that counts as the name of the service.
const SHORTEST_LABEL: usize = 4;
/// The largest blocklist: three thousand million passwords of 18 bits.
const MOST_OF_LIST: u64 = 8 * 1024 * 1024 * 1024;
/// The length of the beginning by which a blocklist is recognised.
const MAGIC_BYTES: u64 = 8;

pub(super) fn policy(values: &RawValues, public_url: Option<&PublicUrl>) -> Result<PasswordPolicy> {
    let min_length =
        usize::try_from(values.number("password.min_length", LEAST_MIN_LENGTH..=1024)?).unwrap_or(usize::MAX);
    let rules = PasswordRules::new(min_length).map_err(|_| Error::Corrupt("the program's list of common passwords"))?;
    let host = public_url.and_then(PublicUrl::host_name).unwrap_or_default();
    let rules = rules.with_service_words(service_words(&host));
    let rules = match operators_list(values)? {
        Some(list) => rules.with_list(list),
        None => rules,
    };
    Ok(PasswordPolicy::Enforce(Arc::new(rules)))
}

/// Returns the host and each label that is long enough to be a name: for `www.example.com`, also `example`.
fn service_words(host: &str) -> impl Iterator<Item = &str> {
    let labels = host.rsplit_once('.').map_or("", |(labels, _)| labels).split('.');
    let means_something = |label: &&str| label.chars().count() >= SHORTEST_LABEL;
    labels.filter(means_something).chain((!host.is_empty()).then_some(host))
}

fn operators_list(values: &RawValues) -> Result<Option<Blocklist>> {
    let path = "password.blocklist";
    let file = values.text(path)?;
    if file.is_empty() {
        return Ok(None);
    }
    let unread = |problem: files::FileProblem| values.problem(path, format!("the file {problem}"));
    let mut head = Vec::new();
    let opened = files::open(Path::new(file), MOST_OF_LIST).map_err(unread)?;
    opened.take(MAGIC_BYTES).read_to_end(&mut head).map_err(|error| unread(files::FileProblem::Failed(error)))?;
    // A large file of another kind is not read.
    if !Blocklist::is_begun_by(&head) {
        return Err(values.problem(path, format!("the file cannot be used: {}", BlocklistProblem::Foreign)));
    }
    let bytes = files::read(Path::new(file), MOST_OF_LIST).map_err(unread)?;
    let list = Blocklist::from_bytes(&bytes)
        .map_err(|problem| values.problem(path, format!("the file cannot be used: {problem}")))?;
    Ok(Some(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_names_the_service_by_its_meaning_labels() {
        for (host, words) in [
            ("accounts.example.com", ["accounts", "example", "accounts.example.com"].as_slice()),
            ("www.example.co.uk", &["example", "www.example.co.uk"]),
            ("localhost", &["localhost"]),
            ("", &[]),
        ] {
            assert_eq!(service_words(host).collect::<Vec<_>>(), words);
        }
    }
}
