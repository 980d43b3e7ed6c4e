//! better-auth, and Lucia before it: `HEX32:HEX128`, scrypt over the password in normal form KC. Lucia 2 wrote
//! `s2:SALT16:HEX128` and Lucia 1 `SALT16:HEX128`.
//!
//! The salt is the hexadecimal text itself, not the decoded bytes. The costs are not in the string. Hand-written code
//! on Node's `crypto.scrypt` with its default costs makes strings of the same shape, so those costs are tried second.

use super::{ParsedHash, Prepare};
use crate::{
    compute::{Derive, ScryptCost},
    text,
    unreadable::Unreadable,
};

const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 64;
/// log₂ N, r and p.
const COST: (u32, u32, u32) = (14, 16, 1);
/// The default costs of Node's `crypto.scrypt`.
const NODE_COST: (u32, u32, u32) = (14, 8, 1);
/// The costs of Lucia 1; some of its later strings use [`COST`].
const LUCIA_COST: (u32, u32, u32) = (14, 8, 1);
const LUCIA_SALT_SIGNS: usize = 16;

pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let [salt, tag] = text::pieces(text, ':').map_err(|_| Unreadable::Scheme)?;
    if salt.len() == LUCIA_SALT_SIGNS {
        return lucia(salt, tag, &[LUCIA_COST, COST]);
    }
    let tag = text::hex(tag).map_err(|_| Unreadable::Scheme)?;
    if text::hex(salt).map_err(|_| Unreadable::Scheme)?.len() != SALT_BYTES || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let [cost, node] = [COST, NODE_COST].map(|(log_n, r, p)| ScryptCost::new(log_n, r, p));
    let parsed_hash = ParsedHash::new("better-auth", Derive::Scrypt(cost?), salt, tag).prepared(Prepare::Nfkc);
    Ok(parsed_hash.or(Derive::Scrypt(node?)))
}

/// Reads `s2:SALT16:HEX128`.
pub(super) fn read_lucia(text: &str) -> Result<ParsedHash, Unreadable> {
    let [_, salt, tag] = text::pieces(text, ':')?;
    lucia(salt, tag, &[COST])
}

/// Reads a salt of letters and digits, with the costs to try.
fn lucia(salt: &str, tag: &str, costs: &[(u32, u32, u32)]) -> Result<ParsedHash, Unreadable> {
    let tag = text::hex(tag).map_err(|_| Unreadable::Scheme)?;
    let is_salt = salt.len() == LUCIA_SALT_SIGNS && salt.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let costs: Result<Vec<ScryptCost>, Unreadable> =
        costs.iter().map(|(log_n, r, p)| ScryptCost::new(*log_n, *r, *p)).collect();
    let costs = costs?;
    let (first, others) = costs.split_first().ok_or(Unreadable::Malformed)?;
    if !is_salt || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let parsed_hash = ParsedHash::new("lucia", Derive::Scrypt(*first), salt, tag);
    let parsed_hash = others.iter().fold(parsed_hash, |parsed_hash, cost| parsed_hash.or(Derive::Scrypt(*cost)));
    Ok(parsed_hash.prepared(Prepare::Nfkc))
}
