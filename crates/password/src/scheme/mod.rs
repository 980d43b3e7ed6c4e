//! The table of schemes: the prefix of each scheme's strings, and the family that reads them.
//!
//! A family is a file that parses one maker's strings into a [`ParsedHash`] without computing anything. The first row with
//! a matching prefix decides. A string without a known prefix is identified by its shape, or is of no known scheme.

mod argon2;
mod aspnet;
mod bcrypt;
mod better_auth;
mod crypt;
mod django;
mod firebase;
mod joomla;
mod keycloak;
mod ldap;
mod parsed_hash;
mod phc;
mod phpass;
mod recipe;
mod refused;
mod spring;
mod werkzeug;
mod yescrypt;

pub(crate) use self::parsed_hash::{Derivation, KEY_BYTES, ParsedHash, Prepare, Tried};
use self::recipe::PreHashed;
use crate::{
    limits,
    recipe::{FORM, PRE_HASH},
    unreadable::Unreadable,
};

type Read = fn(&str) -> Result<ParsedHash, Unreadable>;

/// All schemes. A longer prefix comes before a shorter prefix of it.
const TABLE: &[(&str, Read)] = &[
    // argon2, the PHC form
    ("$argon2", argon2::read),
    // bcrypt, plain or wrapped
    ("$2x$", refused::read),
    ("$2", bcrypt::read),
    ("$bcrypt-sha256$", bcrypt::read_passlib_sha256),
    ("$wp$2", bcrypt::read_wordpress),
    // PBKDF2 and scrypt of passlib, RustCrypto and Kratos
    ("$pbkdf2", phc::read_pbkdf2),
    ("$scrypt$", phc::read_scrypt),
    // crypt(3)
    ("$6$", crypt::read_sha512),
    ("$5$", crypt::read_sha256),
    ("$1$", crypt::read_md5),
    ("$apr1$", crypt::read_apr1),
    ("$y$", yescrypt::read),
    ("$gy$", yescrypt::read_gost),
    ("$7$", yescrypt::read_scrypt),
    // phpass: WordPress before 6.8, phpBB, Drupal 7
    ("$P$", phpass::read),
    ("$H$", phpass::read),
    ("$H\\", phpass::read_combined),
    ("\\$P\\$", phpass::read_escaped),
    ("\\$H\\$", phpass::read_escaped),
    ("&#36;P&#36;", phpass::read_escaped),
    ("&#36;H&#36;", phpass::read_escaped),
    ("$S$", phpass::read_drupal),
    ("U$S$", phpass::read_drupal_upgraded),
    ("U$P$", phpass::read_drupal_upgraded),
    ("U$H$", phpass::read_drupal_upgraded),
    // Recipes of an operator
    (FORM, recipe::read_form),
    // Firebase, as Supabase stores it
    ("$fbscrypt$", firebase::read),
    // Werkzeug
    ("pbkdf2:", werkzeug::read_pbkdf2),
    ("scrypt:", werkzeug::read_scrypt),
    ("sha224$", werkzeug::read_keyed),
    ("sha256$", werkzeug::read_keyed),
    ("sha384$", werkzeug::read_keyed),
    ("sha512$", werkzeug::read_keyed),
    // Django, whose md5$ and sha1$ are Werkzeug's too
    ("pbkdf2_sha", django::read_pbkdf2),
    ("argon2$", django::read_argon2),
    ("bcrypt$", django::read_bcrypt),
    ("bcrypt_sha256$", django::read_bcrypt_sha256),
    ("scrypt$", django::read_scrypt),
    ("md5$", django::read_digest),
    ("sha1$", django::read_digest),
    // Keycloak: two columns of JSON
    ("{\"", keycloak::read),
    // Spring Security
    ("{bcrypt}", spring::read_bcrypt),
    ("{pbkdf2}", spring::read_pbkdf2),
    ("{pbkdf2@SpringSecurity_v5_8}", spring::read_pbkdf2_of_5_8),
    ("{scrypt}", spring::read_scrypt),
    ("{scrypt@SpringSecurity_v5_8}", spring::read_scrypt),
    ("{argon2}", spring::read_argon2),
    ("{argon2@SpringSecurity_v5_8}", spring::read_argon2),
    ("{sha256}", spring::read_sha256),
    ("{noop}", refused::read),
    // Directories (RFC 2307 and variants), Dovecot, Atlassian: any other name in braces
    ("{", ldap::read),
    // Known, and always rejected
    ("plain$", refused::read),
    ("!", refused::read),
    ("*", refused::read),
    ("_", refused::read_extended_des),
    // Lucia 2
    ("s2:", better_auth::read_lucia),
];

/// Parses `text` by the table and checks its cost against the limits.
pub(crate) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let longest = if text.starts_with("{\"") { limits::JSON_BYTES } else { limits::STRING_BYTES };
    if text.len() > longest {
        return Err(Unreadable::Malformed);
    }
    let parsed_hash = match text.strip_prefix(PRE_HASH) {
        None => by_table(text)?,
        Some(_) => {
            let pre_hashed = PreHashed::split(text)?;
            let hash = by_table(pre_hashed.hash)?;
            pre_hashed.with(hash)?
        }
    };
    parsed_hash.check()?;
    Ok(parsed_hash)
}

fn by_table(text: &str) -> Result<ParsedHash, Unreadable> {
    let row = TABLE.iter().find(|(beginning, _)| text.starts_with(beginning));
    row.map_or_else(|| shapes(text), |(_, read)| read(text))
}

/// Reads strings that have no prefix and are identified by their shape: ASP.NET, better-auth, bare digests.
fn shapes(text: &str) -> Result<ParsedHash, Unreadable> {
    match text.len() {
        13 => refused::read_des(text),
        32 => django::read_unsalted_md5(text),
        _ if joomla::is_like(text) => joomla::read(text),
        _ if text.contains(':') => better_auth::read(text),
        _ => aspnet::read(text),
    }
}
