//! The text of the secrets file: the versions for each purpose, and the current one.
//!
//! This module does not know the file. Invariants: messages never contain a value. A document never has a current
//! version without a key, an invented key, or the same key twice. A retired version number is never reused.

use std::{collections::BTreeMap, fmt::Write as _};

use super::purpose::Purpose;
use crate::model::SecretKey;

/// The versions of one secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// The version for new values; 0 for none.
    current: u32,
    /// The keys by version; `None` for a retired version.
    keys: BTreeMap<u32, Option<SecretKey>>,
}

/// The content of a secrets file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretsDocument {
    sections: BTreeMap<Purpose, Versions>,
    /// Whether the SQLite database of this file may be missing or empty. The first start ends this.
    may_begin: bool,
}

/// The reason why a version cannot be created, used or retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    #[error("no such version")]
    NoSuchVersion,
    #[error("it was retired: its key is gone")]
    Retired,
    #[error("it is the current version: make another version current first")]
    Current,
    #[error("only the pepper can be turned off")]
    NeedsOne,
    #[error("it always has one version: with another key, all legacy passwords would seem changed")]
    OneForGood,
}

const RETIRED: &str = "retired";
/// The entry for [`SecretsDocument::may_begin`].
const NEW_DATABASE: &str = "new_database";
const HEAD: &str = "\
# The secrets of this installation. Protect this file, back it up, and copy it to every node.
# `doorward secret` changes it and rewrites the whole file.
";

impl Versions {
    /// Creates one version, which is current.
    #[must_use]
    pub fn first(key: SecretKey) -> Self {
        Self { current: 1, keys: BTreeMap::from([(1, Some(key))]) }
    }

    /// Returns the version for new values and its key, if any.
    #[must_use]
    pub fn current(&self) -> Option<(u32, &SecretKey)> {
        self.get(self.current).map(|key| (self.current, key))
    }

    /// Returns the key of a version that is still valid.
    #[must_use]
    pub fn get(&self, version: u32) -> Option<&SecretKey> {
        self.keys.get(&version)?.as_ref()
    }

    /// Returns all versions ever used, with the keys of those not retired.
    pub fn all(&self) -> impl Iterator<Item = (u32, Option<&SecretKey>)> {
        self.keys.iter().map(|(version, key)| (*version, key.as_ref()))
    }

    /// Adds a key and returns its number.
    fn add(&mut self, key: SecretKey) -> u32 {
        let version = self.keys.keys().last().map_or(1, |last| last.saturating_add(1));
        self.keys.insert(version, Some(key));
        version
    }

    fn parse(purpose: Purpose, table: toml::Table) -> Result<Self, String> {
        let word = purpose.word();
        let mut versions = Self::default();
        let mut current = None;
        for (name, value) in table {
            if name == "current" {
                let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
                current = Some(number.ok_or_else(|| format!("`{word}.current` must be the number of a version"))?);
                continue;
            }
            let version = name.parse().ok().filter(|version: &u32| *version > 0 && version.to_string() == name);
            let version =
                version.ok_or_else(|| format!("[{word}] has an entry that is not the number of a version"))?;
            let problem = |what: &str| format!("`{word}.{version}` {what}");
            let text = value.as_str().ok_or_else(|| problem("must be text in quotes"))?;
            let key = if text == RETIRED {
                None
            } else {
                let key = SecretKey::from_hex(text).ok_or_else(|| problem("must be 64 hexadecimal digits"))?;
                if key.is_made_up() {
                    return Err(problem("is a sample, not a random key: create one with `doorward secret rotate`"));
                }
                Some(key)
            };
            versions.keys.insert(version, key);
        }
        versions.current = current.ok_or_else(|| format!("`{word}.current` is missing"))?;
        let is_off = versions.current == 0 && purpose == Purpose::Pepper;
        if versions.current().is_none() && !is_off {
            return Err(format!("`{word}.current` names a version that has no key"));
        }
        if purpose == Purpose::Adopt && versions.keys.len() != 1 {
            return Err(format!("[{word}] must have one version"));
        }
        Ok(versions)
    }
}

