//! better-auth, and Lucia 3 before it: `HEX32:HEX128`, scrypt over the password in normal form KC.
//!
//! The salt is the hexadecimal text itself, not what it stands for. The costs are not in the string: no other are known.

use super::{Prepare, Recipe};
use crate::{
    compute::{Derive, ScryptCost},
    stored::Unreadable,
    text,
};

const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 64;
/// log₂ N, r and p.
const COST: (u32, u32, u32) = (14, 16, 1);

pub(super) fn read(text: &str) -> Result<Recipe, Unreadable> {
    let [salt, tag] = text::pieces(text, ':').map_err(|_| Unreadable::Scheme)?;
    let tag = text::hex(tag).map_err(|_| Unreadable::Scheme)?;
    if text::hex(salt).map_err(|_| Unreadable::Scheme)?.len() != SALT_BYTES || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let cost = ScryptCost::new(COST.0, COST.1, COST.2)?;
    Ok(Recipe::new("better-auth", Derive::Scrypt(cost), salt, tag).prepared(Prepare::Nfkc))
}
