//! Names that users may not choose, because they impersonate an application, its staff or its mail server.
//!
//! Invariant: a name that looks like a reserved name is reserved. Callers decide which roles are exempt.

use std::collections::BTreeSet;

use super::{Name, NameProblem, Skeleton};

/// The names that every installation reserves: administrators, the program's own accounts, mailboxes (RFC 2142), and
/// words that programs read as a missing name.
#[rustfmt::skip]
pub const RESERVED: [&str; 64] = [
    "abuse", "account", "accounts", "admin", "administration", "administrator", "admins", "all", "anonymous", "api",
    "auth", "billing", "bot", "contact", "daemon", "doorward", "everyone", "ftp", "guest", "help", "helpdesk",
    "hostmaster", "info", "localhost", "login", "logout", "mail", "mailer-daemon", "marketing", "me", "moderator",
    "moderators", "news", "nil", "no-reply", "nobody", "noc", "none", "noreply", "null", "official", "operator",
    "owner", "password", "postmaster", "register", "root", "sales", "security", "self", "service", "signup", "staff",
    "superuser", "support", "sysadmin", "system", "team", "undefined", "usenet", "uucp", "webmaster", "www", "you",
];

/// The reserved names, by appearance.
#[derive(Debug, Clone)]
pub struct ReservedNames(BTreeSet<String>);

impl ReservedNames {
    /// Combines [`RESERVED`] with the operator's names.
    ///
    /// # Errors
    /// Returns the problem of the first invalid name.
    pub fn new<'a>(own: impl IntoIterator<Item = &'a str>) -> Result<Self, NameProblem> {
        let mut looks = BTreeSet::new();
        for name in RESERVED.into_iter().chain(own) {
            looks.extend(Skeleton::of(&Name::adopted(name)?).texts().map(str::to_owned));
        }
        Ok(Self(looks))
    }

    /// Returns whether a name of this appearance is reserved.
    #[must_use]
    pub fn hold(&self, looks: &Skeleton) -> bool {
        looks.texts().any(|look| self.0.contains(look))
    }
}
