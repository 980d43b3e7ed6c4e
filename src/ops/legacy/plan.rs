//! Plans the changes for the rows of a page, before anything is written.
//!
//! Invariant: a change of a local user depends on a row that was read after the adoption. Otherwise a local password
//! change that is written back meanwhile would count as a change in the legacy table.

use super::{
    candidate::{Candidate, LeftBehind, LegacyCredential},
    legacy_view::LegacyView,
    report::{AdoptionReport, LeftRow},
    standing,
};
use crate::{
    Result,
    app::App,
    model::{Fingerprint, LegacyKey, LegacyUser},
    store::{adoptions::Adoption, known_adoptions::AdoptedUser, legacy_users},
};

/// A user who was adopted earlier.
pub(super) struct ImportedUser {
    pub adoption: Adoption,
    /// The local user; `None` if the user was deleted locally.
    pub user: Option<AdoptedUser>,
}

/// The changes to be written.
#[derive(Default)]
pub(super) struct Plan {
    pub new: Vec<NewImport>,
    pub changed: Vec<ChangedPassword>,
    pub gone: Vec<GoneUser>,
    pub back: Vec<Adoption>,
    /// Users that the adoption disabled, and that the legacy table no longer disables.
    pub opened: Vec<Adoption>,
}

/// The new users that a pass adopts. Disabled users are last, so none of them gets the name of an enabled user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Users who are not disabled. Users who were adopted earlier are also updated.
    Open,
    /// Only disabled users.
    ShutOut,
}

/// A user who is to be added.
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
    /// Whether the row exists and is locked. That is a change of the password, which also invalidates a local one.
    pub is_locked: bool,
}

/// The change that the row of an adopted user requires.
enum Call {
    Nothing,
    /// None, because the user was deleted locally.
    Deleted,
    Back,
    /// The adoption disabled the user, and the legacy table no longer does.
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
        let judged = Candidate::judge_adopted(row, legacy.plain_text);
        if judged.is_ok() && !standing::was_called(row, &user.name_key) {
            // The id may belong to another user now, or the user may have another name. The row does not show which.
            return Self::Gone { why: Some(LeftBehind::NumberTaken), is_locked: false };
        }
        let fingerprint = standing::fingerprint(legacy, row);
        let is_unchanged = fingerprint == known.adoption.fingerprint;
        match judged {
            _ if row.is_shut_out && user.is_disabled => Self::Nothing,
            _ if row.is_shut_out => Self::Gone { why: Some(LeftBehind::ShutOut), is_locked: true },
            // The value was accepted as plain text, or another local password was set since.
            Err(LeftBehind::PasswordUnrecognized) if is_unchanged => Self::of_unchanged(known, user),
            Err(why) => Self::Gone { why: Some(why), is_locked: true },
            Ok(candidate) if !is_unchanged => Self::Changed(candidate.credential, fingerprint),
            Ok(_) => Self::of_unchanged(known, user),
        }
    }

    /// Decides on a row whose password is unchanged.
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
    /// Adds the change that the row of a new user requires.
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

    /// Adds the change that an adopted user requires. `row` is the user's row; `None` if it is missing.
    pub async fn consider_known(
        &mut self,
        (app, legacy): (&App, &LegacyView<'_>),
        account: &mut AdoptionReport,
        known: ImportedUser,
        mut row: Option<LegacyUser>,
    ) -> Result<()> {
        let mut call = Call::of(legacy, &known, row.as_ref());
        if !call.is_done(&known.adoption) {
            row = again(app, legacy, &known.adoption.key).await?;
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

async fn again(app: &App, legacy: &LegacyView<'_>, key: &LegacyKey) -> Result<Option<LegacyUser>> {
    let mut conn = legacy.application.db(&app.db).read().await?;
    legacy_users::by_key(&mut conn, legacy.table, key).await
}
