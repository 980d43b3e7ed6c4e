//! `[password]`: the policy for new passwords, including the operator's blocklist.
//!
//! Invariant: a configured list is loaded, complete and undamaged, or the start fails.

use std::{path::Path, sync::Arc};

use super::{PublicUrl, values::RawValues};
use crate::{
    Error, Result,
    model::{Blocklist, PasswordPolicy, PasswordRules},
};

/// The smallest allowed `password.min_length` (NIST SP 800-63B-4 §3.1.1.2).
pub const LEAST_MIN_LENGTH: u32 = 8;
/// The shortest label of a host name that counts as the name of the service.
const SHORTEST_LABEL: usize = 4;

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
    let bytes = std::fs::read(Path::new(file))
        .map_err(|error| values.problem(path, format!("the file cannot be read: {error}")))?;
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
