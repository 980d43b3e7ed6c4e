//! What a value in an old application's password column is: a hash, nothing, a lock, or a password in clear.
//!
//! A value that is taken for a password in clear lets in whoever knows that value, and whoever read the old table knows
//! it. So the doubt goes the other way: what might be a hash, whole or broken, is unreadable and nobody's password.

use crate::{StoredHash, Unreadable};

/// A value of a password column.
pub enum Stored {
    /// Nothing, or blanks.
    Empty,
    /// A sign that nobody is to log in by password, as `!` or `*`.
    Locked,
    /// A hash that can be checked.
    Hash(StoredHash),
    /// A hash, or what is left of one, that cannot be checked.
    Unreadable(Unreadable),
    /// A password in clear.
    PlainText,
}

/// Longest value that may be a password in clear, in bytes.
const PLAIN_BYTES: usize = 256;
/// Signs that no password in clear begins with: too many hashes and locks do.
const HASH_BEGINNINGS: [char; 6] = ['$', '{', '!', '*', '_', '\\'];
/// What systems write where a password is locked, besides anything behind `!` or `*`.
const LOCKS: [&str; 8] = ["x", "X", "NP", "LK", "NOLOGIN", "NULL", "<unset>", "<locked>"];
/// Digits of a short digest in hexadecimal (MySQL's old passwords, half an MD5), and those from which any number is one
/// or what is left of one.
const HEX_DIGITS: (usize, usize) = (16, 24);
/// Signs from which a value in base64 may be a digest of 20 bytes, and from which one with padding may be.
const BASE64_SIGNS: (usize, usize) = (27, 22);
/// Letters and digits in a row behind a `word$` or `word:` that make it look like a hash.
const LONG_TAIL: usize = 16;
/// How the word before a `$` begins where it names a scheme, so that what follows is left of a hash, however short. Other
/// words stand in passwords: `Pa$$w0rd`.
const SCHEME_WORDS: [&str; 14] = [
    "argon", "bcrypt", "blake", "crypt", "hash", "hmac", "md", "pbkdf", "plain", "ripemd", "salted", "scrypt", "sha",
    "ssha",
];

impl Stored {
    /// Tells what `value` is.
    #[must_use]
    pub fn tell(value: &str) -> Self {
        if value.trim().is_empty() {
            return Self::Empty;
        }
        match StoredHash::parse(value) {
            Ok(hash) => return Self::Hash(hash),
            Err(_) if is_lock(value) => return Self::Locked,
            Err(Unreadable::Scheme) => {}
            Err(why) => return Self::Unreadable(why),
        }
        if may_be_a_hash(value) { Self::Unreadable(Unreadable::Scheme) } else { Self::PlainText }
    }
}

/// `!` and `*`, alone or before anything, and the words for it.
fn is_lock(value: &str) -> bool {
    value.starts_with(['!', '*']) || LOCKS.contains(&value)
}

/// Whether `value`, which is no hash that can be checked, may be one all the same.
fn may_be_a_hash(value: &str) -> bool {
    value.len() > PLAIN_BYTES
        || value.chars().any(char::is_control)
        || value.starts_with(HASH_BEGINNINGS)
        || is_hexadecimal_digest(value)
        || has_scheme_prefix(value)
        || looks_like_random_base64(value)
}

fn is_hexadecimal_digest(value: &str) -> bool {
    let digits = value.strip_prefix("0x").unwrap_or(value);
    (digits.len() == HEX_DIGITS.0 || digits.len() >= HEX_DIGITS.1)
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The name of a scheme before a `$`, or any `word$` or `word:` before a long run of hexadecimal or base64.
fn has_scheme_prefix(value: &str) -> bool {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':'))
    };
    let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'.' | b'-' | b'_' | b'=');
    let long_run = |text: &str| text.as_bytes().split(|byte| !is_encoded(*byte)).any(|run| run.len() >= LONG_TAIL);
    let names_a_scheme = |word: &str| {
        let word = word.to_ascii_lowercase();
        SCHEME_WORDS.iter().any(|scheme| word.starts_with(scheme))
    };
    value.split_once('$').is_some_and(|(word, rest)| is_word(word) && (names_a_scheme(word) || long_run(rest)))
        || value.split_once(':').is_some_and(|(word, rest)| is_word(word) && long_run(rest))
}

/// Base64 as long as that of a digest, whole or cut: padded, or with letters of both cases, which chance nearly always
/// gives and people seldom do over such a length.
fn looks_like_random_base64(value: &str) -> bool {
    let signs = value.trim_end_matches('=').as_bytes();
    let has = |is: fn(&u8) -> bool| signs.iter().any(is);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let is_padded = value.ends_with('=');
    signs.iter().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, b'+' | b'/' | b'-' | b'_' | b'.'))
        && ((signs.len() >= BASE64_SIGNS.0 && is_mixed) || (signs.len() >= BASE64_SIGNS.1 && is_padded))
}
