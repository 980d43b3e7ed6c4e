//! Parses the text of a recipe.
//!
//! ```text
//! recipe  = term *( "." term )
//! term    = "pass" / "salt" / "pepper" / "username" / "'" text "'" / "x'" hex "'" / name "(" [ recipe *( "," recipe ) ] ")"
//! ```

use super::node::{Change, DigestName, Node, Recipe, RecipeNumber, RoundKind};
use crate::{
    compute::{Digest, ScryptCost},
    limits, text,
    unreadable::Unreadable,
};

/// The longest recipe, in bytes.
pub(super) const RECIPE_BYTES: usize = 256;
const DEPTH: u32 = 12;
/// The longest key of PBKDF2 or scrypt.
const KEY_BYTES: u32 = 512;
/// The word for a value of the row, in place of a digest's name or a number.
const ALGORITHM: &str = "algorithm";
const ITERATIONS: &str = "iterations";

/// The rest of a recipe's text.
struct Reader<'a> {
    rest: &'a str,
    depth: u32,
}

impl Recipe {
    /// Parses a recipe.
    ///
    /// # Errors
    /// [`Unreadable::Cost`] if it costs too much, [`Unreadable::Malformed`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > RECIPE_BYTES || text.contains('$') {
            return Err(Unreadable::Malformed);
        }
        let mut reader = Reader { rest: text, depth: 0 };
        let root = reader.recipe()?;
        reader.skip_blanks();
        if !reader.rest.is_empty() {
            return Err(Unreadable::Malformed);
        }
        let recipe = Self { root };
        recipe.check()?;
        Ok(recipe)
    }
}

impl<'a> Reader<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = self.rest.bytes().take_while(|byte| is_of_word(*byte)).count();
        let (word, rest) = self.rest.split_at_checked(length).unwrap_or(("", self.rest));
        self.rest = rest;
        word
    }

    fn recipe(&mut self) -> Result<Node, Unreadable> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Unreadable::Malformed);
        }
        let mut parts = vec![self.term()?];
        while self.takes('.') {
            parts.push(self.term()?);
        }
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::Joined(parts) })
    }

    fn term(&mut self) -> Result<Node, Unreadable> {
        if self.takes('\'') {
            return Ok(Node::Bytes(self.quoted()?.as_bytes().to_vec()));
        }
        let word = self.word();
        if word == "x" && self.takes('\'') {
            return Ok(Node::Bytes(text::hex(self.quoted()?)?));
        }
        if self.takes('(') {
            let node = self.call(&word.to_ascii_lowercase().replace('-', "_"))?;
            return if self.takes(')') { Ok(node) } else { Err(Unreadable::Malformed) };
        }
        match word {
            "pass" | "password" => Ok(Node::Pass),
            "salt" => Ok(Node::Salt),
            "pepper" => Ok(Node::Pepper),
            "username" => Ok(Node::Username),
            _ => Err(Unreadable::Malformed),
        }
    }

    /// Reads up to the closing quote.
    fn quoted(&mut self) -> Result<&'a str, Unreadable> {
        let (inner, rest) = self.rest.split_once('\'').ok_or(Unreadable::Malformed)?;
        self.rest = rest;
        Ok(inner)
    }

    /// Reads the parts of a function in brackets.
    fn call(&mut self, name: &str) -> Result<Node, Unreadable> {
        if let Some(change) = Change::named(name) {
            return Ok(Node::Changed(change, self.boxed()?));
        }
        if name == "scrypt" {
            return self.scrypt();
        }
        let (function, digest) = match name.split_once('_') {
            Some((function @ ("hmac" | "pbkdf2" | "repeat" | "stretch"), digest)) => (function, digest),
            _ => ("", name),
        };
        let digest = match Digest::named(digest) {
            Some(digest) => DigestName::Is(digest),
            None if digest == ALGORITHM => DigestName::OfColumn,
            None => return Err(Unreadable::Malformed),
        };
        match function {
            "hmac" => Ok(Node::Hmac(digest, self.boxed()?, self.next_boxed()?)),
            "pbkdf2" => {
                let (secret, salt) = (self.boxed()?, self.next_boxed()?);
                let iterations = self.number(limits::PBKDF2_ITERATIONS)?;
                let length = self.fixed(KEY_BYTES)?;
                Ok(Node::Pbkdf2 { digest, secret, salt, iterations, length })
            }
            "repeat" | "stretch" => {
                let kind = if function == "repeat" { RoundKind::Repeat } else { RoundKind::Stretch };
                let (text, rounds) = (self.boxed()?, self.number(*limits::SHA_CRYPT_ROUNDS.end())?);
                Ok(Node::Rounds { digest, kind, text, rounds })
            }
            _ => Ok(Node::Digest(digest, self.boxed()?)),
        }
    }

    fn scrypt(&mut self) -> Result<Node, Unreadable> {
        let (secret, salt) = (self.boxed()?, self.next_boxed()?);
        let (n, r, p) = (self.fixed(u32::MAX)?, self.fixed(u32::MAX)?, self.fixed(u32::MAX)?);
        Ok(Node::Scrypt { secret, salt, cost: ScryptCost::of_n(n, r, p)?, length: self.fixed(KEY_BYTES)? })
    }

    fn boxed(&mut self) -> Result<Box<Node>, Unreadable> {
        self.recipe().map(Box::new)
    }

    fn next_boxed(&mut self) -> Result<Box<Node>, Unreadable> {
        if self.takes(',') { self.boxed() } else { Err(Unreadable::Malformed) }
    }

    fn fixed(&mut self, most: u32) -> Result<u32, Unreadable> {
        if self.takes(',') { text::number(self.word(), 1, most) } else { Err(Unreadable::Malformed) }
    }

    fn number(&mut self, most: u32) -> Result<RecipeNumber, Unreadable> {
        if !self.takes(',') {
            return Err(Unreadable::Malformed);
        }
        match self.word() {
            ITERATIONS => Ok(RecipeNumber::OfColumn),
            word => Ok(RecipeNumber::Is(text::number(word, 1, most)?)),
        }
    }
}

impl Change {
    /// All changes by name.
    pub(super) const NAMES: [(&'static str, Self); 9] = [
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("unhex", Self::Unhex),
        ("unbase64", Self::Unbase64),
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("trim", Self::Trim),
        ("html", Self::Html),
        ("utf16", Self::Utf16),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, change)| *change)
    }
}
