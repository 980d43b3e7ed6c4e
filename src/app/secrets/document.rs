//! The text of the secrets file: for each purpose its versions, and which of them is current.
//!
//! Pure: it knows no file. Invariants: no message holds a value; a document never has a current version without a key, a
//! key that somebody made up, or the same key twice; a version that was retired is never given out again.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::model::SecretKey;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Cookies of known devices, and the names of failed logins that nobody has.
    Throttle,
    /// Fingerprints of the old application's passwords.
    Adopt,
    /// What passwords are mixed with before they are hashed.
    Pepper,
}

/// The versions of one secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// 0 when what is new gets none.
    current: u32,
    /// `None` for a version that was retired.
    keys: BTreeMap<u32, Option<SecretKey>>,
}

/// All that a secrets file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretsDocument(BTreeMap<Purpose, Versions>);

/// Why a version cannot be made, used or retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    #[error("there is no such version")]
    NoSuchVersion,
    #[error("it was retired: its key is gone")]
    Retired,
    #[error("it is the current version: make another one current first")]
    Current,
    #[error("only the pepper can be turned off")]
    NeedsOne,
    #[error("there is one version for good: with another key, every password of there would seem to have changed")]
    OneForGood,
}

const RETIRED: &str = "retired";
const HEAD: &str = "\
# The secrets of this installation. Keep this file from others, back it up, and give every node the same one.
# `doorward secret` changes it, and writes it anew as a whole.
";

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Throttle, Self::Adopt, Self::Pepper];

    /// The word for it: its section in the file, and its name in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Adopt => "adopt",
            Self::Pepper => "pepper",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

impl Versions {
    /// One version, which is current.
    #[must_use]
    pub fn first(key: SecretKey) -> Self {
        Self { current: 1, keys: BTreeMap::from([(1, Some(key))]) }
    }

    /// The version for what is new, and its key, if there is one.
    #[must_use]
    pub fn current(&self) -> Option<(u32, &SecretKey)> {
        self.get(self.current).map(|key| (self.current, key))
    }

    /// The key of a version that is still honoured.
    #[must_use]
    pub fn get(&self, version: u32) -> Option<&SecretKey> {
        self.keys.get(&version)?.as_ref()
    }

    /// All versions that there ever were, with their keys where they were not retired.
    pub fn all(&self) -> impl Iterator<Item = (u32, Option<&SecretKey>)> {
        self.keys.iter().map(|(version, key)| (*version, key.as_ref()))
    }

    /// Adds a key; its number.
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
                    return Err(problem("is no random key but a sample: make one by `doorward secret rotate`"));
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
    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong and where, without any value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).map_or(0, |head| head.matches('\n').count()) + 1;
            // The parser's own message may quote the line, and with it a secret.
            format!("not valid TOML, near line {line}")
        })?;
        let mut document = Self::default();
        for (word, section) in table {
            let purpose =
                Purpose::from_word(&word).ok_or("has a section that is none of throttle, adopt and pepper")?;
            let toml::Value::Table(section) = section else { return Err(format!("`{word}` must be a section")) };
            document.0.insert(purpose, Versions::parse(purpose, section)?);
        }
        let mut keys: Vec<_> = document.0.values().flat_map(Versions::all).filter_map(|(_, key)| key).collect();
        while let Some(key) = keys.pop() {
            if keys.contains(&key) {
                return Err("the same key stands in it twice: each version needs one of its own".to_owned());
            }
        }
        Ok(document)
    }

    /// The text that [`SecretsDocument::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (purpose, versions) in &self.0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n[{}]\ncurrent = {}\n", purpose.word(), versions.current);
            for (version, key) in versions.all() {
                let value = key.map_or_else(|| RETIRED.to_owned(), SecretKey::to_hex);
                let _ = writeln!(text, "{version} = \"{value}\"");
            }
        }
        text
    }

    /// The versions for a purpose, if there are any.
    #[must_use]
    pub fn get(&self, purpose: Purpose) -> Option<&Versions> {
        self.0.get(&purpose)
    }

    /// Whether nothing is left in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first version for a purpose that has none. What there is stays.
    pub fn begin(&mut self, purpose: Purpose, key: SecretKey) {
        self.0.entry(purpose).or_insert_with(|| Versions::first(key));
    }

    /// Takes out what [`SecretsDocument::begin`] has put in, if it is still so.
    pub fn withdraw(&mut self, purpose: Purpose, versions: &Versions) {
        if self.0.get(&purpose) == Some(versions) {
            self.0.remove(&purpose);
        }
    }

    /// Adds a version and makes it current, unless that is left for later; its number.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub fn rotate(&mut self, purpose: Purpose, key: SecretKey, is_for_later: bool) -> Result<u32, NotChanged> {
        if purpose == Purpose::Adopt {
            return Err(NotChanged::OneForGood);
        }
        let versions = self.0.entry(purpose).or_default();
        let version = versions.add(key);
        let needs_one = purpose != Purpose::Pepper && versions.current == 0;
        if needs_one || !is_for_later {
            versions.current = version;
        }
        Ok(version)
    }

    /// Makes a version current; 0 turns the pepper off for what is new.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub fn make_current(&mut self, purpose: Purpose, version: u32) -> Result<(), NotChanged> {
        let versions = self.0.get_mut(&purpose).ok_or(NotChanged::NoSuchVersion)?;
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

    /// Whether a version can be retired.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub fn may_retire(&self, purpose: Purpose, version: u32) -> Result<(), NotChanged> {
        if purpose == Purpose::Adopt {
            return Err(NotChanged::OneForGood);
        }
        let versions = self.0.get(&purpose).ok_or(NotChanged::NoSuchVersion)?;
        match versions.keys.get(&version) {
            None => Err(NotChanged::NoSuchVersion),
            Some(_) if versions.current == version => Err(NotChanged::Current),
            Some(_) => Ok(()),
        }
    }

    /// Forgets the key of a version; its number stays taken.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub fn retire(&mut self, purpose: Purpose, version: u32) -> Result<(), NotChanged> {
        self.may_retire(purpose, version)?;
        if let Some(versions) = self.0.get_mut(&purpose) {
            versions.keys.insert(version, None);
        }
        Ok(())
    }

    /// Forgets versions whose keys are lost; their numbers stay taken. What stands under such a number is another key, and
    /// gets a number of its own. `new` is for a purpose that is left without a current version and needs one.
    pub fn forget(&mut self, purpose: Purpose, lost: &[u32], new: &SecretKey) {
        let versions = self.0.entry(purpose).or_default();
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
