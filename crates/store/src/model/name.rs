//! Names: kept as typed, compared by a folded key.
//!
//! The key is the name in NFKC, with Unicode's full case folding and without outer blanks, so `Ann`, `ann ` and `ＡＮＮ`
//! are one name; accents stay distinct. Invariant: folding a folded name changes nothing, and every comparison of names
//! in the program is one of keys, which the database keeps in a binary column.

use std::fmt;

use icu_casemap::CaseMapperBorrowed;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};

/// Longest name, in Unicode code points: what the wider of the two old tables held.
pub const NAME_CODE_POINTS: usize = 100;
/// Longest key, in bytes of UTF-8: a hundred code points of four bytes. Only names of ligatures fold to more.
pub const NAME_KEY_BYTES: usize = 400;

/// A name that may be given to a new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    typed: String,
    key: NameKey,
}

/// What a name is found and compared by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameKey(String);

/// Why a name is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing but blanks.
    #[error("Username must not be blank")]
    Blank,
    /// Longer than [`NAME_CODE_POINTS`], or folding to more than [`NAME_KEY_BYTES`].
    #[error("Username must be at most 100 characters long")]
    TooLong,
    /// A control character, or one that cannot be seen or turns the text around it.
    #[error("Username must not contain control or invisible characters")]
    Unseen,
}

impl Name {
    /// A name as typed at sign-up.
    ///
    /// # Errors
    /// [`NameProblem`], when a new account may not be called so.
    pub fn new(typed: &str) -> Result<Self, NameProblem> {
        let name = Self::adopted(typed)?;
        let is_nothing_but_marks = || typed.chars().all(|character| character.is_whitespace() || is_mark(character));
        if typed.chars().any(is_unseen) || is_nothing_but_marks() {
            return Err(NameProblem::Unseen);
        }
        Ok(name)
    }

    /// A name that somebody has had elsewhere. More lenient than [`Name::new`]: it may hold characters that cannot be
    /// seen, since its owner types them, or software does.
    ///
    /// # Errors
    /// [`NameProblem`], when no account could ever be found by it.
    pub fn adopted(typed: &str) -> Result<Self, NameProblem> {
        let key = NameKey::to_find(typed)?;
        if key.0.is_empty() {
            return Err(NameProblem::Blank);
        }
        if key.0.len() > NAME_KEY_BYTES {
            return Err(NameProblem::TooLong);
        }
        Ok(Self { typed: typed.to_owned(), key })
    }

    /// The name as it was typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &NameKey {
        &self.key
    }
}

impl NameKey {
    /// The key by which to look for an account that exists. More lenient than [`Name::new`]: accounts that came from
    /// elsewhere may be called what a new one may not.
    ///
    /// # Errors
    /// When `typed` is too long, which is checked before anything is folded, or holds control characters.
    pub fn to_find(typed: &str) -> Result<Self, NameProblem> {
        // Four bytes a code point at most, so this needs no counting through megabytes.
        if typed.len() > NAME_CODE_POINTS * 4 || typed.chars().count() > NAME_CODE_POINTS {
            return Err(NameProblem::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(NameProblem::Unseen);
        }
        Ok(Self(fold(typed)))
    }

    /// The folded name.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// The bytes that the database keeps.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.typed)
    }
}

/// NFKC, full case folding (C + F of CaseFolding.txt) and outer blanks off, again until nothing changes: each of the
/// three can undo another (a no-break space becomes a blank, a capital with an accent composes anew).
pub(super) fn fold(typed: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let mapper = CaseMapperBorrowed::new();
    let mut name = typed.to_owned();
    loop {
        let folded = normalizer.normalize(&mapper.fold_string(&normalizer.normalize(&name))).trim().to_owned();
        if folded == name {
            return name;
        }
        name = folded;
    }
}

/// What is drawn as nothing though Unicode counts it among symbols and marks: the braille pattern without dots, a musical
/// note without a head, the place of an object, and a filler of the Khitan script.
const BLANKS: [char; 4] = ['\u{2800}', '\u{1d159}', '\u{fffc}', '\u{16fe4}'];

/// A mark that is drawn on the character before it.
fn is_mark(character: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// Characters that a reader cannot see or place: controls, format characters (zero-width, bidirectional), separators of
/// lines and paragraphs, surrogates, private use, unassigned, and what Unicode says may be ignored.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    let is_blank = BLANKS.contains(&character);
    is_blank
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(character),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::PrivateUse
                | GeneralCategory::Surrogate
                | GeneralCategory::Unassigned
        )
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}
