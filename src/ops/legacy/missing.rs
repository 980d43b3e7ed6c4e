//! Finds the users whose rows are missing from the legacy table, after a run has read all of its pages.
//!
//! Invariant: each row is looked up again by its key before its user counts as missing.

use super::{
    batch::{self, Seen},
    legacy_view::LegacyView,
    plan::ImportedUser,
    report::AdoptionReport,
    roles::RoleMap,
};
use crate::{
    Result,
    app::App,
    model::{LegacyId, UnixMillis},
    store::known_adoptions,
};

/// The number of adoptions that are read at once.
const ADOPTIONS: u32 = 2000;

/// The position in the adoptions of earlier runs.
pub(super) struct MissingRows {
    after: Option<LegacyId>,
    /// The start of the run. Later adoptions are those of the run itself.
    until: UnixMillis,
}

impl MissingRows {
    pub fn new(until: UnixMillis) -> Self {
        Self { after: Some(LegacyId(i64::MIN)), until }
    }

    /// Handles some of the users whose rows are not `seen`. Returns `None` at the end.
    pub async fn next(
        &mut self,
        (app, legacy): (&App, &LegacyView<'_>),
        roles: &RoleMap,
        seen: &Seen,
    ) -> Result<Option<AdoptionReport>> {
        let Some(after) = self.after else { return Ok(None) };
        let known = {
            let mut conn = app.db.read().await?;
            known_adoptions::recorded_until(&mut conn, after, self.until, ADOPTIONS).await?
        };
        self.after = known.last().map(|(adoption, _)| adoption.legacy_id);
        let known = known.into_iter().filter(|(adoption, _)| !seen.contains(&adoption.legacy_id));
        let missing = known.map(|(adoption, user)| ImportedUser { adoption, user }).collect();
        batch::adopt_missing((app, legacy), roles, missing).await.map(Some)
    }
}
