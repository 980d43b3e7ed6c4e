//! The statements for the legacy table, whose names of table and columns are configurable.
//!
//! Invariants: a configured name appears in a statement only as a quoted identifier. A comparison finds a value whatever
//! the type of its column is, and may find others too, so a caller compares again.

use super::{
    column_form::ColumnForm,
    db::{EngineKind, Param},
    dialect,
    legacy_columns::Column,
    legacy_sql::{kept, quoted},
};
use crate::model::{LegacyKey, RawCell};

/// The maximum number of rows that are read for one name. A collation may match several names, but hardly more than
/// these.
const NAMESAKES: i64 = 50;

/// The number of spellings by which a name is searched.
pub const SPELLINGS: usize = 5;

/// The number of forms by which a key is searched.
const KEY_FORMS: usize = 4;

/// The statements for one table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Statements {
    pub(super) first_page: &'static str,
    pub(super) page_from: &'static str,
    pub(super) page_after: &'static str,
    pub(super) without_key: &'static str,
    pub(super) newest: &'static str,
    pub(super) by_names: &'static str,
    pub(super) by_key: &'static str,
    pub(super) by_folded_name: &'static str,
    pub(super) count: &'static str,
    pub(super) count_without_key: &'static str,
    pub(super) highest: &'static str,
    pub(super) insert: &'static str,
    pub(super) insert_numbered: &'static str,
    pub(super) writes_nothing: [&'static str; 3],
    pub(super) replace_password: &'static str,
    pub(super) withdraw: &'static str,
}

/// The forms in which the database may hold a key.
pub(super) struct KeyParams {
    form: ColumnForm,
    number: Option<i64>,
    texts: [String; 2],
    bytes: Vec<u8>,
}

impl KeyParams {
    pub(super) fn new(form: ColumnForm, key: &LegacyKey) -> Self {
        match key {
            LegacyKey::Number(id) => Self {
                form,
                number: Some(id.0),
                texts: [id.0.to_string(), format!("{}.0", id.0)],
                bytes: id.0.to_string().into_bytes(),
            },
            LegacyKey::Other(key) => {
                let text = key.as_text().unwrap_or_default();
                Self { form, number: None, texts: [text.to_owned(), text.to_owned()], bytes: key.as_bytes().to_vec() }
            }
        }
    }

    pub(super) fn params(&self) -> [Param<'_>; KEY_FORMS] {
        let [text, other] = self.texts.each_ref().map(|text| Param::from(text.as_str()));
        let bytes = Param::from(self.bytes.as_slice());
        match (self.form, self.number) {
            (ColumnForm::Number, Some(number)) => [number.into(); KEY_FORMS],
            (_, Some(number)) if self.form != ColumnForm::Text => [number.into(), text, other, bytes],
            (_, Some(_)) => [text, other, text, other],
            (_, None) if text_is_empty(&self.texts) => [bytes; KEY_FORMS],
            (_, None) => [text, bytes, text, bytes],
        }
    }
}

fn text_is_empty(texts: &[String; 2]) -> bool {
    texts.iter().all(String::is_empty)
}

/// Returns the value of a key column as a parameter, from which the next page starts.
pub(super) fn cursor(cell: &RawCell) -> PageCursor<'_> {
    match cell {
        RawCell::Integer(integer) => i64::try_from(*integer).map_or_else(
            |_| PageCursor::Written(integer.to_string()),
            |integer| PageCursor::Held(Param::Integer(integer)),
        ),
        RawCell::Real(real) => PageCursor::Held(Param::Real(*real)),
        RawCell::Text(text) => PageCursor::Held(Param::Text(text)),
        RawCell::Bytes(bytes) => PageCursor::Held(Param::Bytes(bytes)),
        RawCell::Null | RawCell::Unreadable(_) => PageCursor::Held(Param::Null),
    }
}

/// A position in the order of the key column.
pub(super) enum PageCursor<'a> {
    Held(Param<'a>),
    Written(String),
}

impl PageCursor<'_> {
    pub(super) fn param(&self) -> Param<'_> {
        match self {
            Self::Held(param) => *param,
            Self::Written(text) => Param::Text(text),
        }
    }
}

