//! What a row of the old table says of a user who is here already, and how a name may be spelled there.

use super::{
    candidate::{LeftBehind, LegacyCredential, PlainText},
    legacy_view::LegacyView,
};
use crate::{
    model::{Fingerprint, LegacyUser, LegacyValue, Name, NameKey},
    store::{adoptions::Adoption, legacy_table::SPELLINGS},
};

/// Whether the row's name folds to `key`.
pub(super) fn is_called(row: &LegacyUser, key: &NameKey) -> bool {
    matches!(&row.name, LegacyValue::Text(name) if Name::adopted(name).is_ok_and(|name| name.key() == key))
}

/// The hash that the row holds; `None` where it holds what is not recognised and was seen before, so that the password
/// here is in force. What is not recognised is never a password in clear here.
pub(super) fn stored(
    row: &LegacyUser,
    adoption: &Adoption,
    legacy: &LegacyView<'_>,
) -> Result<Option<String>, LeftBehind> {
    let credential = match &row.password {
        LegacyValue::Null => Err(LeftBehind::NoPassword),
        LegacyValue::NotText => Err(LeftBehind::PasswordNotText),
        LegacyValue::Text(password) => LegacyCredential::identify(password.reveal(), PlainText::Refuse),
    };
    match credential {
        Ok(credential) => Ok(credential.hash().map(str::to_owned)),
        Err(LeftBehind::PasswordUnrecognized) if fingerprint(legacy, row) == adoption.fingerprint => Ok(None),
        Err(why) => Err(why),
    }
}

/// Of what the row's password column holds; what is not text has the fingerprint of nothing.
pub(super) fn fingerprint(legacy: &LegacyView<'_>, row: &LegacyUser) -> Fingerprint {
    legacy.key.fingerprint(row.password.text().map_or("", |password| password.reveal()))
}

/// How the name may be spelled there. A collation that folds case needs one spelling; where names are compared byte by
/// byte, whoever is spelled otherwise is found once `adopt run` has brought them here.
pub(super) fn spellings(typed: &str, key: &NameKey) -> [String; SPELLINGS] {
    let lower = key.as_text();
    let mut letters = lower.chars();
    let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    [typed.to_owned(), typed.trim().to_owned(), lower.to_owned(), lower.to_uppercase(), capital]
}
