//! A recipe in a stored string, with the pepper that it needs.

use zeroize::Zeroizing;

use super::{
    eval::{NoResult, RecipeInputs},
    node::{Node, Recipe},
    pepper::{CHECK_DIGITS, LegacyPepper},
};
use crate::{text, unreadable::Unreadable};

/// The prefix of a digest that a recipe computes.
pub(crate) const FORM: &str = "$dw-form$";
/// The prefix of a hash whose password a recipe computes.
pub(crate) const PRE_HASH: &str = "$dw-pre$";

/// A recipe of a stored hash, and the pepper that it needs.
#[derive(Clone)]
pub(crate) struct BoundRecipe {
    pub(crate) recipe: Box<Recipe>,
    /// The check of the pepper that the hash needs.
    check: Option<String>,
    pepper: Option<LegacyPepper>,
}

impl BoundRecipe {
    /// Parses the parts of a stored string. The recipe must have the one spelling that stored hashes have.
    pub(crate) fn parse(version: &str, recipe: &str, salt: &[u8]) -> Result<Self, Unreadable> {
        let check = parse_version(version)?;
        let parsed = Recipe::parse(recipe)?;
        let needs = parsed.needs();
        let is_whole = needs.password && !needs.algorithm && !needs.iterations && needs.pepper == check.is_some();
        let has_name = parsed.root.any(&|node| *node == Node::Username);
        if parsed.to_string() != recipe || !is_whole || has_name || !parsed.reads_salt(salt) {
            return Err(Unreadable::Malformed);
        }
        Ok(Self { recipe: Box::new(parsed), check, pepper: None })
    }

    /// Adds the pepper. Returns false if the hash needs one that this is not.
    pub(crate) fn add_pepper(&mut self, pepper: Option<&LegacyPepper>) -> bool {
        let Some(check) = &self.check else { return true };
        self.pepper = pepper.filter(|pepper| pepper.check() == *check).cloned();
        self.pepper.is_some()
    }

    /// Returns the digest; empty, which matches no tag, if a value is missing. `None` if memory runs out.
    pub(crate) fn digest(&self, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
        match self.recipe.digest(RecipeInputs { password, salt, pepper: self.pepper.as_ref() }) {
            Ok(digest) => Some(digest.to_vec()),
            Err(NoResult::Value) => Some(Vec::new()),
            Err(NoResult::Memory) => None,
        }
    }

    /// Returns the text that is hashed instead of the password; `None` if a value is missing.
    pub(crate) fn text(&self, password: &[u8], salt: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.recipe.text(RecipeInputs { password, salt, pepper: self.pepper.as_ref() }).ok()
    }
}

/// Reads the version and the pepper's check of a stored string.
fn parse_version(text: &str) -> Result<Option<String>, Unreadable> {
    match text {
        "v=1" => Ok(None),
        _ => {
            let check = text.strip_prefix("v=1,pepper=").ok_or(Unreadable::Malformed)?;
            let is_check = check.len() == CHECK_DIGITS && text::hex(check).is_ok();
            if is_check { Ok(Some(check.to_owned())) } else { Err(Unreadable::Malformed) }
        }
    }
}
