//! The pepper of the legacy application: a node without it does not serve while password hashes need it.
//!
//! The database records the check value of each pepper that a run used. Hashes lose the pepper at each login, so a recorded
//! pepper is only required while hashes with it exist.

use crate::{
    Result,
    app::App,
    store::{
        Tx,
        secrets::{self, Use},
    },
};

/// The word of the records in the database.
const WORD: &str = "legacy_pepper";

/// Returns the problem with this node's pepper and its remedy, if any. Writes nothing.
pub(super) async fn problem(app: &App) -> Result<Option<String>> {
    let here = app.config.adopt.table.forms.pepper.as_ref().map(doorward_password::LegacyPepper::check);
    for known in secrets::all(&app.db).await? {
        let Some((WORD, check)) = known.name.split_once('.') else { continue };
        if here.as_deref() == Some(check) {
            continue;
        }
        let count = secrets::with_legacy_pepper(&app.db, check).await?;
        if count > 0 {
            let what =
                if here.is_some() { "is another pepper than the one of" } else { "is not set, and is needed for" };
            return Ok(Some(format!(
                "`adopt.pepper_path` {what} {count} password hashes of the legacy application: bring back the file"
            )));
        }
    }
    Ok(None)
}

/// Records the use of this node's pepper, if recipes use it.
pub(super) async fn note_use(app: &App) -> Result<()> {
    let forms = &app.config.adopt.table.forms;
    let Some(pepper) = forms.pepper.as_ref().filter(|_| forms.needs().pepper) else { return Ok(()) };
    let (name, tag) = (format!("{WORD}.{}", pepper.check()), pepper.check_tag());
    app.db
        .write_unhurried(async |mut tx: Tx| {
            match secrets::note_use(&mut tx, &name, &tag, app.clock.now()).await? {
                Use::First => tx.commit(()).await,
                // The name contains a part of the value, so another value under this name is the same pepper.
                Use::Known | Use::Other => tx.roll_back(()).await,
            }
        })
        .await
}
