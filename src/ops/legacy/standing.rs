//! The meaning of a row for a user who was adopted earlier, and the spellings of a name in the legacy table.

use std::collections::HashSet;

use super::{
    candidate::{LeftBehind, LegacyCredential, PlainText},
    legacy_view::LegacyView,
};
use crate::{
    model::{Fingerprint, LegacyUser, LegacyValue, Name, NameKey, TextRepair},
    store::{adoptions::Adoption, legacy_users::SPELLINGS},
};

/// Returns whether the row's name folds to `key`.
pub(super) fn is_called(row: &LegacyUser, key: &NameKey) -> bool {
    matches!(&row.name, LegacyValue::Text(name) if Name::adopted(name).is_ok_and(|name| name.key() == key))
}

/// Returns whether the name of the row folds to the key of an adopted user, repaired or as it is stored. The operator may
/// permit a repair after the adoption.
pub(super) fn was_called(row: &LegacyUser, key: &[u8]) -> bool {
    let names = row.name.text().into_iter().chain(&row.stored_name);
    names.into_iter().any(|name| Name::adopted(name).is_ok_and(|name| name.key().as_bytes() == key))
}

/// Returns the hash of the row; `None` if its value is not recognised and unchanged, so the local password is valid. An
/// unrecognised value never counts as plain text.
pub(super) fn stored(
    row: &LegacyUser,
    adoption: &Adoption,
    legacy: &LegacyView<'_>,
) -> Result<Option<String>, LeftBehind> {
    let credential = match &row.password {
        LegacyValue::Null => Err(LeftBehind::NoPassword),
        LegacyValue::Unreadable(problem) => Err(LeftBehind::PasswordNotText(*problem)),
        LegacyValue::Text(password) => LegacyCredential::identify(password.reveal(), PlainText::Refuse),
    };
    match credential {
        Ok(credential) => Ok(credential.hash().map(str::to_owned)),
        Err(LeftBehind::PasswordUnrecognized) if fingerprint(legacy, row) == adoption.fingerprint => Ok(None),
        Err(why) => Err(why),
    }
}

/// Returns the fingerprint of the row's password column. A value that is not text counts as empty.
pub(super) fn fingerprint(legacy: &LegacyView<'_>, row: &LegacyUser) -> Fingerprint {
    legacy.key.fingerprint(row.password.text().map_or("", |password| password.reveal()))
}

/// Returns the texts that the legacy table may hold for the name: its likely spellings, each as it is and as a permitted
/// repair finds it.
pub(super) fn stored_names(repair: TextRepair, typed: &str, key: &NameKey) -> Vec<String> {
    let mut names = spellings(typed, key).to_vec();
    if repair.changes() {
        let forms: Vec<_> = names.iter().flat_map(|name| repair.stored_forms(name)).collect();
        names.extend(forms);
        let mut known = HashSet::new();
        names.retain(|name| known.insert(name.clone()));
    }
    names
}

/// Returns the likely spellings of the name. One is enough for a collation that folds case. If names are compared byte
/// by byte, a user with another spelling is found only after `adopt run`.
fn spellings(typed: &str, key: &NameKey) -> [String; SPELLINGS] {
    let lower = key.as_text();
    let mut letters = lower.chars();
    let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    [typed.to_owned(), typed.trim().to_owned(), lower.to_owned(), lower.to_uppercase(), capital]
}
