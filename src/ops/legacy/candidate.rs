//! Decides whether the user of a legacy row can be adopted, and states the reason if not.
//!
//! Invariant: a row is adopted completely, with its own id and name, or it is left behind with a reason.

use doorward_password::{Password, StoredValue, Unreadable};

use crate::{
    Result,
    model::{
        Attributes, CellProblem, Fingerprint, KeyProblem, LegacyId, LegacyKey, LegacyUser, LegacyValue, Name,
        NameProblem, OtherKey, RoleId, TextDamage, Uid, UnixMillis, UserAttributes, UserId,
    },
    store::{
        Tx, adoptions,
        new_users::{self, NewUser},
        users,
    },
};

/// A row whose user can be adopted, unless a local user has the name or the id.
pub struct Candidate {
    pub key: LegacyKey,
    pub name: Name,
    pub credential: LegacyCredential,
    /// The value of the role column, if the table has one.
    pub role: Option<String>,
    /// Whether a state column marks the user as disabled.
    pub is_shut_out: bool,
}

/// The content of the password column.
pub enum LegacyCredential {
    /// A hash that can be verified.
    Hash(String),
    /// A plain-text password.
    PlainText(Password),
}

/// The treatment of a value in no recognised format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainText {
    /// No user can log in with it.
    #[default]
    Refuse,
    /// A plain-text password, as the operator has confirmed.
    Accept,
}

/// The highest id that is adopted. New users get ids above all adopted ones, and clients read ids from JSON, where
/// greater integers lose their last digits (RFC 8259 §6).
pub const HIGHEST_NUMBER: LegacyId = LegacyId((1 << 53) - 1);

/// The longest hash that fits the local column. Keycloak's credentials may be longer.
const HASH_CHARACTERS: usize = 1024;

/// The reason why a row is left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeftBehind {
    #[error("its id is not positive")]
    NumberNotPositive,
    #[error("its id is too high: no higher ids would remain for new users")]
    NumberTooHigh,
    #[error("another row has the same id")]
    NumberNotUnique,
    #[error("another local user has its id")]
    NumberTaken,
    #[error("its id cannot be read: {0}")]
    NumberUnreadable(KeyProblem),
    #[error("it has no name")]
    NoName,
    #[error("its name cannot be read: {0}")]
    NameNotText(CellProblem),
    #[error("its name looks damaged: {0}")]
    NameDamaged(TextDamage),
    #[error("its name is not valid in Doorward: {0}")]
    NameRefused(NameProblem),
    #[error("its name is the same, once folded, as that of user {0}")]
    NameTaken(i64),
    #[error("its name is the same, once folded, as that of an earlier row")]
    NameTakenByRow,
    #[error("it has no password")]
    NoPassword,
    #[error("it is locked")]
    Locked,
    #[error("its password cannot be read: {0}")]
    PasswordNotText(CellProblem),
    #[error("its password hash is too long")]
    PasswordTooLong,
    #[error("its password cannot be checked: {0}")]
    PasswordUnreadable(Unreadable),
    #[error("its password is in no recognised form")]
    PasswordUnrecognized,
    #[error("the legacy table disables it")]
    ShutOut,
}

impl LeftBehind {
    /// Returns a stable code for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NumberNotPositive => "number_not_positive",
            Self::NumberTooHigh => "number_too_high",
            Self::NumberNotUnique => "number_not_unique",
            Self::NumberTaken => "number_taken",
            Self::NumberUnreadable(_) => "number_unreadable",
            Self::NoName => "no_name",
            Self::NameNotText(_) => "name_not_text",
            Self::NameDamaged(_) => "name_damaged",
            Self::NameRefused(_) => "name_refused",
            Self::NameTaken(_) | Self::NameTakenByRow => "name_taken",
            Self::NoPassword => "no_password",
            Self::Locked => "locked",
            Self::PasswordNotText(_) => "password_not_text",
            Self::PasswordTooLong => "password_too_long",
            Self::PasswordUnreadable(_) => "password_unreadable",
            Self::PasswordUnrecognized => "password_unrecognized",
            Self::ShutOut => "shut_out",
        }
    }
}

impl LeftBehind {
    /// Returns the reason in general, without the details of one row.
    #[must_use]
    pub fn kind(self) -> String {
        match self {
            Self::NameTaken(_) | Self::NameTakenByRow => {
                "the name is the same, once folded, as another user's".to_owned()
            }
            Self::NumberUnreadable(_) => "the id cannot be read".to_owned(),
            Self::NameNotText(_) => "the name cannot be read".to_owned(),
            Self::PasswordNotText(_) => "the password cannot be read".to_owned(),
            Self::NameDamaged(_) => "the name looks damaged".to_owned(),
            Self::NameRefused(_) => "the name is not valid in Doorward".to_owned(),
            Self::PasswordUnreadable(_) => "the password cannot be checked".to_owned(),
            other => other.to_string(),
        }
    }
}

impl Candidate {
    /// Checks a row, without the other rows.
    ///
    /// # Errors
    /// Returns the reason why the row is left behind.
    pub fn judge(row: &LegacyUser, plain_text: PlainText) -> std::result::Result<Self, LeftBehind> {
        match row.name_damage {
            Some(damage) => Err(LeftBehind::NameDamaged(damage)),
            None => Self::judge_adopted(row, plain_text),
        }
    }

