//! `$dw-form$…` and `$dw-pre$…`: hashes that an operator's recipe describes. Only Doorward writes these strings.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{ParsedHash, Prepare};
use crate::{compute::Derive, recipe::BoundRecipe, text, unreadable::Unreadable};

/// The prefix of all strings that only Doorward writes.
const OWN: &str = "$dw-";

/// Reads `$dw-form$v=1$RECIPE$SALT$TAG`.
pub(super) fn read_form(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", _, version, recipe, salt, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    let (salt, tag) = (base64(salt)?, base64(tag)?);
    let bound = BoundRecipe::parse(version, recipe, &salt)?;
    if bound.recipe.digest_bytes() != Some(tag.len()) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("legacy-form", Derive::Recipe(bound), salt, tag))
}

/// A string `$dw-pre$v=1$RECIPE$SALT$HASH`, split at its parts.
pub(super) struct PreHashed<'a> {
    bound: BoundRecipe,
    salt: Vec<u8>,
    pub(super) hash: &'a str,
}

impl<'a> PreHashed<'a> {
    /// Splits a string. The hash must not be one of these strings itself.
    pub(super) fn split(text: &'a str) -> Result<Self, Unreadable> {
        let mut parts = text.splitn(6, '$').skip(2);
        let [Some(version), Some(recipe), Some(salt), Some(hash)] = [(); 4].map(|()| parts.next()) else {
            return Err(Unreadable::Malformed);
        };
        if hash.starts_with(OWN) {
            return Err(Unreadable::Malformed);
        }
        let salt = base64(salt)?;
        let bound = BoundRecipe::parse(version, recipe, &salt)?;
        // A check that cannot allocate its memory is a failure, which only the hash itself reports.
        if bound.recipe.memory_kib() > 0 {
            return Err(Unreadable::Cost);
        }
        Ok(Self { bound, salt, hash })
    }

    /// Returns the parsed hash with the recipe before it. The hash must read the password as it is.
    pub(super) fn with(self, hash: ParsedHash) -> Result<ParsedHash, Unreadable> {
        let mut parsed_hash = hash.called("pre-hashed");
        parsed_hash.derivations.retain(|derivation| matches!(derivation.prepare, Prepare::Nothing));
        if parsed_hash.derivations.is_empty() {
            return Err(Unreadable::Scheme);
        }
        Ok(parsed_hash.prepared(Prepare::Recipe(self.bound, self.salt)))
    }
}

fn base64(text: &str) -> Result<Vec<u8>, Unreadable> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unreadable::Malformed)
}
