//! Joomla before 3.2 and the shops of the osCommerce family: a digest in hexadecimal, a colon, and the salt.
//!
//! Joomla digests the password and then the salt, and the shops the salt and then the password. The salts differ in length,
//! but other programs use the same shape, so both orders are tried.

use super::ParsedHash;
use crate::{
    compute::{Derive, Digest},
    text,
    unreadable::Unreadable,
};

/// The lengths of Joomla's salts.
const JOOMLA_SALTS: [usize; 2] = [16, 32];
/// The length of the salts of osCommerce, Zen Cart and xt:Commerce, in hexadecimal digits.
const SHOP_SALT: usize = 2;
const MD5_DIGITS: usize = 32;

/// Returns whether `text` has the shape of this module's strings.
pub(super) fn is_like(text: &str) -> bool {
    text.split_once(':').is_some_and(|(tag, salt)| tag.len() == MD5_DIGITS && is_salt(salt))
}

fn is_salt(salt: &str) -> bool {
    let is_of_joomla = JOOMLA_SALTS.contains(&salt.len()) && salt.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_of_shop = salt.len() == SHOP_SALT && salt.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_of_joomla || is_of_shop
}

/// Reads `HEX32:SALT`.
pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let [tag, salt] = text::pieces(text, ':')?;
    let scheme = if salt.len() == SHOP_SALT { "oscommerce" } else { "joomla-md5" };
    let tag = text::hex(tag)?;
    let (joomla, shop) =
        (Derive::PasswordThenSalt(Digest::Md5), Derive::SaltThenPassword { digest: Digest::Md5, rounds: 1 });
    let (first, second) = if salt.len() == SHOP_SALT { (shop, joomla) } else { (joomla, shop) };
    Ok(ParsedHash::new(scheme, first, salt, tag).or(second))
}

/// Reads the rest of `{SHA256}HEX64:SALT`.
pub(super) fn read_sha256(value: &str) -> Result<ParsedHash, Unreadable> {
    let [tag, salt] = text::pieces(value, ':')?;
    let tag = text::hex(tag)?;
    if tag.len() != Digest::Sha256.bytes() || salt.is_empty() || !text::is_salt_text(salt) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("joomla-sha256", Derive::PasswordThenSalt(Digest::Sha256), salt, tag))
}