    /// Checks the row of a user who was adopted earlier. The user keeps a name that looks damaged.
    ///
    /// # Errors
    /// Returns the reason why the user can no longer log in.
    pub fn judge_adopted(row: &LegacyUser, plain_text: PlainText) -> std::result::Result<Self, LeftBehind> {
        match row.key.number() {
            Some(number) if number.0 <= 0 => return Err(LeftBehind::NumberNotPositive),
            Some(number) if number > HIGHEST_NUMBER => return Err(LeftBehind::NumberTooHigh),
            _ => {}
        }
        let name = match &row.name {
            LegacyValue::Null => return Err(LeftBehind::NoName),
            LegacyValue::Unreadable(problem) => return Err(LeftBehind::NameNotText(*problem)),
            LegacyValue::Text(name) => Name::adopted(name).map_err(|problem| match problem {
                NameProblem::Blank => LeftBehind::NoName,
                other => LeftBehind::NameRefused(other),
            })?,
        };
        let credential = match &row.password {
            LegacyValue::Null => return Err(LeftBehind::NoPassword),
            LegacyValue::Unreadable(problem) => return Err(LeftBehind::PasswordNotText(*problem)),
            LegacyValue::Text(password) => LegacyCredential::identify(password.reveal(), plain_text)?,
        };
        let (role, is_shut_out) = (row.role.text().cloned(), row.is_shut_out);
        Ok(Self { key: row.key.clone(), name, credential, role, is_shut_out })
    }

    /// Adds the user and the adoption. Returns the id of the user, or the reason why the user cannot be added.
    pub(super) async fn insert(
        &self,
        tx: &mut Tx,
        new: &Adopted<'_>,
    ) -> Result<std::result::Result<UserId, LeftBehind>> {
        let user = NewUser {
            uid: new.uid,
            name: &self.name,
            role_id: new.role_id,
            password_hash: new.password_hash,
            created_at: new.now,
        };
        let inserted = match &self.key {
            LegacyKey::Number(number) => {
                let id = UserId(number.0);
                new_users::insert_numbered(tx, id, &user).await?.then_some(id)
            }
            LegacyKey::Other(_) => new_users::insert(tx, &user).await?,
        };
        let Some(id) = inserted else {
            let namesake = users::by_key(tx, self.name.key()).await?;
            return Ok(Err(namesake.map_or(LeftBehind::NumberTaken, |user| LeftBehind::NameTaken(user.id.0))));
        };
        if !adoptions::insert(tx, &self.key, id, new.fingerprint, new.now).await? {
            // The row was adopted meanwhile, or a user from another row has this id.
            new_users::delete(tx, id).await?;
            return Ok(Err(LeftBehind::NumberTaken));
        }
        if let LegacyKey::Other(key) = &self.key {
            new_users::complete(tx, id, None, &attributes_of(key)).await?;
        }
        Ok(Ok(id))
    }
}

/// The attribute for administrators that holds the key of a row, if the user has another number.
pub const KEY_ATTRIBUTE: &str = "legacy_id";

/// Returns the stored attributes for administrators of a user with this key.
pub(super) fn stored_attributes(key: &LegacyKey) -> Option<String> {
    match key {
        LegacyKey::Number(_) => None,
        LegacyKey::Other(key) => attributes_of(key).admin.stored(),
    }
}

fn attributes_of(key: &OtherKey) -> UserAttributes {
    let members = [(KEY_ATTRIBUTE.to_owned(), key.to_string().into())].into_iter().collect();
    // A key is far below the limits of attributes.
    UserAttributes { own: Attributes::default(), admin: Attributes::new(members).unwrap_or_default() }
}

impl From<KeyProblem> for LeftBehind {
    fn from(problem: KeyProblem) -> Self {
        match problem {
            KeyProblem::NotPositive => Self::NumberNotPositive,
            KeyProblem::TooHigh => Self::NumberTooHigh,
            other => Self::NumberUnreadable(other),
        }
    }
}

/// The local values of an adopted user.
pub(super) struct Adopted<'a> {
    pub uid: Uid,
    pub role_id: RoleId,
    pub password_hash: Option<&'a str>,
    pub fingerprint: Fingerprint,
    pub now: UnixMillis,
}

impl LegacyCredential {
    /// Identifies the text of a password column.
    ///
    /// # Errors
    /// Returns the reason why no user can log in with it.
    pub fn identify(stored: &str, plain_text: PlainText) -> std::result::Result<Self, LeftBehind> {
        match StoredValue::identify(stored) {
            StoredValue::Empty => Err(LeftBehind::NoPassword),
            StoredValue::Locked => Err(LeftBehind::Locked),
            StoredValue::Unreadable(why) => Err(LeftBehind::PasswordUnreadable(why)),
            StoredValue::Hash(_) if stored.chars().count() > HASH_CHARACTERS => Err(LeftBehind::PasswordTooLong),
            StoredValue::Hash(_) => Ok(Self::Hash(stored.to_owned())),
            StoredValue::Unrecognized if plain_text == PlainText::Refuse => Err(LeftBehind::PasswordUnrecognized),
            StoredValue::Unrecognized => Ok(Self::PlainText(Password::new(stored.to_owned()))),
        }
    }

    /// Returns the value if it is a hash. The sync verifies passwords only against hashes.
    #[must_use]
    pub fn hash(&self) -> Option<&str> {
        match self {
            Self::Hash(hash) => Some(hash),
            Self::PlainText(_) => None,
        }
    }
}
