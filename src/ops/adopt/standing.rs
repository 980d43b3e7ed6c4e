//! What a row of the old table says of a user who is here already.

use super::{LeftBehind, Old, OldCredential, PlainText};
use crate::{
    model::{Field, Fingerprint, Name, NameKey, OldUser},
    store::adoptions::Adoption,
};

/// Whether the row's name folds to `key`.
pub(super) fn is_called(row: &OldUser, key: &NameKey) -> bool {
    matches!(&row.name, Field::Text(name) if Name::adopted(name).is_ok_and(|name| name.key() == key))
}

/// The hash that the row holds; `None` where it holds what is not recognised and was seen before, so that the password
/// here is in force. What is not recognised is never a password in clear here.
pub(super) fn stored(row: &OldUser, adoption: &Adoption, old: &Old<'_>) -> Result<Option<String>, LeftBehind> {
    let credential = match &row.password {
        Field::Null => Err(LeftBehind::NoPassword),
        Field::NotText => Err(LeftBehind::PasswordNotText),
        Field::Text(password) => OldCredential::tell(password.reveal(), PlainText::Refuse),
    };
    match credential {
        Ok(credential) => Ok(credential.hash().map(str::to_owned)),
        Err(LeftBehind::PasswordUnrecognized) if fingerprint(old, row) == adoption.fingerprint => Ok(None),
        Err(why) => Err(why),
    }
}

/// Of what the row's password column holds; what is not text has the fingerprint of nothing.
pub(super) fn fingerprint(old: &Old<'_>, row: &OldUser) -> Fingerprint {
    old.key.fingerprint(row.password.text().map_or("", |password| password.reveal()))
}
