//! The environment as a source of values, and the rule for invisible characters in values.
//!
//! A variable is Doorward's if it has the form `DOORWARD_SECTION__KEY`. Others that begin with `DOORWARD_` are written by
//! orchestrators, such as Kubernetes' `DOORWARD_PORT=tcp://…` for a service of that name. They are reported and ignored.

use super::{
    files::{self, MOST_OF_TEXT},
    keys::{KEYS, KeyType},
    reference::variable,
    values::{Origin, RawValue, RawValues, distance, find},
};
use crate::{Error, Result, model::is_unseen};

/// The most letters in which a variable may differ from the one that was meant.
const MOST_TYPOS: usize = 3;
/// The variables in which other servers read the address to listen on.
const ADDRESSES: [&str; 8] = [
    "DOORWARD_ADDRESS",
    "DOORWARD_BIND",
    "DOORWARD_HOST",
    "DOORWARD_LISTEN",
    "DOORWARD_PORT",
    "DOORWARD_SERVER_ADDRESS",
    "DOORWARD_SERVER_HOST",
    "DOORWARD_SERVER_PORT",
];

/// Returns whether a variable has the form of Doorward's own, so an unknown one is a mistake.
pub(super) fn is_own(name: &str) -> bool {
    name.strip_prefix("DOORWARD_")
        .and_then(|rest| rest.split_once("__"))
        .is_some_and(|(section, _)| !section.is_empty())
        || ["DOORWARD_CONFIG", "DATABASE_URL", "DATABASE_URL_FILE"].contains(&name)
}

impl RawValues {
    pub(super) fn read_variables(&mut self, mut variables: Vec<(String, String)>) -> Result<()> {
        // `DATABASE_URL` comes first, so Doorward's own variable overrides it.
        variables.sort_by_key(|(name, _)| name.starts_with("DOORWARD_"));
        for (name, text) in variables {
            if !is_own(&name) {
                if name.starts_with("DOORWARD_") {
                    self.meant = self.meant.take().or_else(|| meant(&name, &text));
                    self.foreign.push(name);
                }
                continue;
            }
            let (stem, from_file) = match name.strip_suffix("_FILE") {
                Some(stem) => (stem, true),
                None => (name.as_str(), false),
            };
            let own = KEYS.iter().find(|key| variable(key.path) == stem);
            let key = match own {
                Some(key) => key,
                None if stem == "DATABASE_URL" => find("database.url").ok_or(Error::Corrupt("the table of keys"))?,
                None if name == "DOORWARD_CONFIG" => continue,
                None => return Err(unknown(&name)),
            };
            if from_file && !matches!(key.kind, KeyType::SecretUrl) {
                return Err(Error::Config(format!("{name}: only a secret can come from a file of its own")));
            }
            if let Some(RawValue { origin: Origin::Variable(other), .. }) = self.values.get(key.path)
                && *other != name
                && other.strip_suffix("_FILE").unwrap_or(other) == stem
            {
                return Err(Error::Config(format!("{other} and {name} are both set; set only one")));
            }
            let text = if from_file { read_secret(&name, &text)? } else { text };
            self.values.insert(key.path, RawValue { text, origin: Origin::Variable(name) });
        }
        self.foreign.sort();
        Ok(())
    }

    /// Returns one line about the variables that begin as Doorward's and are ignored; `None` without any.
    #[must_use]
    pub fn ignored_variables(&self) -> Option<String> {
        if self.foreign.is_empty() {
            return None;
        }
        let mut text = format!(
            "ignored, because Doorward's own variables have the form DOORWARD_SECTION__KEY: {}",
            self.foreign.join(", ")
        );
        if let Some(own) = &self.meant {
            text.push_str(&format!("; did you mean {own}?"));
        }
        Some(text)
    }

    /// Requires that no text has a character that nobody sees, such as the end of a line of Windows.
    pub(super) fn check_texts(&self) -> Result<()> {
        for key in KEYS.iter().filter(|key| matches!(key.kind, KeyType::Text | KeyType::SecretUrl)) {
            if let Some(problem) = invisible(self.text(key.path)?) {
                return Err(self.problem(key.path, problem));
            }
        }
        Ok(())
    }
}

/// Returns the variable that an operator may have meant by one without `__`. Kubernetes' variables have an URL as value.
fn meant(name: &str, value: &str) -> Option<String> {
    if value.starts_with("tcp://") {
        return None;
    }
    if ADDRESSES.contains(&name) {
        return Some(variable("server.listen"));
    }
    let all = KEYS.iter().map(|key| variable(key.path));
    all.map(|own| (distance(&own.replace("__", "_"), name), own))
        .min()
        .filter(|(distance, _)| *distance <= MOST_TYPOS)
        .map(|(_, own)| own)
}

/// Returns the error of a variable with an unknown key, with the nearest known one.
fn unknown(name: &str) -> Error {
    let nearest = KEYS.iter().map(|key| variable(key.path)).map(|own| (distance(&own, name), own)).min();
    let advice = match nearest {
        _ if name == "DOORWARD_SERVER__PORT" || name == "DOORWARD_SERVER__HOST" => {
            format!("; did you mean {}?", variable("server.listen"))
        }
        Some((distance, own)) if distance <= MOST_TYPOS => format!("; did you mean {own}?"),
        _ => String::new(),
    };
    Error::Config(format!("the environment variable {name} does not set a known key{advice}"))
}

/// Returns the problem with a text that has invisible characters, or blanks at its ends.
fn invisible(text: &str) -> Option<&'static str> {
    if text.starts_with('\u{feff}') {
        Some("begins with a byte order mark, which is invisible: remove it")
    } else if text.ends_with(['\r', '\n']) {
        Some("ends with a carriage return or a line feed, which is invisible: remove it")
    } else if text.trim() != text {
        Some("begins or ends with a blank: remove it")
    } else if text.contains(is_unseen) {
        Some("contains an invisible character: remove it")
    } else {
        None
    }
}

fn read_secret(variable: &str, path: &str) -> Result<String> {
    let text = files::read_text(path.as_ref(), MOST_OF_TEXT)
        .map_err(|problem| Error::Config(format!("{variable}: the file {problem}")))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.is_empty() {
        return Err(Error::Config(format!("{variable}: the file is empty")));
    }
    if let Some(problem) = invisible(text) {
        return Err(Error::Config(format!("{variable}: the text of the file {problem}")));
    }
    Ok(text.to_owned())
}