impl SecretsDocument {
    /// Parses the text of a file.
    ///
    /// # Errors
    /// Returns the problem and its place, without any value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).map_or(0, |head| head.matches('\n').count()) + 1;
            // The parser's message is not used, because it may quote a line with a secret.
            format!("not valid TOML, near line {line}")
        })?;
        let mut document = Self::default();
        for (word, section) in table {
            if word == NEW_DATABASE {
                document.may_begin =
                    section.as_bool().ok_or_else(|| format!("`{NEW_DATABASE}` must be true or false"))?;
                continue;
            }
            let purpose =
                Purpose::from_word(&word).ok_or("has a section that is none of throttle, adopt and pepper")?;
            let toml::Value::Table(section) = section else { return Err(format!("`{word}` must be a section")) };
            document.sections.insert(purpose, Versions::parse(purpose, section)?);
        }
        let mut keys: Vec<_> = document.sections.values().flat_map(Versions::all).filter_map(|(_, key)| key).collect();
        while let Some(key) = keys.pop() {
            if keys.contains(&key) {
                return Err("the same key occurs twice: each version needs its own key".to_owned());
            }
        }
        Ok(document)
    }

    /// Returns the text that [`SecretsDocument::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = HEAD.to_owned();
        if self.may_begin {
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "# The SQLite database may be missing or empty. The first start with it removes this entry.\n\
                 {NEW_DATABASE} = true\n"
            );
        }
        for (purpose, versions) in &self.sections {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n[{}]\ncurrent = {}\n", purpose.word(), versions.current);
            for (version, key) in versions.all() {
                let value = key.map_or_else(|| RETIRED.to_owned(), SecretKey::to_hex);
                let _ = writeln!(text, "{version} = \"{value}\"");
            }
        }
        text
    }

    /// Returns whether the SQLite database may be missing or empty.
    #[must_use]
    pub fn may_begin(&self) -> bool {
        self.may_begin
    }

    /// States whether the SQLite database may be missing or empty.
    pub fn set_may_begin(&mut self, may_begin: bool) {
        self.may_begin = may_begin;
    }

    /// Returns the versions for a purpose, if any.
    #[must_use]
    pub fn get(&self, purpose: Purpose) -> Option<&Versions> {
        self.sections.get(&purpose)
    }

    /// Returns whether the document is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Adds the first version for a purpose that has none. An existing version stays.
    pub fn begin(&mut self, purpose: Purpose, key: SecretKey) {
        self.sections.entry(purpose).or_insert_with(|| Versions::first(key));
    }

    /// Removes the version that [`SecretsDocument::begin`] added, if it is unchanged.
    pub fn withdraw(&mut self, purpose: Purpose, versions: &Versions) {
        if self.sections.get(&purpose) == Some(versions) {
            self.sections.remove(&purpose);
        }
    }

    /// Adds a version and returns its number. It becomes current unless `is_for_later`.
    ///
    /// # Errors
    /// Returns a [`NotChanged`] if the version does not permit it.
    pub fn rotate(&mut self, purpose: Purpose, key: SecretKey, is_for_later: bool) -> Result<u32, NotChanged> {
        if purpose == Purpose::Adopt {
            return Err(NotChanged::OneForGood);
        }
        let versions = self.sections.entry(purpose).or_default();
        let version = versions.add(key);
        let needs_one = purpose != Purpose::Pepper && versions.current == 0;
        if needs_one || !is_for_later {
            versions.current = version;
        }
        Ok(version)
    }

    /// Makes a version current; 0 turns the pepper off for new hashes.
    ///
    /// # Errors
    /// Returns a [`NotChanged`] if the version does not permit it.
    pub fn make_current(&mut self, purpose: Purpose, version: u32) -> Result<(), NotChanged> {
        let versions = self.sections.get_mut(&purpose).ok_or(NotChanged::NoSuchVersion)?;
        match versions.keys.get(&version) {
            _ if version == 0 && purpose == Purpose::Pepper => {}
            _ if version == 0 => return Err(NotChanged::NeedsOne),
            None => return Err(NotChanged::NoSuchVersion),
            Some(None) => return Err(NotChanged::Retired),
            Some(Some(_)) => {}
        }
        versions.current = version;
        Ok(())
    }

    /// Checks whether a version may be retired.
    ///
    /// # Errors
    /// Returns a [`NotChanged`] if the version does not permit it.
    pub fn may_retire(&self, purpose: Purpose, version: u32) -> Result<(), NotChanged> {
        if purpose == Purpose::Adopt {
            return Err(NotChanged::OneForGood);
        }
        let versions = self.sections.get(&purpose).ok_or(NotChanged::NoSuchVersion)?;
        match versions.keys.get(&version) {
            None => Err(NotChanged::NoSuchVersion),
            Some(_) if versions.current == version => Err(NotChanged::Current),
            Some(_) => Ok(()),
        }
    }

    /// Removes the key of a version; its number stays reserved.
    ///
    /// # Errors
    /// Returns a [`NotChanged`] if the version does not permit it.
    pub fn retire(&mut self, purpose: Purpose, version: u32) -> Result<(), NotChanged> {
        self.may_retire(purpose, version)?;
        if let Some(versions) = self.sections.get_mut(&purpose) {
            versions.keys.insert(version, None);
        }
        Ok(())
    }

    /// Removes versions whose keys are lost; their numbers stay reserved. A different key with such a number gets a new
    /// number. `new` serves a purpose that needs a current version and lost it.
    pub fn forget(&mut self, purpose: Purpose, lost: &[u32], new: &SecretKey) {
        let versions = self.sections.entry(purpose).or_default();
        let mut others = Vec::new();
        for version in lost {
            let other = versions.keys.insert(*version, None).flatten();
            others.extend(other.map(|key| (key, *version == versions.current)));
        }
        for (key, is_current) in others {
            let number = versions.add(key);
            versions.current = if is_current { number } else { versions.current };
        }
        if versions.current().is_none() {
            versions.current = if purpose == Purpose::Pepper { 0 } else { versions.add(new.clone()) };
        }
    }
}
