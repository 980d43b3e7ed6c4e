//! Whether a text that is not a known hash looks as if a program had derived it from a password.
//!
//! Invariant: a doubtful text counts as derived. A value that is accepted as a clear-text password lets in every reader of
//! the table, whereas a refused one costs one user a new password.

use crate::{
    StoredHash, Unreadable, encoded,
    escapes::{unescaped, visible},
};

/// The longest value that may be a clear-text password, in bytes.
const PLAIN_BYTES: usize = 256;
/// The number of layers of escapes that are undone. No typed password has more.
const LAYERS: usize = 4;
/// Prefixes that no clear-text password may have, because many hashes, locks and containers have them.
const BEGINNINGS: [&str; 23] = [
    "$", "{", "!", "*", "_", "\\", "[", "-----", "%^%#", "%$%$", "%@%@", "%%", "<~", "<<", "<?", "eyJ", "JDJ", "JDY",
    "JDE", "JGFyZ29u", "gAAAAA", "AQAAAA", "AK1",
];
/// Substrings of hash strings that typed passwords do not contain, in lower case.
const MARKS: [&str; 44] = [
    "$2$",
    "$2a$",
    "$2b$",
    "$2x$",
    "$2y$",
    "$argon2",
    "$pbkdf2",
    "$scrypt",
    "$bcrypt",
    "$apr1$",
    "$1$",
    "$3$",
    "$5$",
    "$6$",
    "$7$",
    "$8$",
    "$9$",
    "$14$",
    "$y$",
    "$gy$",
    "$p$",
    "$h$",
    "$s$",
    "$a$0",
    "$sha",
    "$md5",
    "$hex[",
    "$fbscrypt",
    "$shiro",
    "$ml$",
    "$p5k2",
    "$nt$",
    "$krb5",
    "pbkdf2",
    "jbcrypt",
    "scram-sha",
    "argon2i",
    "argon2d",
    "bcrypt$",
    "bcrypt:",
    "scrypt:",
    "0x0100",
    "0x0200",
    "sha256$",
];
/// The first letters of a word before a `$` that names a scheme. The text after it is part of a hash, however short. Other
/// words occur in passwords: `Pa$$w0rd`.
const SCHEME_WORDS: [&str; 14] = [
    "argon", "bcrypt", "blake", "crypt", "hash", "hmac", "md", "pbkdf", "plain", "ripemd", "salted", "scrypt", "sha",
    "ssha",
];
/// Names of schemes without their digits, as they occur before other separators.
const SCHEME_NAMES: [&str; 64] = [
    "adler",
    "aes",
    "argon",
    "argoni",
    "argond",
    "argonid",
    "base",
    "bcrypt",
    "bin",
    "bindata",
    "blake",
    "blakeb",
    "blakes",
    "blowfish",
    "buffer",
    "bytes",
    "bytearray",
    "checksum",
    "cisco",
    "crc",
    "crypt",
    "des",
    "digest",
    "enc",
    "encrypted",
    "fnv",
    "gost",
    "hash",
    "hashed",
    "hex",
    "hmac",
    "jbcrypt",
    "keccak",
    "lm",
    "md",
    "mssql",
    "mysql",
    "nt",
    "ntlm",
    "obf",
    "oracle",
    "pbkdf",
    "pbkdfsha",
    "phpass",
    "plain",
    "plaintext",
    "postgres",
    "ripemd",
    "rmd",
    "salted",
    "scram",
    "scrypt",
    "sha",
    "siphash",
    "smd",
    "srp",
    "ssha",
    "tiger",
    "unix",
    "vault",
    "whirlpool",
    "xor",
    "xxh",
    "yescrypt",
];
/// Separators after which the preceding word may be a scheme's name.
const SEPARATORS: [char; 11] = ['$', ':', '|', ';', '=', '{', '}', '(', '[', '#', '~'];
/// The number of consecutive letters and digits after `word$` or `word:` that looks like a hash.
const LONG_TAIL: usize = 16;
/// The number of Latin-1 symbols from which a text counts as misread bytes.
const LATIN_1_SIGNS: usize = 3;
/// The number of digits from which a negative number counts as a hash code.
const NEGATIVE_DIGITS: usize = 6;

/// Returns whether `value`, which is not a hash that can be verified, may be derived from a password.
pub(crate) fn looks_derived(value: &str) -> bool {
    if value.len() > PLAIN_BYTES || value.chars().any(char::is_control) || is_of_bytes(value) || form_is_derived(value)
    {
        return true;
    }
    let mut form = visible(value);
    for _ in 0..LAYERS {
        if form.is_empty() || form_is_derived(&form) {
            return true;
        }
        let next = visible(&unescaped(&form));
        if next == form {
            return false;
        }
        form = next;
    }
    true
}

