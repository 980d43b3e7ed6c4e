//! Firebase's scrypt in the form that Supabase Auth stores: `$fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$SALT$TAG`.
//!
//! A project may have no separator. Firebase's own export stores the project's key apart from the hashes; such a hash
//! alone cannot be checked.

use super::ParsedHash;
use crate::{
    compute::{Derive, Firebase, ScryptCost},
    text,
    unreadable::Unreadable,
};

pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", _, parameters, salt, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    // Base64 contains `=`, but not `,`: pairs are split at the first `=`.
    let [Some("1"), Some(log_n), Some(r), Some("1"), separator, Some(signer_key)] =
        text::pairs(parameters, ["v", "n", "r", "p", "ss", "sk"])?
    else {
        return Err(Unreadable::Malformed);
    };
    let cost = ScryptCost::new(text::number(log_n, 1, u32::MAX)?, text::number(r, 1, u32::MAX)?, 1)?;
    let mut salt = text::base64_of_either_alphabet(salt)?;
    salt.extend(text::base64_of_either_alphabet(separator.unwrap_or_default())?);
    let tag = text::base64_of_either_alphabet(tag)?;
    let signer_key = text::base64_of_either_alphabet(signer_key)?;
    if tag.len() != signer_key.len() {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("firebase-scrypt", Derive::Firebase(Firebase { cost, signer_key }), salt, tag))
}
