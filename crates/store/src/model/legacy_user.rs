//! A row of the legacy table, as read.
//!
//! Invariant: no value is trusted to have the type that its column declares.

use std::fmt;

use doorward_password::LegacyForms;
use zeroize::Zeroizing;

use super::{KeyProblem, LegacyKey, LegacyValue, RawCell, TextDamage, TextRepair, legacy_state::StateRules};

/// The operator's names for the legacy table and its columns. Missing names are detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegacyTableNames {
    pub table: Option<String>,
    pub id: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub role: Option<String>,
    pub role_values: RoleValues,
    /// The columns of a hash's salt, algorithm and iterations, which have no usual names.
    pub salt: Option<String>,
    pub algorithm: Option<String>,
    pub iterations: Option<String>,
    /// How the hashes were computed.
    pub forms: LegacyForms,
    /// The meaning of the state columns.
    pub states: StateRules,
    /// The permitted repairs of damaged names.
    pub repair: TextRepair,
}

/// The operator's roles for the values of the role column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleValues(Vec<(String, String)>);

impl RoleValues {
    /// Reads `VALUE=ROLE|VALUE=ROLE…`; `None` if the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pair = |pair: &str| {
            let (value, role) = pair.split_once('=')?;
            let (value, role) = (value.trim().to_lowercase(), role.trim());
            (!value.is_empty() && !role.is_empty()).then(|| (value, role.to_owned()))
        };
        text.split('|').map(pair).collect::<Option<_>>().map(Self)
    }

    /// Returns the role for a value, which is compared without case and surrounding blanks.
    #[must_use]
    pub fn role_for(&self, value: &str) -> Option<&str> {
        let value = value.trim().to_lowercase();
        self.0.iter().find(|(known, _)| *known == value).map(|(_, role)| role.as_str())
    }

    /// Returns the value of a role, in lower case.
    #[must_use]
    pub fn value_of(&self, role: &str) -> Option<&str> {
        self.0.iter().find(|(_, known)| known == role).map(|(value, _)| value.as_str())
    }

    /// Returns the roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, role)| role.as_str())
    }
}

/// The values of a row of the legacy table, or of a record of an export, before they are read.
#[derive(Debug, Clone)]
pub struct RawRow {
    pub key: RawCell,
    pub name: RawCell,
    pub password: RawCell,
    /// Null if there is no such column.
    pub role: RawCell,
    /// Whether a state column marks the user as disabled.
    pub is_shut_out: bool,
}

/// A row of the legacy table.
#[derive(Debug, Clone)]
pub struct LegacyUser {
    pub key: LegacyKey,
    /// The name, repaired if the operator permits it.
    pub name: LegacyValue<String>,
    /// The name as it is stored, if it was repaired.
    pub stored_name: Option<String>,
    /// The damage of the name that is not repaired. The user is then not adopted.
    pub name_damage: Option<TextDamage>,
    pub password: LegacyValue<LegacyPassword>,
    /// Null if the table has no such column.
    pub role: LegacyValue<String>,
    /// Whether a state column marks the user as disabled.
    pub is_shut_out: bool,
}

/// A row that nothing identifies.
#[derive(Debug, Clone)]
pub struct KeylessRow {
    /// The value of the key column, unescaped.
    pub key: String,
    pub name: Option<String>,
    pub why: KeyProblem,
}

impl RawRow {
    /// Reads the values as what they are.
    ///
    /// # Errors
    /// Returns what can be said of a row without a readable key.
    pub fn read(self, repair: TextRepair) -> Result<LegacyUser, KeylessRow> {
        let (mut stored_name, mut name_damage) = (None, None);
        let name = self.name.text().map(|name| {
            let repaired = repair.read(name);
            (stored_name, name_damage) = (repaired.stored, repaired.damage);
            repaired.text
        });
        let is_bytes = matches!(self.password, RawCell::Bytes(_));
        match self.key.key() {
            Ok(key) => Ok(LegacyUser {
                key,
                name,
                stored_name,
                name_damage,
                password: self.password.text().map(|text| LegacyPassword::new(text).as_bytes_if(is_bytes)),
                role: self.role.text(),
                is_shut_out: self.is_shut_out,
            }),
            Err(why) => Err(KeylessRow { key: self.key.shown_key(), name: name.text().cloned(), why }),
        }
    }
}

/// The value of the password column: a hash, or a plaintext password. It cannot be printed, and is wiped on drop.
#[derive(Clone)]
pub struct LegacyPassword {
    text: Zeroizing<String>,
    /// Whether the column holds bytes and not text.
    is_bytes: bool,
}

impl LegacyPassword {
    /// Creates a value from `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { text: Zeroizing::new(text), is_bytes: false }
    }

    /// Marks the value as bytes, if the column holds bytes. A program that reads bytes may reject text.
    #[must_use]
    pub fn as_bytes_if(self, is_bytes: bool) -> Self {
        Self { is_bytes, ..self }
    }

    /// Returns whether the column holds bytes and not text.
    #[must_use]
    pub fn is_bytes(&self) -> bool {
        self.is_bytes
    }

    /// Returns the value. It must not reach logs, errors or reports.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl PartialEq for LegacyPassword {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for LegacyPassword {}

impl fmt::Debug for LegacyPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LegacyPassword(…)")
    }
}
