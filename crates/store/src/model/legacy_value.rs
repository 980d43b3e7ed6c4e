//! A value of the legacy table as text, or the reason why it has none.

/// The reason why a value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    #[error("its bytes are not UTF-8")]
    NotUtf8,
    #[error("it is a floating-point number whose last digits are lost")]
    LostDigits,
}

/// The value of a column in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyValue<T> {
    Null,
    Text(T),
    /// A value that cannot be read as text.
    Unreadable(CellProblem),
}

impl<T> LegacyValue<T> {
    /// Returns the text; `None` for other values.
    #[must_use]
    pub fn text(&self) -> Option<&T> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Unreadable(_) => None,
        }
    }

    /// Applies `make` to the text, and keeps other values.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> LegacyValue<U> {
        match self {
            Self::Null => LegacyValue::Null,
            Self::Text(text) => LegacyValue::Text(make(text)),
            Self::Unreadable(problem) => LegacyValue::Unreadable(problem),
        }
    }
}