impl Statements {
    pub(super) fn new(
        kind: EngineKind,
        table: &str,
        [id_column, name_column, password_column]: [&Column; 3],
        role: Option<&Column>,
        states: &str,
    ) -> Self {
        let [id, name, password] = [id_column, name_column, password_column].map(|column| quoted(&column.name));
        let table = quoted(table);
        let (role, role_place) = match role {
            Some(role) => (quoted(&role.name), ", ?"),
            None => ("NULL".to_owned(), ""),
        };
        let key = place_for(id_column);
        let keys = [key.as_str(); KEY_FORMS].join(", ");
        let [id_form, name_form, password_form] =
            [id_column, name_column, password_column].map(|column| dialect::column_form(kind, &column.kind));
        let names = name_form.any_spelling(&place_for(name_column), SPELLINGS);
        let [fold, folded] = dialect::folding(kind);
        let held = password_form.stored_text(&password, password_column.kind == "binary");
        let row = format!("SELECT {id}, {name}, {password}, {role}{states} FROM {table}");
        let inserted = if role_place.is_empty() { String::new() } else { format!(", {role}") };
        Self {
            first_page: kept(format!("{row} WHERE {id} IS NOT NULL ORDER BY {id} LIMIT ?")),
            page_from: kept(format!("{row} WHERE {id} >= {key} ORDER BY {id} LIMIT ?")),
            page_after: kept(format!("{row} WHERE {id} > {key} ORDER BY {id} LIMIT ?")),
            without_key: kept(format!("{row} WHERE {id} IS NULL LIMIT ?")),
            newest: kept(format!("{row} ORDER BY {id} DESC LIMIT ?")),
            by_names: kept(format!("{row} WHERE {name} IN ({names}) ORDER BY {id} LIMIT {NAMESAKES}")),
            by_folded_name: kept(format!("{row} WHERE {fold}{name}{folded} IN (?, ?) ORDER BY {id} LIMIT {NAMESAKES}")),
            by_key: kept(format!("{row} WHERE {id} IN ({keys}) LIMIT {NAMESAKES}")),
            count: kept(format!("SELECT COUNT(*) FROM {table}")),
            count_without_key: kept(format!("SELECT COUNT(*) FROM {table} WHERE {id} IS NULL")),
            highest: kept(id_form.highest_number(&table, &id)),
            insert: kept(format!("INSERT INTO {table} ({name}, {password}{inserted}) VALUES (?, ?{role_place})")),
            insert_numbered: kept(format!(
                "INSERT INTO {table} ({id}, {name}, {password}{inserted}) VALUES (?, ?, ?{role_place})"
            )),
            writes_nothing: [
                kept(format!(
                    "INSERT INTO {table} ({name}, {password}{inserted})
                     SELECT {name}, {password}{inserted} FROM {table} WHERE 1 = 0"
                )),
                kept(format!("UPDATE {table} SET {password} = {password} WHERE 1 = 0")),
                kept(format!("DELETE FROM {table} WHERE 1 = 0")),
            ],
            replace_password: kept(format!("UPDATE {table} SET {password} = ? WHERE {id} IN ({keys}) AND {held} = ?")),
            withdraw: kept(format!("DELETE FROM {table} WHERE {id} IN ({keys}) AND {name} = ? AND {held} = ?")),
        }
    }
}

/// Returns the placeholder for text that is compared with `column`. MySQL rejects the comparison of a column with text
/// that its character set lacks. The text is therefore converted to that set. Characters that the set lacks become a
/// replacement character, which no name contains.
///
/// A `BINARY` column pads its values with zero bytes, and so must the text.
fn place_for(column: &Column) -> String {
    if let ("binary", Some(length)) = (column.kind.as_str(), column.length) {
        return format!("CAST(? AS BINARY({length}))");
    }
    let is_word = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (&column.character_set, &column.collation) {
        (Some(set), Some(collation)) if set != "utf8mb4" && is_word(set) && is_word(collation) => {
            format!("CONVERT(? USING {set}) COLLATE {collation}")
        }
        _ => "?".to_owned(),
    }
}
