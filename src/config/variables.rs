//! The environment as a source of values, and the rule for invisible characters in values.
//!
//! A variable is Doorward's if it has the form `DOORWARD_SECTION__KEY`. Others that begin with `DOORWARD_` are written by
//! orchestrators, such as Kubernetes' `DOORWARD_PORT=tcp://…` for a service of that name. They are reported and ignored.

use super::{
    files::{self, MOST_OF_TEXT},
    keys::{KEYS, KeyType, variable},
    values::{Origin, RawValue, RawValues, find},
};
use crate::{Error, Result, model::is_unseen};

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
                self.foreign.extend(name.starts_with("DOORWARD_").then_some(name));
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
                None => return Err(Error::Config(format!("the environment variable {name} does not set a known key"))),
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
        let meant =
            KEYS.iter().map(|key| variable(key.path)).find(|own| self.foreign.contains(&own.replace("__", "_")));
        if let Some(own) = meant {
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
