//! Whether a text holds bytes in hexadecimal, base64, base58, base32 or decimal numbers, as digests are written.
//!
//! It judges by alphabet, length and how often the kind of character changes: chance changes it nearly always, people
//! seldom. What it takes for a digest is refused, so a random password of a password manager may be refused, too.

/// Hexadecimal digits in a row from which anything around them does not matter, those from which a value of nothing
/// else is a digest, and those of a CRC-32.
const HEX_ROW: usize = 24;
const HEX_ALONE: usize = 16;
const HEX_SHORT: usize = 8;
/// Changes between digits and letters from which a short run of hexadecimal is no word, and those of a whole value.
const HEX_CHANGES: usize = 3;
const HEX_CHANGES_ALONE: usize = 2;
/// Length from which a run of base64 may be a digest, and from which padding says so.
const RUN: usize = 11;
const PADDED: usize = 8;
/// Length from which a run of letters of one case and digits may be base32 or base36, and what tells it from words.
const ONE_CASE_RUN: usize = 16;
const ONE_CASE_CHANGES: usize = 4;
const CONSONANTS: usize = 5;
/// Numbers of at most three digits from which a list of them is one of bytes.
const BYTES: usize = 6;
/// Length from which signs of all kinds in turn are base85 or base91.
const DENSE: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Capital,
    Small,
    /// A digit, or one of the two signs of base64.
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

/// Whether `text` holds what looks like a digest, in any place.
pub(crate) fn holds_digest(text: &str) -> bool {
    is_hexadecimal(text)
        || holds_hexadecimal(text)
        || is_padded(text)
        || is_list_of_bytes(text)
        || is_dense(text)
        || runs(text, is_narrow).any(is_random)
        || runs(text, is_wide).any(is_random_mixed)
}

/// The runs of bytes of `text` that `is_part` accepts.
fn runs(text: &str, is_part: fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(move |byte| !is_part(*byte)).filter(|run| !run.is_empty())
}

fn is_narrow(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Also the signs of base64 for URLs and of crypt(3).
fn is_wide(byte: u8) -> bool {
    is_narrow(byte) || matches!(byte, b'-' | b'_' | b'.')
}

/// Nothing but hexadecimal digits, after a mark such as `0x` or in groups.
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

/// A row of digits so long that what is around it does not matter, or a word of digits that is none of letters.
fn holds_hexadecimal(text: &str) -> bool {
    let row = runs(text, |byte| byte.is_ascii_hexdigit()).any(|row| row.len() >= HEX_ROW);
    row || runs(text, |byte| byte.is_ascii_alphanumeric()).any(|word| {
        let is_mixed = word.len() >= HEX_SHORT && changes(word) >= HEX_CHANGES;
        word.iter().all(u8::is_ascii_hexdigit) && (word.len() >= HEX_ALONE || is_mixed)
    })
}

/// How often a digit stands beside something else.
fn changes(run: &[u8]) -> usize {
    run.array_windows().filter(|[one, next]| one.is_ascii_digit() != next.is_ascii_digit()).count()
}

/// Base64 with padding, whole or in parts.
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

/// Numbers of at most three digits, as bytes are printed by several languages.
fn is_list_of_bytes(text: &str) -> bool {
    let parts: Vec<&str> = text.split([',', ' ', ';', '.', ':', '|']).filter(|part| !part.is_empty()).collect();
    let is_byte = |part: &&str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts.len() >= BYTES && parts.iter().all(|part| is_byte(&part.trim_matches(['[', ']', '{', '}', '<', '>'])))
}

/// Signs, digits and letters of both cases in turn, over some length and without a blank.
fn is_dense(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has = |wanted: Kind| bytes.iter().any(|byte| kind(*byte) == wanted);
    let changes = bytes.array_windows().filter(|[one, next]| kind(*one) != kind(*next)).count();
    bytes.len() >= DENSE
        && bytes.iter().all(u8::is_ascii_graphic)
        && [Kind::Capital, Kind::Small, Kind::Digit, Kind::Sign].into_iter().all(has)
        && changes * 20 >= bytes.len() * 11
}

/// Whether chance rather than a person has made this run.
fn is_random(run: &[u8]) -> bool {
    let is_mixed = run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase);
    if is_mixed { is_random_mixed(run) } else { is_random_of_one_case(run) }
}

/// Of base64 and base58. Words in capitals and small letters change at their beginnings; chance also puts digits between
/// letters, and capitals next to each other.
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

/// Of base32 and base36, and of letters alone that nobody could say.
fn is_random_of_one_case(run: &[u8]) -> bool {
    let (mut row, mut longest) = (0_usize, 0_usize);
    for byte in run {
        let is_consonant = byte.is_ascii_alphabetic() && !b"aeiouyAEIOUY".contains(byte);
        row = if is_consonant { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    run.len() >= ONE_CASE_RUN && (changes(run) >= ONE_CASE_CHANGES || longest >= CONSONANTS)
}
