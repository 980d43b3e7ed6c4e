//! What a value in an old application's password column is: a hash, nothing, a lock, or a password in clear.
//!
//! A value that is taken for a password in clear lets in whoever knows that value, and whoever read the old table knows
//! it. So the doubt goes the other way: what might be a hash, whole or broken, is unreadable and nobody's password.

use crate::{StoredHash, Unreadable};

/// A value of a password column.
pub enum StoredValue {
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
/// What three bytes of version 3 of ASP.NET Identity, and the number behind them, begin with.
const ASPNET_BEGINNING: &str = "AQAAAA";
/// What systems write where a password is locked or missing, in lower case, besides anything behind `!` or `*`.
const LOCKS: [&str; 15] = [
    "x", "np", "lk", "nologin", "null", "none", "nil", "disabled", "locked", "unset", "invalid", "-", "n/a", "<unset>",
    "<locked>",
];
/// Digits of a short digest in hexadecimal (MySQL's old passwords, half an MD5), from which a value of nothing else is one,
/// and those in a row from which anything around them is.
const HEX_DIGITS: (usize, usize) = (16, 24);
/// Digits behind the `*` of MySQL's `PASSWORD()`.
const MYSQL_DIGITS: usize = 40;
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

impl StoredValue {
    /// Tells what `value` is.
    #[must_use]
    pub fn identify(value: &str) -> Self {
        if value.trim().is_empty() {
            return Self::Empty;
        }
        match StoredHash::parse(value) {
            Ok(hash) => return Self::Hash(hash),
            Err(_) if is_mysql(value) => return Self::Unreadable(Unreadable::Refused),
            Err(_) if is_lock(value) => return Self::Locked,
            Err(Unreadable::Scheme) => {}
            Err(why) => return Self::Unreadable(why),
        }
        let bare = bare(value);
        // In quotes a lock or a hash is neither, but no password either: nobody can tell what read it like that.
        let is_known = bare != value && !matches!(StoredHash::parse(bare), Err(Unreadable::Scheme));
        if is_known || bare.is_empty() || is_lock(bare) || may_be_a_hash(value) || may_be_a_hash(bare) {
            Self::Unreadable(Unreadable::Scheme)
        } else {
            Self::PlainText
        }
    }
}

/// `value` without the blanks and quotes around it, as a careless export adds them, and without the `b` that Python puts
/// before bytes that were made a text.
fn bare(value: &str) -> &str {
    let is_around = |sign: char| sign.is_whitespace() || matches!(sign, '\'' | '"' | '`');
    let value = value.trim_start();
    let bytes = value.strip_prefix(['b', 'B']).filter(|inner| inner.starts_with(['\'', '"']));
    bytes.unwrap_or(value).trim_matches(is_around)
}

/// `*` and 40 hexadecimal digits.
fn is_mysql(value: &str) -> bool {
    let is_hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.strip_prefix('*').is_some_and(|digits| digits.len() == MYSQL_DIGITS && is_hexadecimal(digits))
}

/// `!` and `*`, alone or before anything, and the words for it.
fn is_lock(value: &str) -> bool {
    value.starts_with(['!', '*']) || LOCKS.contains(&value.to_lowercase().as_str())
}

/// Whether `value`, which is no hash that can be checked, may be one all the same.
fn may_be_a_hash(value: &str) -> bool {
    value.len() > PLAIN_BYTES
        || value.chars().any(char::is_control)
        || value.starts_with(HASH_BEGINNINGS)
        || value.starts_with(ASPNET_BEGINNING)
        || holds_hexadecimal_digest(value)
        || has_scheme_prefix(value)
        || looks_like_random_base64(value)
}

/// Nothing but a digest, whole or cut; or so many digits in a row that what is around them does not matter; or the name of
/// a scheme before what may be a cut one. The digits of a UUID with its dashes are no such row.
fn holds_hexadecimal_digest(value: &str) -> bool {
    let digits = value.strip_prefix("0x").unwrap_or(value);
    let rows = digits.as_bytes().split(|byte| !byte.is_ascii_hexdigit());
    let longest = rows.map(<[u8]>::len).max().unwrap_or(0);
    let is_marked = longest == digits.len() || names_a_scheme(value);
    longest >= HEX_DIGITS.1 || (longest >= HEX_DIGITS.0 && is_marked)
}

fn names_a_scheme(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    SCHEME_WORDS.iter().any(|scheme| word.starts_with(scheme))
}

/// The name of a scheme before a `$`, or any `word$` or `word:` before a long run of hexadecimal or base64.
fn has_scheme_prefix(value: &str) -> bool {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':'))
    };
    let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'.' | b'-' | b'_' | b'=');
    let long_run = |text: &str| text.as_bytes().split(|byte| !is_encoded(*byte)).any(|run| run.len() >= LONG_TAIL);
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
