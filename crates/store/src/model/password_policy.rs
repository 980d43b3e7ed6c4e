//! The rules for a new password: its minimum length, and the rejection of names and common passwords.
//!
//! They follow NIST SP 800-63B-4 §3.1.1.2 and ASVS 6.2: length counts code points, and all characters are allowed.
//! Composition rules and forced changes do not exist. Invariants: the whole password is judged as typed. Its length is
//! checked before any other rule.

use std::sync::Arc;

use doorward_password::Password;

use super::{
    Blocklist, BlocklistProblem, Name, NameKey,
    blocklist::in_lower_case,
    pattern::{SHORT, repeated, without_runs_before, without_runs_behind},
};

/// The longest password on any route, in code points.
pub const PASSWORD_CODE_POINTS: usize = 1024;
/// The name of this program, an obvious guess.
const PROGRAM: &str = "doorward";
/// The number of digits that users often append, as in a year.
const YEAR_DIGITS: usize = 4;
/// Common passwords from public lists; see `assets/README.md`.
static COMMON_PASSWORDS: &[u8] = include_bytes!("../../assets/common-passwords.filter");

/// The rules of a route.
#[derive(Debug, Clone)]
pub enum PasswordPolicy {
    /// Any password of 1 to 1024 code points, as the legacy applications accepted.
    Accept,
    /// The rules of the section `password`.
    Enforce(Arc<PasswordRules>),
}

/// The minimum length, the words that name the service, and the lists of common passwords.
#[derive(Debug)]
pub struct PasswordRules {
    min_length: usize,
    service: Vec<NameKey>,
    /// The built-in list, and the operator's list if configured.
    lists: Vec<Blocklist>,
}

/// The reason why a password is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("Password must be at least {0} characters long")]
    TooShort(usize),
    #[error("Password must be at most 1024 characters long")]
    TooLong,
    #[error("Password must not be the username or the name of this service")]
    IsName,
    #[error("Password must not be a common or breached one, alone, repeated or with a row of keys")]
    IsCommon,
    #[error("Password must differ from the one that is to be changed")]
    IsCurrent,
    /// The legacy application, to which the password is also written, reads no more than 72 bytes.
    #[error("Password must be at most 72 bytes long")]
    TooManyBytes,
    /// The legacy application rejects the character NUL.
    #[error("Password must not contain the character NUL")]
    HasNul,
}

impl PasswordProblem {
    /// Returns the problem and the remedy.
    #[must_use]
    pub fn detail(self) -> String {
        match self {
            Self::TooShort(least) => format!(
                "The password has fewer than {least} characters. Several unrelated words make a long one that is easy \
                 to remember; blanks and any other characters may be used."
            ),
            Self::TooLong => {
                format!("The password has more than {PASSWORD_CODE_POINTS} characters. Use a shorter one.")
            }
            Self::IsName => "The password is the name of the user or of this service, perhaps repeated or with digits \
                             behind it, and would be guessed first. Several unrelated words would do."
                .to_owned(),
            Self::IsCommon => "The password is on a list of common or breached passwords, or is made of one by \
                               repeating it or adding a row of keys, so it would be guessed early. Several unrelated \
                               words would do."
                .to_owned(),
            Self::IsCurrent => "The password is the one that must be changed. Choose another.".to_owned(),
            Self::TooManyBytes => "The password has more than 72 bytes in UTF-8, and an application that shares this \
                                   account reads no more. Use a shorter one."
                .to_owned(),
            Self::HasNul => "The password contains the character NUL, which an application that shares this account \
                             rejects. Use other characters."
                .to_owned(),
        }
    }
}

impl PasswordRules {
    /// Creates the rules with the built-in list of common passwords.
    ///
    /// # Errors
    /// Returns a [`BlocklistProblem`] if the built-in list is damaged.
    pub fn new(min_length: usize) -> Result<Self, BlocklistProblem> {
        let service = Name::new(PROGRAM).map(|name| name.key().clone()).into_iter().collect();
        Ok(Self { min_length, service, lists: vec![Self::common_passwords()?] })
    }

