//! Whether a text contains a digest in hexadecimal, base64, base58, base32 or decimal numbers.
//!
//! The criteria are alphabet, length, and how often the kind of character changes: often in random text, seldom in text
//! that people write. A text that looks like a digest is refused, which can include a generated password.

/// The lengths of hexadecimal runs: one that is a digest whatever surrounds it, one that is a digest alone, and that of a
/// CRC-32.
const HEX_ROW: usize = 24;
const HEX_ALONE: usize = 16;
const HEX_SHORT: usize = 8;
/// The number of changes between digits and letters from which a short hexadecimal run is not a word. The first is for a
/// part of a text, the second for a whole value.
const HEX_CHANGES: usize = 3;
const HEX_CHANGES_ALONE: usize = 2;
/// The length from which a run of base64 may be a digest, and the length from which a padded run is one.
const RUN: usize = 11;
const PADDED: usize = 8;
/// The length from which a run of digits and letters of one case may be base32 or base36. The two limits distinguish it
/// from words.
const ONE_CASE_RUN: usize = 16;
const ONE_CASE_CHANGES: usize = 4;
const CONSONANTS: usize = 5;
/// The number of short decimal numbers from which a list of them counts as bytes.
const BYTES: usize = 6;
/// The length from which alternating characters of all kinds count as base85 or base91.
const DENSE: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Capital,
    Small,
    /// A digit, or one of the two symbols of base64.
    Digit,
    Sign,
}

fn kind(byte: u8) -> Kind {
    match byte {
        b'A'..=b'Z' => Kind::Capital,
        b'a'..=b'z' => Kind::Small,
        b'0'..=b'9' | b'+' | b'/' => Kind::Digit,
        _ => Kind::Sign,
    }
}

/// Returns whether `text` contains anything that looks like a digest.
pub(crate) fn holds_digest(text: &str) -> bool {
    is_hexadecimal(text)
        || holds_hexadecimal(text)
        || is_padded(text)
        || is_list_of_bytes(text)
        || is_dense(text)
        || runs(text, is_narrow).any(is_random)
        || runs(text, is_wide).any(is_random_mixed)
}

/// Returns the runs of bytes of `text` that `is_part` accepts.
fn runs(text: &str, is_part: fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(move |byte| !is_part(*byte)).filter(|run| !run.is_empty())
}

fn is_narrow(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Also accepts the symbols of base64 for URLs and of crypt(3).
fn is_wide(byte: u8) -> bool {
    is_narrow(byte) || matches!(byte, b'-' | b'_' | b'.')
}

/// Returns whether `text` is only hexadecimal digits, possibly in groups or after a mark such as `0x`.
fn is_hexadecimal(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let marked = ["0x", "\\x", "x'", "h'", "#"].iter().find_map(|mark| lower.strip_prefix(mark));
    let digits: Vec<u8> = marked
        .unwrap_or(&lower)
        .bytes()
        .filter(|byte| !matches!(byte, b':' | b'-' | b' ' | b'.' | b'_' | b'\'' | b','))
        .collect();
    let is_all = digits.iter().all(u8::is_ascii_hexdigit);
    let is_bare = digits.len() == lower.len();
    let is_short = digits.len() == HEX_SHORT && !digits.iter().all(u8::is_ascii_digit);
    let is_mixed = digits.len() > HEX_SHORT && changes(&digits) >= HEX_CHANGES_ALONE;
    let is_marked = marked.is_some() && digits.len() >= HEX_SHORT;
    is_all && (digits.len() >= HEX_ALONE || (is_bare && (is_short || is_mixed)) || is_marked)
}

/// Returns whether `text` contains a long run of hexadecimal digits, or a hexadecimal word that is not an ordinary one.
fn holds_hexadecimal(text: &str) -> bool {
    let row = runs(text, |byte| byte.is_ascii_hexdigit()).any(|row| row.len() >= HEX_ROW);
    row || runs(text, |byte| byte.is_ascii_alphanumeric()).any(|word| {
        let is_mixed = word.len() >= HEX_SHORT && changes(word) >= HEX_CHANGES;
        word.iter().all(u8::is_ascii_hexdigit) && (word.len() >= HEX_ALONE || is_mixed)
    })
}

/// Returns the number of changes between a digit and another character.
fn changes(run: &[u8]) -> usize {
    run.array_windows().filter(|[one, next]| one.is_ascii_digit() != next.is_ascii_digit()).count()
}

/// Returns whether `text` contains base64 with padding.
fn is_padded(text: &str) -> bool {
    runs(text, |byte| is_wide(byte) || byte == b'=').any(|run| {
        let signs = run.len() - run.iter().rev().take_while(|byte| **byte == b'=').count();
        let is_mixed = run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase);
        let padding = run.len() - signs;
        (1..=2).contains(&padding)
            && !run.get(..signs).unwrap_or_default().contains(&b'=')
            && run.len() >= PADDED
            && (signs >= 22 || (run.len().is_multiple_of(4) && (is_mixed || run.iter().any(u8::is_ascii_digit))))
    })
}

