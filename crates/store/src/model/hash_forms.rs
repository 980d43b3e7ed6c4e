//! How the values of a row become the one stored string of its hash.
//!
//! Invariant: the rest of the program sees only the whole string. A row whose columns have no such form keeps the value of
//! its password column.

use doorward_password::{FormColumns, LegacyForms};

use super::RawCell;

/// The values that belong to a hash, beside the password column.
#[derive(Debug, Clone)]
pub struct HashCells {
    pub salt: RawCell,
    pub algorithm: RawCell,
    pub iterations: RawCell,
}

/// The forms of the hashes of a legacy table.
#[derive(Debug, Clone, Default)]
pub struct HashForms(LegacyForms);

impl HashForms {
    /// Creates the forms that the operator described.
    #[must_use]
    pub fn new(forms: &LegacyForms) -> Self {
        Self(forms.clone())
    }

    /// Returns whether stored values are never changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the stored string of a row.
    #[must_use]
    pub fn stored(&self, name: &RawCell, password: RawCell, cells: &HashCells) -> RawCell {
        let (name, salt) = (name.text(), bytes(&cells.salt));
        let [algorithm, iterations] = [&cells.algorithm, &cells.iterations].map(RawCell::text);
        let columns = FormColumns {
            username: name.text().map_or("", String::as_str),
            salt: salt.as_deref(),
            algorithm: algorithm.text().map(String::as_str),
            iterations: iterations.text().map(String::as_str),
        };
        if let RawCell::Bytes(raw) = &password
            && let Some(composed) = self.0.compose_bytes(raw, columns)
        {
            return RawCell::Text(composed);
        }
        match password.text().text() {
            Some(stored) => RawCell::Text(self.0.compose(stored, columns)),
            None => password,
        }
    }
}

/// Returns the bytes of a salt: those of a binary column, or of the text of any other value.
fn bytes(salt: &RawCell) -> Option<Vec<u8>> {
    match salt {
        RawCell::Bytes(bytes) => Some(bytes.clone()),
        other => other.text().text().map(|text| text.clone().into_bytes()),
    }
}
