//! Prints a recipe in the one spelling that stored hashes contain.

use std::fmt;

use super::node::{Change, DigestName, Node, Recipe, RecipeNumber, RoundKind};
use crate::text::to_hex;

impl Recipe {
    /// Returns the recipe for a report, without its literals: they differ from row to row, and may be secret.
    pub(crate) fn shown(&self) -> String {
        let text = self.to_string();
        let mut parts = text.split("x'");
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            shown.push_str("'…'");
            shown.push_str(part.split_once('\'').map_or("", |(_, rest)| rest));
        }
        shown
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.root)
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.root)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => formatter.write_str("pass"),
            Self::Salt => formatter.write_str("salt"),
            Self::Pepper => formatter.write_str("pepper"),
            Self::Username => formatter.write_str("username"),
            Self::Bytes(bytes) => write!(formatter, "x'{}'", to_hex(bytes)),
            Self::Joined(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let dot = if index == 0 { "" } else { "." };
                    write!(formatter, "{dot}{part}")?;
                }
                Ok(())
            }
            Self::Digest(digest, text) => write!(formatter, "{digest}({text})"),
            Self::Hmac(digest, key, text) => write!(formatter, "hmac_{digest}({key},{text})"),
            Self::Rounds { digest, kind, text, rounds } => {
                let name = if *kind == RoundKind::Repeat { "repeat" } else { "stretch" };
                write!(formatter, "{name}_{digest}({text},{rounds})")
            }
            Self::Pbkdf2 { digest, secret, salt, iterations, length } => {
                write!(formatter, "pbkdf2_{digest}({secret},{salt},{iterations},{length})")
            }
            Self::Scrypt { secret, salt, cost, length } => {
                write!(formatter, "scrypt({secret},{salt},{},{},{},{length})", cost.n(), cost.r, cost.p)
            }
            Self::Changed(change, text) => {
                let name = Change::NAMES.iter().find(|(_, known)| known == change).map_or("", |(name, _)| name);
                write!(formatter, "{name}({text})")
            }
        }
    }
}

impl fmt::Display for DigestName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(digest) => formatter.write_str(digest.name()),
            Self::OfColumn => formatter.write_str("algorithm"),
        }
    }
}

impl fmt::Display for RecipeNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(number) => write!(formatter, "{number}"),
            Self::OfColumn => formatter.write_str("iterations"),
        }
    }
}
