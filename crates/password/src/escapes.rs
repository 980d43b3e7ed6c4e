//! Undoes changes that exports, templates and editors make to a text: escapes, invisible characters, quotes, wide letters.
//!
//! The result is only used to classify a text. It is never verified as a hash.

use crate::normal::wiped_nfkc;
use zeroize::Zeroizing;

/// Names of HTML entities that stand for characters of hash strings.
const ENTITIES: [(&str, char); 16] = [
    ("dollar", '$'),
    ("colon", ':'),
    ("equals", '='),
    ("plus", '+'),
    ("sol", '/'),
    ("period", '.'),
    ("comma", ','),
    ("semi", ';'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("rcub", '}'),
    ("vert", '|'),
    ("quot", '"'),
    ("apos", '\''),
    ("amp", '&'),
    ("num", '#'),
];
/// A byte order mark that was read as Latin-1.
const MARK_IN_LATIN_1: &str = "ï»¿";

/// Returns `text` in NFKC, without invisible characters and without surrounding blanks and quotes.
pub(crate) fn visible(text: &str) -> Zeroizing<String> {
    let text = text.strip_prefix(MARK_IN_LATIN_1).unwrap_or(text);
    let seen: Zeroizing<String> = Zeroizing::new(text.chars().filter(|character| !is_invisible(*character)).collect());
    Zeroizing::new(bare(&wiped_nfkc(&seen)).to_owned())
}

/// Returns whether `character` is invisible.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns `value` without surrounding blanks and quotes, as a careless export adds them, and without the letter that
/// some languages put before a quote: `b'…'`, `u"…"`, `N'…'`.
pub(crate) fn bare(value: &str) -> &str {
    let is_around = |sign: char| {
        sign.is_whitespace() || matches!(sign, '\'' | '"' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '´')
    };
    let value = value.trim_start();
    let prefixed = value
        .strip_prefix(['b', 'B', 'u', 'U', 'r', 'R', 'n', 'N', 'e', 'E', 'x', 'X'])
        .filter(|inner| inner.starts_with(['\'', '"']));
    prefixed.unwrap_or(value).trim_matches(is_around)
}

/// Returns `text` with one layer of escapes undone: `%24`, `=24`, `&#36;`, `&#x24;`, `&dollar;`, `\u0024`, `\x24`, `\$`.
pub(crate) fn unescaped(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (character, length) = match first {
            '%' | '=' => coded(rest, 1, 2),
            '\\' => backslash(rest),
            '&' => entity(rest),
            _ => None,
        }
        .unwrap_or((first, first.len_utf8()));
        plain.push(character);
        rest = rest.get(length..).unwrap_or_default();
    }
    plain
}

/// Returns the character whose code is in `digits` hexadecimal digits after `skipped` characters, and the total length.
fn coded(text: &str, skipped: usize, digits: usize) -> Option<(char, usize)> {
    let code = text.get(skipped..skipped + digits).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let character = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
    Some((character, skipped + digits))
}

fn backslash(text: &str) -> Option<(char, usize)> {
    let second = text.chars().nth(1)?;
    match second {
        'u' => coded(text, 2, 4),
        'x' => coded(text, 2, 2),
        sign if sign.is_ascii_punctuation() => Some((sign, 2)),
        _ => None,
    }
}

fn entity(text: &str) -> Option<(char, usize)> {
    let (name, _) = text.get(1..)?.split_once(';')?;
    let number = name.strip_prefix('#');
    let character = match number {
        Some(number) => {
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let code = match hexadecimal {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((character, name.len() + 2))
}

/// Returns `text` as PHP's `htmlspecialchars` writes it with `ENT_COMPAT`: forums hash passwords in this form.
pub(crate) fn html_escaped(text: &str) -> Zeroizing<String> {
    let mut escaped = Zeroizing::new(String::with_capacity(text.len() * 6));
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
