//! Names that nobody may give themselves: those that an application, its people or its mail server are taken for.
//!
//! Invariant: whatever looks like a reserved name is reserved. It says nothing of who is above the rule.

use std::collections::BTreeSet;

use super::{Name, NameProblem, Skeleton};

/// Those of every installation: of administrators, of the program's own accounts, of mailboxes (RFC 2142), and words that
/// programs take for no name at all.
#[rustfmt::skip]
pub const RESERVED: [&str; 64] = [
    "abuse", "account", "accounts", "admin", "administration", "administrator", "admins", "all", "anonymous", "api",
    "auth", "billing", "bot", "contact", "daemon", "doorward", "everyone", "ftp", "guest", "help", "helpdesk",
    "hostmaster", "info", "localhost", "login", "logout", "mail", "mailer-daemon", "marketing", "me", "moderator",
    "moderators", "news", "nil", "no-reply", "nobody", "noc", "none", "noreply", "null", "official", "operator",
    "owner", "password", "postmaster", "register", "root", "sales", "security", "self", "service", "signup", "staff",
    "superuser", "support", "sysadmin", "system", "team", "undefined", "usenet", "uucp", "webmaster", "www", "you",
];

/// The reserved names, by their looks.
#[derive(Debug, Clone)]
pub struct ReservedNames(BTreeSet<String>);

impl ReservedNames {
    /// [`RESERVED`] and the operator's own.
    ///
    /// # Errors
    /// The first of them that is no name.
    pub fn new<'a>(own: impl IntoIterator<Item = &'a str>) -> Result<Self, NameProblem> {
        let mut looks = BTreeSet::new();
        for name in RESERVED.into_iter().chain(own) {
            looks.extend(Skeleton::of(&Name::adopted(name)?).texts().map(str::to_owned));
        }
        Ok(Self(looks))
    }

    /// Whether a name of these looks is reserved.
    #[must_use]
    pub fn hold(&self, looks: &Skeleton) -> bool {
        looks.texts().any(|look| self.0.contains(look))
    }
}
