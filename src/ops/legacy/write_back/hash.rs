//! Hashes a password as the legacy application does, which its newest rows show.

use doorward_password::{Password, Salt, Settings, StoredValue, Unreadable};

use super::super::legacy_view::LegacyView;
use crate::{
    Error, Result,
    app::App,
    model::{LegacyPassword, LegacyUser, PasswordProblem},
    ops::auth::hash_password::{NotHashed, overloaded},
    store::legacy_users,
};

/// The number of newest rows that are examined for their hash scheme.
const SAMPLE: u32 = 50;

/// The bytes of a password that bcrypt reads. Newer libraries reject longer passwords, and older ones ignore the rest.
const BCRYPT_BYTES: usize = 72;

/// The form of the passwords in the legacy table.
#[derive(Debug, Clone, Copy)]
pub(super) struct LegacyForm {
    settings: Settings,
    /// The prefix of bcrypt hashes. Some programs know one of them only.
    bcrypt_prefix: &'static str,
    /// Whether the column holds bytes and not text.
    is_bytes: bool,
}

impl LegacyForm {
    /// Returns the form of the newest hash, at Doorward's configured cost. For a table without any password, returns the
    /// form of the legacy application whose table has these columns.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if Doorward cannot create such passwords, and another error if the database fails.
    pub async fn of(app: &App, legacy: &LegacyView<'_>) -> Result<Self> {
        let newest = {
            let mut conn = legacy.application.db(&app.db).read().await?;
            legacy_users::newest(&mut conn, legacy.table, SAMPLE).await?
        };
        let hashing = &app.config.hashing;
        let plain = |settings| Self { settings, bcrypt_prefix: "$2b$", is_bytes: false };
        let refused = |what: &str| {
            Err(Error::Config(format!(
                "`adopt.write_back`: the newest passwords in {} are {what}, which Doorward cannot create, so the old \
                 application could not check what Doorward writes",
                legacy.table.name
            )))
        };
        let known = match NewestPassword::of(&newest) {
            NewestPassword::None if legacy.table.role_column.is_some() => plain(hashing.bcrypt),
            NewestPassword::None => plain(hashing.pbkdf2),
            NewestPassword::Unknown => return refused("in no recognised form"),
            NewestPassword::Hash { scheme, text } => match scheme {
                _ if scheme.starts_with("werkzeug-") => plain(hashing.pbkdf2),
                "bcrypt" => Self { bcrypt_prefix: prefix_of(text), ..plain(hashing.bcrypt) },
                _ if scheme.starts_with("argon2") => plain(hashing.argon2id),
                _ => return refused(&format!("of the scheme {scheme}")),
            },
        };
        let is_bytes = newest.iter().find_map(|row| row.password.text()).is_some_and(LegacyPassword::is_bytes);
        Ok(Self { is_bytes, ..known })
    }

    /// Returns why the legacy application could not verify this password; `None` if it can.
    pub fn problem(&self, password: &Password) -> Option<PasswordProblem> {
        let is_bcrypt = matches!(self.settings, Settings::Bcrypt { .. });
        match password.reveal() {
            text if is_bcrypt && text.len() > BCRYPT_BYTES => Some(PasswordProblem::TooManyBytes),
            text if is_bcrypt && text.contains('\0') => Some(PasswordProblem::HasNul),
            _ => None,
        }
    }

    /// Hashes the password.
    pub async fn hash(&self, app: &App, password: &Password) -> Result<std::result::Result<LegacyPassword, NotHashed>> {
        if let Some(problem) = self.problem(password) {
            return Ok(Err(NotHashed::Rejected(problem)));
        }
        match app.hasher.hash_as_received(self.settings, password.clone(), Salt(app.rng.bytes()?)).await {
            Ok(hash) => Ok(Ok(self.written(hash))),
            Err(error) => overloaded(error).map(NotHashed::Limited).map(Err),
        }
    }

    fn written(&self, hash: String) -> LegacyPassword {
        let hash = match hash.strip_prefix("$2b$") {
            Some(rest) => format!("{}{rest}", self.bcrypt_prefix),
            None => hash,
        };
        LegacyPassword::new(hash).as_bytes_if(self.is_bytes)
    }

    /// Returns the length of a hash of this form.
    pub fn length(&self) -> usize {
        let hash = self.settings.hash_form();
        hash.len()
    }
}

/// The newest password that is not empty or locked.
enum NewestPassword<'a> {
    None,
    Hash {
        scheme: &'static str,
        text: &'a str,
    },
    /// A hash of an unknown scheme, or only values in no recognised form.
    Unknown,
}

impl<'a> NewestPassword<'a> {
    /// Values in no recognised form count only if the table has no hash, because a user may have typed them.
    fn of(rows: &'a [LegacyUser]) -> Self {
        let mut found = Self::None;
        for text in rows.iter().filter_map(|row| row.password.text()).map(LegacyPassword::reveal) {
            match StoredValue::identify(text) {
                StoredValue::Hash(hash) => return Self::Hash { scheme: hash.scheme(), text },
                StoredValue::Unreadable(Unreadable::Scheme) => return Self::Unknown,
                StoredValue::Unrecognized => found = Self::Unknown,
                StoredValue::Empty | StoredValue::Locked | StoredValue::Unreadable(_) => {}
            }
        }
        found
    }
}

fn prefix_of(hash: &str) -> &'static str {
    ["$2a$", "$2y$"].into_iter().find(|prefix| hash.starts_with(prefix)).unwrap_or("$2b$")
}
