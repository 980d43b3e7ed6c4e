//! Plans what the rows of a page call for, before anything is written.
//!
//! Invariant: a change of a local user rests on a row that was read after the adoption. Otherwise a password that is changed
//! here and written back meanwhile would count as changed in the legacy table.

use super::{
    candidate::{Candidate, LeftBehind, LegacyCredential},
    legacy_view::LegacyView,
    report::{AdoptionReport, LeftRow},
    standing,
};
use crate::{
    Result,
    app::App,
    model::{Fingerprint, LegacyId, LegacyUser},
    store::{
        adoptions::{AdoptedUser, Adoption},
        legacy_users,
    },
};

/// A user who was adopted earlier.
pub(super) struct ImportedUser {
    pub adoption: Adoption,
    /// `None` if the user was deleted here.
    pub user: Option<AdoptedUser>,
}

/// The changes to be written.
#[derive(Default)]
pub(super) struct Plan {
    pub new: Vec<NewImport>,
    pub changed: Vec<ChangedPassword>,
    pub gone: Vec<GoneUser>,
    pub back: Vec<Adoption>,
    /// Users whom the adoption disabled, and whom the legacy table lets in now.
    pub opened: Vec<Adoption>,
}

/// The new users that a pass adopts. Those who are shut out come last, so that none of them takes the name of another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Users who are not shut out; users who were adopted earlier are updated too.
    Open,
    /// Users who are shut out, and no others.
    ShutOut,
}

/// A user to be added.
pub(super) struct NewImport {
    pub candidate: Candidate,
    pub fingerprint: Fingerprint,
}

/// A user whose password changed in the legacy table.
pub(super) struct ChangedPassword {
    pub adoption: Adoption,
    pub credential: LegacyCredential,
    pub fingerprint: Fingerprint,
}

/// A user who can no longer log in to the legacy application.
pub(super) struct GoneUser {
    pub adoption: Adoption,
    /// Whether the row exists and is locked: a change of the password, which voids even one that was set here.
    pub is_locked: bool,
}

/// What the row of an adopted user calls for.
enum Call {
    Nothing,
    /// Nothing: the user was deleted here.
    Deleted,
    Back,
    /// The adoption disabled the user, who is no longer shut out.
    Opened,
    Changed(LegacyCredential, Fingerprint),
    Gone {
        /// The reason, if a row exists.
        why: Option<LeftBehind>,
        is_locked: bool,
    },
}

impl Call {
    fn of(legacy: &LegacyView<'_>, known: &ImportedUser, row: Option<&LegacyUser>) -> Self {
        let Some(user) = &known.user else { return Self::Deleted };
        let Some(row) = row else { return Self::Gone { why: None, is_locked: false } };
        let judged = Candidate::judge(row, legacy.plain_text);
        if let Ok(candidate) = &judged
            && candidate.name.key().as_bytes() != user.name_key
        {
            // The number may be another user's now, or the user may have another name: the row does not tell.
            return Self::Gone { why: Some(LeftBehind::NumberTaken), is_locked: false };
        }
        let fingerprint = standing::fingerprint(legacy, row);
        let is_unchanged = fingerprint == known.adoption.fingerprint;
        match judged {
            _ if row.is_shut_out && user.is_disabled => Self::Nothing,
            _ if row.is_shut_out => Self::Gone { why: Some(LeftBehind::ShutOut), is_locked: true },
            // The value was accepted as plain text, or another password was set here since.
            Err(LeftBehind::PasswordUnrecognized) if is_unchanged => Self::of_unchanged(known, user),
            Err(why) => Self::Gone { why: Some(why), is_locked: true },
            Ok(candidate) if !is_unchanged => Self::Changed(candidate.credential, fingerprint),
            Ok(_) => Self::of_unchanged(known, user),
        }
    }

    /// Judges a row whose user may log in with an unchanged password.
    fn of_unchanged(known: &ImportedUser, user: &AdoptedUser) -> Self {
        match known.adoption.gone_at {
            _ if user.is_disabled_by_adoption => Self::Opened,
            Some(_) => Self::Back,
            None => Self::Nothing,
        }
    }

    /// Returns whether an earlier run has done it.
    fn is_done(&self, adoption: &Adoption) -> bool {
        match self {
            Self::Nothing | Self::Deleted => true,
            Self::Gone { is_locked, .. } => {
                adoption.gone_at.is_some() && (!is_locked || adoption.password_set_locally_at.is_none())
            }
            Self::Back | Self::Opened | Self::Changed(..) => false,
        }
    }
}

impl Plan {
    /// Adds what the row of a new user calls for.
    pub fn consider_new(
        &mut self,
        legacy: &LegacyView<'_>,
        pass: Pass,
        account: &mut AdoptionReport,
        row: &LegacyUser,
    ) {
        if row.is_shut_out != (pass == Pass::ShutOut) {
            account.deferred += u64::from(row.is_shut_out);
            return;
        }
        match Candidate::judge(row, legacy.plain_text) {
            Ok(candidate) => self.new.push(NewImport { candidate, fingerprint: standing::fingerprint(legacy, row) }),
            Err(why) => account.left_behind.push(LeftRow::new(row, why)),
        }
    }

    /// Adds what an adopted user calls for, whose row is `row` or missing.
    pub async fn consider_known(
        &mut self,
        (app, legacy): (&App, &LegacyView<'_>),
        account: &mut AdoptionReport,
        known: ImportedUser,
        mut row: Option<LegacyUser>,
    ) -> Result<()> {
        let mut call = Call::of(legacy, &known, row.as_ref());
        if !call.is_done(&known.adoption) {
            row = again(app, legacy, known.adoption.legacy_id).await?;
            call = Call::of(legacy, &known, row.as_ref());
        }
        let is_done = call.is_done(&known.adoption);
        let adoption = known.adoption;
        match call {
            Call::Nothing => account.already_here += 1,
            Call::Deleted => account.deleted_here += 1,
            Call::Back => self.back.push(adoption),
            Call::Opened => self.opened.push(adoption),
            Call::Changed(credential, fingerprint) => {
                if known.user.is_some_and(|user| user.is_disabled_by_adoption) {
                    self.opened.push(adoption.clone());
                }
                self.changed.push(ChangedPassword { adoption, credential, fingerprint });
            }
            Call::Gone { why, is_locked } => {
                account.gone_there += u64::from(is_done);
                account.left_behind.extend(row.zip(why).map(|(row, why)| LeftRow::new(&row, why)));
                if !is_done {
                    self.gone.push(GoneUser { adoption, is_locked });
                }
            }
        }
        Ok(())
    }
}

async fn again(app: &App, legacy: &LegacyView<'_>, id: LegacyId) -> Result<Option<LegacyUser>> {
    let mut conn = legacy.application.db(&app.db).read().await?;
    legacy_users::by_id(&mut conn, legacy.table, id).await
}
