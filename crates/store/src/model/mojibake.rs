//! UTF-8 that was read as Windows-1252 or Latin-1, as `JÃ¼rgen` for `Jürgen`: its detection and its exact repair.
//!
//! MySQL's `latin1` is Windows-1252, with the control characters of Latin-1 at the five bytes without a character.
//! Invariants: a repair is returned only if reading its UTF-8 in one of the two character sets gives the text again.
//! Text that is more probable as it is, such as `RENÉ’S`, is not damaged.

use super::name::is_unseen;

/// The characters of the bytes 0x80 to 0x9F in Windows-1252.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Text that holds misread UTF-8.
pub(super) struct Misread {
    /// The text that was misread; `None` if a part of the text was not, or if the result is no probable name.
    pub(super) original: Option<String>,
}

/// Returns what is misread in `text`; `None` if nothing is.
pub(super) fn misread(text: &str) -> Option<Misread> {
    if text.is_ascii() || !holds_misread(text) {
        return None;
    }
    let original = reread(text).filter(|original| holds_misread(original) || original.chars().all(is_probable));
    Some(Misread { original })
}

/// Returns the text that results if the UTF-8 of `text` is read as Windows-1252, and as Latin-1.
pub(super) fn misreadings(text: &str) -> [String; 2] {
    let read_as = |set: fn(u8) -> char| text.bytes().map(set).collect();
    [read_as(windows_1252), read_as(char::from)]
}

/// Returns the character of a byte that HTML gives to numeric references in this range, too.
pub(super) fn windows_1252(byte: u8) -> char {
    let high = byte.checked_sub(0x80).and_then(|index| WINDOWS_1252.get(usize::from(index)));
    high.copied().unwrap_or(char::from(byte))
}

/// Reads the bytes of the characters as UTF-8, if the way back gives the text again.
fn reread(text: &str) -> Option<String> {
    let bytes: Vec<u8> = text.chars().map(byte_of).collect::<Option<_>>()?;
    let original = String::from_utf8(bytes).ok()?;
    misreadings(&original).iter().any(|misread| misread == text).then_some(original)
}

fn byte_of(character: char) -> Option<u8> {
    let high = || WINDOWS_1252.iter().position(|known| *known == character);
    u8::try_from(u32::from(character)).ok().or_else(|| high().and_then(|index| u8::try_from(index + 0x80).ok()))
}

/// Returns whether some characters are the bytes of one UTF-8 sequence, which stands for a probable character.
fn holds_misread(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| {
        at.and_then(|at| characters.get(at)).is_some_and(|character: &char| character.is_ascii_alphabetic())
    };
    (0..characters.len()).any(|start| {
        let Some((sign, length)) = characters.get(start..).and_then(sequence) else { return false };
        // A pair such as `Ü’` may be a letter and a quotation mark of a word.
        let is_in_word = is_letter(start.checked_sub(1)) || is_letter(Some(start + length));
        let may_be_pair = length == 2 && u32::from(sign) >= 0x370;
        is_probable(sign) && !(may_be_pair && is_in_word)
    })
}

/// Returns the character whose UTF-8 sequence the first characters are, and the number of its bytes.
fn sequence(characters: &[char]) -> Option<(char, usize)> {
    let length = match byte_of(*characters.first()?)? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let bytes: Vec<u8> =
        characters.get(..length)?.iter().map(|character| byte_of(*character)).collect::<Option<_>>()?;
    let sign = str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((sign, length))
}

/// Returns whether a name may contain the character. Of the letters beyond those of Latin-1 and Latin Extended-A, only the
/// ones that languages use are probable: the others result from an accented capital before a mark of punctuation.
fn is_probable(sign: char) -> bool {
    match u32::from(sign) {
        0..0x180 | 0x18f | 0x1a0..=0x1a1 | 0x1af..=0x1b0 | 0x1cd..=0x1dc | 0x218..=0x21b | 0x259 => !sign.is_control(),
        0x180..0x300 | 0x700..0x780 | 0x7c0..0x900 | 0xfffd => false,
        _ => !is_unseen(sign) || matches!(sign, '\u{200c}' | '\u{200d}' | '\u{fe0f}'),
    }
}
