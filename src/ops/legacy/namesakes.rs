//! Finds the rows of the legacy table that have a name, in any spelling.
//!
//! Invariant: two spellings are the same name if and only if they fold to the same key.

use super::{legacy_view::LegacyView, standing};
use crate::{
    Result,
    app::App,
    model::{KeylessRow, LegacyUser, Name, NameKey},
    store::legacy_users::{self, SPELLINGS},
};

/// Returns the rows whose name folds to `key`, the lowest id first. Rows without a readable id are omitted, because
/// they cannot be adopted.
pub(super) async fn with_number(
    app: &App,
    legacy: &LegacyView<'_>,
    typed: &str,
    key: &NameKey,
) -> Result<Vec<LegacyUser>> {
    let rows = with_equal_name(app, legacy, typed, key).await?;
    Ok(rows.into_iter().flatten().filter(|row| standing::is_called(row, key)).collect())
}

/// Returns the rows whose name the legacy database takes for equal; `None` for a row without a readable key.
pub(super) async fn with_equal_name(
    app: &App,
    legacy: &LegacyView<'_>,
    typed: &str,
    key: &NameKey,
) -> Result<Vec<Option<LegacyUser>>> {
    let mut conn = legacy.application.db(&app.db).read().await?;
    let names = standing::stored_names(legacy.table.repair, typed, key);
    let mut found = Vec::new();
    for names in names.chunks(SPELLINGS) {
        found.extend(legacy_users::by_names(&mut conn, legacy.table, &filled(names)).await?);
    }
    Ok(in_order(found, names.len() > SPELLINGS))
}

/// Returns the rows whose name folds to `key`, with any collation of the legacy database; `None` for a row without a
/// readable id.
pub(super) async fn all(
    app: &App,
    legacy: &LegacyView<'_>,
    typed: &str,
    key: &NameKey,
) -> Result<Vec<Option<LegacyUser>>> {
    let mut rows = if legacy.table.compares_exactly {
        with_folded_name(app, legacy, typed, key).await?
    } else {
        with_equal_name(app, legacy, typed, key).await?
    };
    rows.retain(|row| row.as_ref().is_none_or(|row| standing::is_called(row, key)));
    Ok(rows)
}

async fn with_folded_name(
    app: &App,
    legacy: &LegacyView<'_>,
    typed: &str,
    key: &NameKey,
) -> Result<Vec<Option<LegacyUser>>> {
    let mut conn = legacy.application.db(&app.db).read().await?;
    let forms = [typed.trim(), key.as_text()].map(|name| legacy.table.repair.stored_forms(name));
    let names: Vec<String> = forms.into_iter().flatten().collect();
    let mut found = Vec::new();
    for names in names.chunks(2) {
        let names: [String; 2] = filled(names);
        found
            .extend(legacy_users::by_folded_name(&mut conn, legacy.table, names.each_ref().map(String::as_str)).await?);
    }
    Ok(in_order(found, names.len() > 2))
}

/// Fills a list with its last name.
fn filled<const COUNT: usize>(names: &[String]) -> [String; COUNT] {
    std::array::from_fn(|index| names.get(index).or(names.last()).cloned().unwrap_or_default())
}

/// Returns the rows of one or several searches, each row once, the lowest id first.
fn in_order(found: Vec<std::result::Result<LegacyUser, KeylessRow>>, is_of_several: bool) -> Vec<Option<LegacyUser>> {
    let mut rows: Vec<_> = found.into_iter().map(std::result::Result::ok).collect();
    if is_of_several {
        rows.sort_by(|one, other| one.as_ref().map(|row| &row.key).cmp(&other.as_ref().map(|row| &row.key)));
        // Rows that share a key stay, because their names differ.
        rows.dedup_by(|one, other| match (one, other) {
            (Some(one), Some(other)) => {
                one.key == other.key && one.name == other.name && one.stored_name == other.stored_name
            }
            _ => false,
        });
    }
    rows
}

/// Returns whether a row of the legacy table has this name.
pub(super) async fn is_taken(app: &App, legacy: &LegacyView<'_>, name: &Name) -> Result<bool> {
    Ok(!all(app, legacy, name.as_typed(), name.key()).await?.is_empty())
}
