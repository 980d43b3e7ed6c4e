//! State columns of the legacy table, which mark users as disabled: banned, deleted or inactive.
//!
//! Invariant: only the operator's rules give a column its meaning. A name is a reason to ask the operator, and nothing
//! more.

/// A state column of the legacy table, and the meaning of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRule {
    pub column: String,
    pub test: StateTest,
}

/// The values that disable a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateTest {
    /// No value.
    Ignored,
    /// These values.
    Among(Vec<StateValue>),
    /// All values except these.
    AllBut(Vec<StateValue>),
}

/// A value in an operator's rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateValue {
    Null,
    NotNull,
    /// In lower case and without outer blanks.
    Text(String),
}

/// The operator's rules for all state columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateRules {
    pub rules: Vec<StateRule>,
    /// Whether columns without a rule are ignored.
    pub ignore_others: bool,
}

impl StateTest {
    /// Returns whether `value` of the column, which is text or null, disables its user.
    #[must_use]
    pub fn shuts_out(&self, value: Option<&str>) -> bool {
        match self {
            Self::Ignored => false,
            Self::Among(values) => values.iter().any(|known| known.is(value)),
            Self::AllBut(values) => !values.iter().any(|known| known.is(value)),
        }
    }

    /// Returns the texts of the rule that are not among `held`.
    #[must_use]
    pub fn absent(&self, held: &[Option<&str>]) -> Vec<&str> {
        let named = match self {
            Self::Ignored => return Vec::new(),
            Self::Among(values) | Self::AllBut(values) => values,
        };
        let is_absent = |value: &&StateValue| !held.iter().any(|held| value.is(*held));
        named.iter().filter(is_absent).filter_map(StateValue::as_text).collect()
    }
}

impl StateValue {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::NotNull => None,
        }
    }

    fn is(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Null, None) | (Self::NotNull, Some(_)) => true,
            (Self::Text(known), Some(value)) => *known == value.trim().to_lowercase(),
            _ => false,
        }
    }

    fn parse(text: &str) -> Self {
        match text.trim().to_lowercase().as_str() {
            "null" => Self::Null,
            "not-null" => Self::NotNull,
            value => Self::Text(value.to_owned()),
        }
    }
}

impl StateRules {
    /// Adds the rule in `text`: `COLUMN:VALUE|VALUE`, `COLUMN!VALUE|VALUE`, `COLUMN:none` or `none`. Returns false if
    /// the text is invalid, or if its column already has a rule.
    #[must_use]
    pub fn add(&mut self, text: &str) -> bool {
        let text = text.trim();
        if text.eq_ignore_ascii_case("none") {
            return !std::mem::replace(&mut self.ignore_others, true);
        }
        let Some(at) = text.find([':', '!']) else { return false };
        let (column, rest) = text.split_at(at);
        let (is_all_but, values) = (rest.starts_with('!'), rest.get(1..).unwrap_or_default());
        let column = column.trim();
        let is_known = self.rules.iter().any(|rule| rule.column.eq_ignore_ascii_case(column));
        if column.is_empty() || values.trim().is_empty() || is_known {
            return false;
        }
        let named = || values.split('|').map(StateValue::parse).collect();
        let test = match (is_all_but, values.trim()) {
            (false, none) if none.eq_ignore_ascii_case("none") => StateTest::Ignored,
            (false, _) => StateTest::Among(named()),
            (true, _) => StateTest::AllBut(named()),
        };
        self.rules.push(StateRule { column: column.to_owned(), test });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_of(text: &str) -> StateTest {
        let mut rules = StateRules::default();
        assert!(rules.add(text), "{text}");
        rules.rules.remove(0).test
    }

    #[test]
    fn values_shut_out_as_the_operator_says() {
        for (rule, out, within) in [
            ("banned:1", vec![Some("1"), Some(" 1 ")], vec![Some("0"), None, Some("2")]),
            ("status:banned|Deleted", vec![Some("BANNED"), Some("deleted")], vec![Some("active"), None]),
            (
                "status!active|pending",
                vec![Some("banned"), None, Some(""), Some("new")],
                vec![Some("Active"), Some("pending")],
            ),
            ("deleted_at:not-null", vec![Some("2024-01-01"), Some("")], vec![None]),
            ("deleted_at!null", vec![Some("2024-01-01"), Some("")], vec![None]),
            ("active:0|null", vec![Some("0"), None], vec![Some("1")]),
            (
                "locked_until!null|0000-00-00 00:00:00",
                vec![Some("2024-01-01 00:00:00")],
                vec![None, Some("0000-00-00 00:00:00")],
            ),
            ("state:none", vec![], vec![None, Some("x")]),
        ] {
            let test = test_of(rule);
            assert!(out.iter().all(|value| test.shuts_out(*value)), "{rule} {out:?}");
            assert!(!within.iter().any(|value| test.shuts_out(*value)), "{rule} {within:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["", "banned", "banned:", ":1", "!x", "banned: "] {
            assert!(!StateRules::default().add(text), "{text}");
        }
        let mut rules = StateRules::default();
        assert!(rules.add("none") && !rules.add("none") && rules.add("a:1") && !rules.add("A!2"));
    }
}