fn form_is_derived(form: &str) -> bool {
    !matches!(StoredHash::parse(form), Err(Unreadable::Scheme))
        || BEGINNINGS.iter().any(|beginning| form.starts_with(beginning))
        || holds_mark(form)
        || begins_with_a_word(form)
        || has_scheme_prefix(form)
        || is_container(form)
        || encoded::holds_digest(form)
}

/// Returns whether `value` looks like bytes that were read in the wrong character set.
fn is_of_bytes(value: &str) -> bool {
    let is_sign = |character: &char| matches!(character, '\u{a1}'..='\u{bf}' | '×' | '÷');
    value.contains('\u{fffd}') || value.chars().filter(is_sign).count() >= LATIN_1_SIGNS
}

/// Returns whether `form` contains a known mark or a name in braces.
fn holds_mark(form: &str) -> bool {
    let lower = form.to_ascii_lowercase();
    let is_name = |name: &str| {
        name.len() >= 2 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let mut braces = form.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    MARKS.iter().any(|mark| lower.contains(mark)) || braces.any(|(name, _)| is_name(name))
}

/// Returns whether `form` begins with a short word between separators or a number before a bar: `:A:`, `:pbkdf2:`,
/// `#jbcrypt:`, `1|`.
fn begins_with_a_word(form: &str) -> bool {
    let is_word = |word: &str| {
        (1..=16).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let inner = form.strip_prefix([':', '#', '|', '-']).and_then(|rest| rest.split_once([':', '|']));
    let version = form.split_once('|').is_some_and(|(number, rest)| {
        !rest.is_empty() && (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    inner.is_some_and(|(word, rest)| is_word(word) && !rest.is_empty()) || version || is_hash_code(form)
}

/// Returns whether `form` is a negative integer, as hash functions of several languages print.
fn is_hash_code(form: &str) -> bool {
    form.strip_prefix('-')
        .is_some_and(|digits| digits.len() >= NEGATIVE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether `form` begins with a scheme's name and a separator, or with any `word$` or `word:` before a long run of
/// hexadecimal or base64.
fn has_scheme_prefix(form: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'+');
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(is_of_word);
    let is_encoded = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'.' | b'-' | b'_' | b'=');
    let long_run = |text: &str| text.as_bytes().split(|byte| !is_encoded(*byte)).any(|run| run.len() >= LONG_TAIL);
    let begins_like_a_scheme = |word: &str| {
        let word = word.to_ascii_lowercase();
        SCHEME_WORDS.iter().any(|scheme| word.starts_with(scheme))
    };
    let at_dollar = form.split_once('$');
    at_dollar.is_some_and(|(word, rest)| is_word(word) && (begins_like_a_scheme(word) || long_run(rest)))
        || form.split_once(':').is_some_and(|(word, rest)| is_word(word) && long_run(rest))
        || form.split_once(SEPARATORS).is_some_and(|(name, rest)| !rest.is_empty() && names_a_scheme(name))
}

/// Returns whether a part of `name` without its digits is a scheme's name.
fn names_a_scheme(name: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric();
    name.chars().all(|character| is_part(character) || matches!(character, '-' | '_' | '+' | '.' | '/' | ' '))
        && name.split(|character| !is_part(character)).any(|part| {
            let letters: String = part.chars().filter(char::is_ascii_alphabetic).collect();
            SCHEME_NAMES.contains(&letters.to_ascii_lowercase().as_str())
        })
}

/// Returns whether `form` is a value serialised by PHP, an XML element, a call, or a text in brackets.
fn is_container(form: &str) -> bool {
    let mut signs = form.chars();
    let php = signs.next().is_some_and(|kind| "abdisOCNrR".contains(kind)) && signs.next() == Some(':') && {
        let count: String = signs.by_ref().take_while(char::is_ascii_digit).collect();
        !count.is_empty()
    };
    let element = form.starts_with('<') && form.ends_with('>') && form.len() > 2;
    let inner = form.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let bracketed = inner.is_some_and(|inner| inner.len() >= RUN_IN_BRACKETS && !inner.contains(' '));
    let call = form.strip_suffix(')').and_then(|call| call.split_once('(')).is_some_and(|(name, inner)| {
        name.len() >= 2
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
            && (inner.starts_with(['\'', '"']) || inner.len() >= RUN_IN_BRACKETS)
    });
    php || element || bracketed || call
}

/// The number of characters in brackets from which they are not a word.
const RUN_IN_BRACKETS: usize = 12;
