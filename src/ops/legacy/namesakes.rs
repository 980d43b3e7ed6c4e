//! Finds the rows of the legacy table that have a name, in any spelling.
//!
//! Invariant: two spellings are the same name if and only if they fold to the same key.

use super::{legacy_view::LegacyView, standing};
use crate::{
    Result,
    app::App,
    model::{LegacyUser, Name, NameKey},
    store::legacy_users,
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
    let rows = legacy_users::by_names(&mut conn, legacy.table, &standing::spellings(typed, key)).await?;
    Ok(rows.into_iter().map(std::result::Result::ok).collect())
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
        let mut conn = legacy.application.db(&app.db).read().await?;
        let names = [typed.trim(), key.as_text()];
        let rows = legacy_users::by_folded_name(&mut conn, legacy.table, names).await?;
        rows.into_iter().map(std::result::Result::ok).collect()
    } else {
        with_equal_name(app, legacy, typed, key).await?
    };
    rows.retain(|row| row.as_ref().is_none_or(|row| standing::is_called(row, key)));
    Ok(rows)
}

/// Returns whether a row of the legacy table has this name.
pub(super) async fn is_taken(app: &App, legacy: &LegacyView<'_>, name: &Name) -> Result<bool> {
    Ok(!all(app, legacy, name.as_typed(), name.key()).await?.is_empty())
}
