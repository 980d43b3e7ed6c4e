//! Values that were read against a table: of which types they may be, and how a handler takes them.
//!
//! Invariant: a value is here only if it has met every rule that its table states; a handler that asks for another type
//! than its table has fails as a whole, which its first test shows.

use std::collections::BTreeMap;

use doorward_password::Password;
use serde_json::{Map, Value};

use crate::{
    Error, Result,
    model::{Attributes, Name, NameKey, Permissions, RoleName, Uid, UnixMillis},
};

/// A name to find an account by: as it was typed, and folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownName {
    pub typed: String,
    pub key: NameKey,
}

/// Where a page begins: what the cursor held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub Vec<u8>);

/// One value. `Password` shows nothing of itself in `Debug`.
#[derive(Debug)]
pub enum Given {
    Null,
    Name(Name),
    KnownName(KnownName),
    Password(Password),
    Text(String),
    Boolean(bool),
    Object(Map<String, Value>),
    RoleName(RoleName),
    Permissions(Permissions),
    Number(usize),
    Uid(Uid),
    Instant(UnixMillis),
    Position(Position),
}

/// A type that a value may be taken as.
pub trait FromGiven: Sized {
    /// `None` when the value is of another type.
    fn from_given(given: Given) -> Option<Self>;
}

macro_rules! from_given {
    ($($variant:ident: $type:ty;)*) => {
        $(impl FromGiven for $type {
            fn from_given(given: Given) -> Option<Self> {
                match given {
                    Given::$variant(value) => Some(value),
                    _ => None,
                }
            }
        })*
    };
}

from_given! {
    Name: Name;
    KnownName: KnownName;
    Password: Password;
    Text: String;
    Boolean: bool;
    Object: Map<String, Value>;
    RoleName: RoleName;
    Permissions: Permissions;
    Number: usize;
    Uid: Uid;
    Instant: UnixMillis;
    Position: Position;
}

impl FromGiven for Attributes {
    fn from_given(given: Given) -> Option<Self> {
        Map::from_given(given).and_then(|members| Self::new(members).ok())
    }
}

/// All values of a body or of a query.
#[derive(Debug, Default)]
pub struct Values(BTreeMap<&'static str, Given>);

impl Values {
    /// Adds a value; false when there was one of that name.
    pub(super) fn insert(&mut self, name: &'static str, given: Given) -> bool {
        self.0.insert(name, given).is_none()
    }

    /// Whether `name` was given, be it as null.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a value that its table requires.
    ///
    /// # Errors
    /// When the table does not, or has another type.
    pub fn required<T: FromGiven>(&mut self, name: &'static str) -> Result<T> {
        self.optional(name)?.ok_or_else(|| Error::System(format!("the table does not require `{name}`")))
    }

    /// Takes a value that may be absent; null counts as absent.
    ///
    /// # Errors
    /// When the table has another type.
    pub fn optional<T: FromGiven>(&mut self, name: &'static str) -> Result<Option<T>> {
        Ok(self.patch(name)?.flatten())
    }

    /// Takes a value of which absence and null mean different things: `None`, and `Some(None)`.
    ///
    /// # Errors
    /// When the table has another type.
    pub fn patch<T: FromGiven>(&mut self, name: &'static str) -> Result<Option<Option<T>>> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Given::Null) => Ok(Some(None)),
            Some(given) => match T::from_given(given) {
                Some(value) => Ok(Some(Some(value))),
                None => Err(Error::System(format!("the table has another type for `{name}`"))),
            },
        }
    }
}
