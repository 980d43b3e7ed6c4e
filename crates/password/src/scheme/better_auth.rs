//! better-auth, and Lucia 3 before it: `HEX32:HEX128`, scrypt over the password in normal form KC.
//!
//! The salt is the hexadecimal text itself, not what it stands for. The costs are not in the string. Code that was written by
//! hand on Node's `crypto.scrypt`, with the costs that are its defaults, makes strings of the same shape, so those are tried
//! second.

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
/// What `crypto.scrypt` does when it is told nothing else.
const NODE_COST: (u32, u32, u32) = (14, 8, 1);

pub(super) fn read(text: &str) -> Result<Recipe, Unreadable> {
    let [salt, tag] = text::pieces(text, ':').map_err(|_| Unreadable::Scheme)?;
    let tag = text::hex(tag).map_err(|_| Unreadable::Scheme)?;
    if text::hex(salt).map_err(|_| Unreadable::Scheme)?.len() != SALT_BYTES || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let [cost, node] = [COST, NODE_COST].map(|(log_n, r, p)| ScryptCost::new(log_n, r, p));
    let recipe = Recipe::new("better-auth", Derive::Scrypt(cost?), salt, tag).prepared(Prepare::Nfkc);
    Ok(recipe.or(Derive::Scrypt(node?)))
}
