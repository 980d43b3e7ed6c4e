//! What the rows of a page call for, before anything is written.
//!
//! Invariant: whatever is to be done to a user who is here already rests on a row that was read after the adoption: else
//! a password that is changed here and written back meanwhile would be taken for one that was changed there.

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

/// A user who was adopted before.
pub(super) struct ImportedUser {
    pub adoption: Adoption,
    /// `None` when the user was deleted here.
    pub user: Option<AdoptedUser>,
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Plan {
    pub new: Vec<NewImport>,
    pub changed: Vec<ChangedPassword>,
    pub gone: Vec<GoneUser>,
    pub back: Vec<Adoption>,
    /// Users whom their adoption has disabled, and who may log in there by now.
    pub opened: Vec<Adoption>,
}

/// Which rows of users who are not here yet are adopted. Those who are shut out come last, so that none of them has a
/// name that another may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Those of users who may log in there; users who are here already are looked after, too.
    Open,
    /// Those of users who are shut out there, and nothing else.
    ShutOut,
}

/// A user to be added.
pub(super) struct NewImport {
    pub candidate: Candidate,
    pub fingerprint: Fingerprint,
}

/// A user whose password was changed there since.
pub(super) struct ChangedPassword {
    pub adoption: Adoption,
    pub credential: LegacyCredential,
    pub fingerprint: Fingerprint,
}

/// A user who can no longer log in there.
pub(super) struct GoneUser {
    pub adoption: Adoption,
    /// The row is there and locked: that is a change of the password, which ends even one that was set here.
    pub is_locked: bool,
}

/// What the row of a known user calls for.
enum Call {
    Nothing,
    /// Nothing: the user was deleted here.
    Deleted,
    Back,
    /// The adoption had disabled the user, who is not shut out there any more.
    Opened,
    Changed(LegacyCredential, Fingerprint),
    Gone {
        /// What is wrong with the row, when there is one.
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
            // The number is somebody else's by now, or the same person has another name: nobody can tell.
            return Self::Gone { why: Some(LeftBehind::NumberTaken), is_locked: false };
        }
        let fingerprint = standing::fingerprint(legacy, row);
        let is_unchanged = fingerprint == known.adoption.fingerprint;
        match judged {
            _ if row.is_shut_out && user.is_disabled => Self::Nothing,
            _ if row.is_shut_out => Self::Gone { why: Some(LeftBehind::ShutOut), is_locked: true },
            // It was accepted as a password in clear, or another was set here since it was seen.
            Err(LeftBehind::PasswordUnrecognized) if is_unchanged => Self::of_unchanged(known, user),
            Err(why) => Self::Gone { why: Some(why), is_locked: true },
            Ok(candidate) if !is_unchanged => Self::Changed(candidate.credential, fingerprint),
            Ok(_) => Self::of_unchanged(known, user),
        }
    }

    /// What a row calls for whose user may log in there by the password of before.
    fn of_unchanged(known: &ImportedUser, user: &AdoptedUser) -> Self {
        match known.adoption.gone_at {
            _ if user.is_disabled_by_adoption => Self::Opened,
            Some(_) => Self::Back,
            None => Self::Nothing,
        }
    }

    /// Whether it has been done by an earlier run.
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
    /// Adds what the row of nobody who is known calls for.
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

    /// Adds what a known user calls for, whose row is this one, or is not there.
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