/// Returns whether `text` is a list of numbers with at most three digits, as several languages print bytes.
fn is_list_of_bytes(text: &str) -> bool {
    let parts: Vec<&str> = text.split([',', ' ', ';', '.', ':', '|']).filter(|part| !part.is_empty()).collect();
    let is_byte = |part: &&str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts.len() >= BYTES && parts.iter().all(|part| is_byte(&part.trim_matches(['[', ']', '{', '}', '<', '>'])))
}

/// Returns whether `text` is long, has no blanks, and mixes symbols, digits and letters of both cases.
fn is_dense(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has = |wanted: Kind| bytes.iter().any(|byte| kind(*byte) == wanted);
    let changes = bytes.array_windows().filter(|[one, next]| kind(*one) != kind(*next)).count();
    bytes.len() >= DENSE
        && bytes.iter().all(u8::is_ascii_graphic)
        && [Kind::Capital, Kind::Small, Kind::Digit, Kind::Sign].into_iter().all(has)
        && changes * 20 >= bytes.len() * 11
}

/// Returns whether this run looks random and not written by a person.
fn is_random(run: &[u8]) -> bool {
    let is_mixed = run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase);
    if is_mixed { is_random_mixed(run) } else { is_random_of_one_case(run) }
}

/// Like [`is_random`], for base64 and base58. Written words change case only at their beginnings. Random text also has
/// digits between letters, and adjacent capitals.
fn is_random_mixed(run: &[u8]) -> bool {
    if !run.iter().any(u8::is_ascii_uppercase) || !run.iter().any(u8::is_ascii_lowercase) {
        return false;
    }
    let (mut changes, mut odd) = (0, 0);
    for [one, next] in run.array_windows() {
        let (one, next) = (kind(*one), kind(*next));
        changes += usize::from(one != next);
        let is_digit_beside = (one == Kind::Digit) != (next == Kind::Digit);
        odd += usize::from(is_digit_beside || (one == Kind::Capital && next == Kind::Capital));
    }
    let steps = run.len().saturating_sub(1).max(1);
    match run.len() {
        0..RUN => false,
        RUN..16 => odd >= 3 && changes * 2 >= steps,
        16..22 => odd >= 3 && changes * 5 >= steps * 2,
        _ => odd >= 3,
    }
}

/// Like [`is_random`], for base32, base36, and unpronounceable letters.
fn is_random_of_one_case(run: &[u8]) -> bool {
    let (mut row, mut longest) = (0_usize, 0_usize);
    for byte in run {
        let is_consonant = byte.is_ascii_alphabetic() && !b"aeiouyAEIOUY".contains(byte);
        row = if is_consonant { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    run.len() >= ONE_CASE_RUN && (changes(run) >= ONE_CASE_CHANGES || longest >= CONSONANTS)
}