    /// Returns the built-in list of common passwords.
    ///
    /// # Errors
    /// Returns a [`BlocklistProblem`] if the list is damaged.
    pub fn common_passwords() -> Result<Blocklist, BlocklistProblem> {
        Blocklist::from_bytes(COMMON_PASSWORDS)
    }

    /// Adds words that name the service.
    #[must_use]
    pub fn with_service_words<'a>(mut self, words: impl IntoIterator<Item = &'a str>) -> Self {
        self.service.extend(words.into_iter().filter_map(|word| Some(Name::new(word).ok()?.key().clone())));
        self
    }

    /// Adds the passwords of this list.
    #[must_use]
    pub fn with_list(mut self, list: Blocklist) -> Self {
        self.lists.push(list);
        self
    }

    /// Returns the minimum length, in code points.
    #[must_use]
    pub fn min_length(&self) -> usize {
        self.min_length
    }

    /// Returns the number of listed passwords.
    #[must_use]
    pub fn listed(&self) -> u64 {
        self.lists.iter().map(Blocklist::entries).sum()
    }

    fn check(&self, password: &Password, name: &str) -> Result<(), PasswordProblem> {
        if password.code_points() < self.min_length {
            return Err(PasswordProblem::TooShort(self.min_length));
        }
        let typed = password.reveal();
        let lower = in_lower_case(typed);
        // A word that is lengthened in one of these ways is as easy to guess.
        let unit = repeated(&lower);
        let words = [unit, Some(without_runs_behind(&lower)), Some(without_runs_before(&lower))];
        let words = || words.iter().flatten().copied().filter(|word| *word != &**lower);
        let year_off = Some(without_year(typed)).filter(|word| *word != typed);
        let name = Name::new(name);
        let name = name.as_ref().map(Name::key).ok();
        if words().chain([typed]).chain(year_off).any(|word| self.is_name(word, name)) {
            return Err(PasswordProblem::IsName);
        }
        let is_short = unit.is_some_and(|unit| unit.chars().count() <= SHORT);
        if is_short || words().chain([typed]).any(|word| word.is_empty() || self.is_listed(word)) {
            return Err(PasswordProblem::IsCommon);
        }
        Ok(())
    }

    fn is_listed(&self, password: &str) -> bool {
        self.lists.iter().any(|list| list.lists(password))
    }

    /// Returns whether `word` names the service or has this key, compared as names are.
    fn is_name(&self, word: &str, name: Option<&NameKey>) -> bool {
        Name::new(word).is_ok_and(|word| name == Some(word.key()) || self.service.contains(word.key()))
    }
}

impl PasswordPolicy {
    /// Checks a new password for the account called `name`.
    ///
    /// # Errors
    /// Returns the first violated rule.
    pub fn check(&self, password: &Password, name: &str) -> Result<(), PasswordProblem> {
        // A code point has at most four bytes, so the code points of megabytes are not counted.
        let too_long = password.reveal().len() > PASSWORD_CODE_POINTS * 4;
        if too_long || password.code_points() > PASSWORD_CODE_POINTS {
            return Err(PasswordProblem::TooLong);
        }
        match self {
            Self::Accept if password.reveal().is_empty() => Err(PasswordProblem::TooShort(1)),
            Self::Accept => Ok(()),
            Self::Enforce(rules) => rules.check(password, name),
        }
    }

    /// Returns whether `password` is valid under any policy. Otherwise it cannot be the password of an account.
    #[must_use]
    pub fn could_be_set(password: &Password) -> bool {
        !password.reveal().is_empty() && Self::Accept.check(password, "").is_ok()
    }
}

/// Returns `text` without up to four trailing digits.
fn without_year(text: &str) -> &str {
    let word = text.trim_end_matches(|last: char| last.is_ascii_digit());
    if text.len() - word.len() <= YEAR_DIGITS { word } else { text }
}
