//! Names: kept as typed, compared by a folded key.
//!
//! The key is the name in NFKC, with Unicode's full case folding and without outer blanks. So `Ann`, `ann ` and `ＡＮＮ`
//! are one name, and accents stay distinct. Invariants: folding is idempotent. All comparisons of names compare keys,
//! which are stored in a binary column.

use std::fmt;

use icu_casemap::CaseMapperBorrowed;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};

/// The longest name, in Unicode code points: the limit of the wider of the two legacy tables.
pub const NAME_CODE_POINTS: usize = 100;
/// The longest key, in bytes of UTF-8: 100 code points of four bytes. Only names with ligatures fold to more.
pub const NAME_KEY_BYTES: usize = 400;

/// A name that is valid for a new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    typed: String,
    key: NameKey,
}

/// The key by which a name is found and compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameKey(String);

/// The reason why a name is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Only blanks.
    #[error("Username must not be blank")]
    Blank,
    /// Longer than [`NAME_CODE_POINTS`], or with a key longer than [`NAME_KEY_BYTES`].
    #[error("Username must be at most 100 characters long")]
    TooLong,
    /// A control character, an invisible character, or one that changes the direction of text.
    #[error("Username must not contain control or invisible characters")]
    Unseen,
    /// `.` or `..`, which means a folder in a URL and in a path. URL libraries remove it, so it names no resource.
    #[error("Username must not be . or ..")]
    PathSegment,
}

impl Name {
    /// Checks a name as typed at sign-up.
    ///
    /// # Errors
    /// Returns a [`NameProblem`] if the name is invalid for a new account.
    pub fn new(typed: &str) -> Result<Self, NameProblem> {
        let name = Self::adopted(typed)?;
        let is_nothing_but_marks = || typed.chars().all(|character| character.is_whitespace() || is_mark(character));
        if typed.chars().any(is_unseen) || is_nothing_but_marks() {
            return Err(NameProblem::Unseen);
        }
        Ok(name)
    }

    /// Checks a name from another system. Unlike [`Name::new`], it allows invisible characters, because the name's
    /// owner or software can enter them.
    ///
    /// # Errors
    /// Returns a [`NameProblem`] if no account could be found by the name.
    pub fn adopted(typed: &str) -> Result<Self, NameProblem> {
        let key = NameKey::to_find(typed)?;
        if key.0.is_empty() {
            return Err(NameProblem::Blank);
        }
        if key.0.len() > NAME_KEY_BYTES {
            return Err(NameProblem::TooLong);
        }
        if matches!(key.as_text(), "." | "..") {
            return Err(NameProblem::PathSegment);
        }
        Ok(Self { typed: typed.to_owned(), key })
    }

    /// Returns the name as typed.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &NameKey {
        &self.key
    }
}

impl NameKey {
    /// Returns the key for finding an existing account. Unlike [`Name::new`], it allows names that only imported
    /// accounts may have.
    ///
    /// # Errors
    /// Returns a [`NameProblem`] if `typed` is too long, which is checked before folding, or contains control
    /// characters.
    pub fn to_find(typed: &str) -> Result<Self, NameProblem> {
        // A code point has at most four bytes, so the code points of megabytes are not counted.
        if typed.len() > NAME_CODE_POINTS * 4 || typed.chars().count() > NAME_CODE_POINTS {
            return Err(NameProblem::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(NameProblem::Unseen);
        }
        Ok(Self(fold(typed)))
    }

    /// Returns the folded name.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Returns the stored bytes.
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

/// Applies NFKC, full case folding (C + F of CaseFolding.txt) and trimming until nothing changes. Each step can undo
/// another: a no-break space becomes a blank, and a folded letter may compose with its accent.
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

/// Blank characters that Unicode counts among symbols and marks: the empty braille pattern, a null notehead, the object
/// replacement character, and a filler of the Khitan script.
const BLANKS: [char; 4] = ['\u{2800}', '\u{1d159}', '\u{fffc}', '\u{16fe4}'];

/// Returns whether the character is a mark that is drawn on the one before it.
fn is_mark(character: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// Returns whether a reader cannot see or place the character: controls, format characters (zero-width, bidirectional),
/// line and paragraph separators, surrogates, private use, unassigned and default-ignorable characters.
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
