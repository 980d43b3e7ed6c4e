//! Writes the changes of one page for users who were adopted earlier.
//!
//! Invariant: nothing is written for a user whose adoption changed after the row was read. The next run handles that
//! user.

use super::{
    candidate::LegacyCredential,
    hashing::Hashed,
    plan::{ChangedPassword, GoneUser},
    report::AdoptionReport,
    shut_out,
};
use crate::{
    Result,
    app::App,
    model::{Event, Reason},
    ops::{
        audit::{AuditEntry, record},
        principal::Principal,
    },
    store::{
        Tx,
        adoptions::{self, Adoption},
        credentials, session_ends, users,
    },
};

/// Takes over the passwords that changed in the legacy table.
pub(super) async fn write_changed(app: &App, changed: &[ChangedPassword], hashed: &Hashed) -> Result<AdoptionReport> {
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            let mut account = AdoptionReport::default();
            for ChangedPassword { adoption, credential, fingerprint } in changed {
                let (id, user_id) = (adoption.legacy_id, adoption.user_id);
                let password_hash = hashed.stored(&adoption.key, credential)?;
                let is_first =
                    adoptions::password_is_from_there(&mut tx, id, adoption.fingerprint, *fingerprint).await?;
                if is_first && credentials::take_over_password(&mut tx, user_id, password_hash, now).await? {
                    let sessions_ended = session_ends::end_all_of(&mut tx, user_id).await?;
                    let mut entry = AuditEntry::done(Event::PasswordChange)
                        .because(Reason::ChangedInOldApplication)
                        .with("sessions_ended", sessions_ended);
                    if let Some(user) = users::by_id(&mut tx, user_id).await? {
                        entry = entry.on(user.party());
                    }
                    record(app, &mut tx, &Principal::Operator.audit_context(), entry).await?;
                    account.changed_there += 1;
                    account.plain_text_hashed += u64::from(matches!(credential, LegacyCredential::PlainText(_)));
                } else {
                    account.already_here += 1;
                }
            }
            tx.commit(account).await
        })
        .await
}

/// Records the users whose rows are missing, and ends the sessions that depend on a password of the legacy table.
pub(super) async fn write_gone(app: &App, gone: &[GoneUser]) -> Result<u64> {
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            let mut marked = 0;
            for GoneUser { adoption, is_locked } in gone {
                let current = adoptions::by_legacy_id(&mut tx, adoption.legacy_id).await?;
                let Some(current) = current.filter(|current| current.fingerprint == adoption.fingerprint) else {
                    continue;
                };
                if *is_locked || current.password_set_locally_at.is_none() {
                    shut_out::shut_out(app, &mut tx, &current, now).await?;
                } else {
                    adoptions::set_gone(&mut tx, &current, Some(now)).await?;
                }
                marked += 1;
            }
            tx.commit(marked).await
        })
        .await
}

/// Records the users whose rows have returned.
pub(super) async fn write_returned(app: &App, back: &[Adoption]) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            for adoption in back {
                adoptions::set_gone(&mut tx, adoption, None).await?;
            }
            tx.commit(u64::try_from(back.len()).unwrap_or(u64::MAX)).await
        })
        .await
}

/// Enables the users that the adoption had disabled.
pub(super) async fn write_opened(app: &App, opened: &[Adoption]) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            let mut count = 0;
            for adoption in opened {
                count += u64::from(
                    shut_out::open_again(app, &mut tx, &Principal::Operator.audit_context(), adoption).await?,
                );
            }
            tx.commit(count).await
        })
        .await
}
