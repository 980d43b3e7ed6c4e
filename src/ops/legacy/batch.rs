//! Adopts one page of the legacy table. One transaction adds its new users.
//!
//! Both databases may change meanwhile. Invariant: a local user is changed only if the adoption has not changed since
//! the row was read. Otherwise the next run changes the user.

use std::collections::{HashMap, HashSet};

use super::{
    batch_known,
    candidate::{Adopted, LeftBehind, LegacyCredential},
    hashing::Hashed,
    legacy_view::LegacyView,
    pages::Page,
    plan::{ImportedUser, NewImport, Pass, Plan},
    report::{AdoptionReport, LeftRow},
    roles::RoleMap,
    shut_out,
};
use crate::{
    Result,
    app::App,
    model::{Event, LegacyId, Reason, RoleId, Uid, UserId},
    ops::{
        audit::{AuditEntry, record},
        principal::Principal,
        roles::administrators,
    },
    store::{
        Tx, adoptions, bulk,
        new_users::{self, NewUser},
        user_edits,
    },
};

/// The number of adoptions that are read at once. A page of rows covers many more if most rows in its range of ids are
/// deleted.
const ADOPTIONS: u32 = 2000;
/// The number of local users that one transaction changes. They cannot log in meanwhile.
const USERS: usize = 200;

/// Adopts the users of `page` that can be adopted.
pub(super) async fn adopt(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    pass: Pass,
    mut page: Page,
) -> Result<AdoptionReport> {
    let mut account = AdoptionReport::default();
    loop {
        let known = {
            let mut conn = app.db.read().await?;
            adoptions::between(&mut conn, page.after, page.upto, ADOPTIONS).await?
        };
        let is_cut = known.len() >= usize::try_from(ADOPTIONS).unwrap_or(usize::MAX);
        let last = known.last().map(|(adoption, _)| adoption.legacy_id);
        let rest = last.filter(|_| is_cut).map(|last| page.split_off(last));
        let known: Vec<_> = known.into_iter().map(|(adoption, user)| ImportedUser { adoption, user }).collect();
        account.add(match pass {
            Pass::Open => adopt_part((app, legacy), roles, page, known).await?,
            Pass::ShutOut => adopt_shut_out((app, legacy), roles, page, &known).await?,
        });
        match rest {
            Some(rest) => page = rest,
            None => return Ok(account),
        }
    }
}

/// Adopts only the users who are disabled in the legacy table.
async fn adopt_shut_out(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    page: Page,
    known: &[ImportedUser],
) -> Result<AdoptionReport> {
    let mut account = AdoptionReport::default();
    let mut plan = Plan::default();
    let known: HashSet<LegacyId> = known.iter().map(|known| known.adoption.legacy_id).collect();
    for row in page.rows.iter().filter(|row| !known.contains(&row.id)) {
        plan.consider_new(legacy, Pass::ShutOut, &mut account, row);
    }
    let hashed = Hashed::of(app, &plan).await?;
    account.add(write_new(app, roles, &plan.new, &hashed).await?);
    account.left_behind.sort_by_key(|row| row.legacy_id);
    Ok(account)
}

async fn adopt_part(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    page: Page,
    known: Vec<ImportedUser>,
) -> Result<AdoptionReport> {
    let mut account = AdoptionReport { rows: page.len(), unreadable: page.unreadable, ..AdoptionReport::default() };
    let mut plan = Plan::default();
    let mut known: HashMap<LegacyId, ImportedUser> =
        known.into_iter().map(|known| (known.adoption.legacy_id, known)).collect();
    for row in page.not_unique {
        known.remove(&row.id);
        account.left_behind.push(LeftRow::new(&row, LeftBehind::NumberNotUnique));
    }
    for row in page.rows {
        match known.remove(&row.id) {
            Some(known) => plan.consider_known((app, legacy), &mut account, known, Some(row)).await?,
            None => plan.consider_new(legacy, Pass::Open, &mut account, &row),
        }
    }
    for known in known.into_values() {
        plan.consider_known((app, legacy), &mut account, known, None).await?;
    }
    let hashed = Hashed::of(app, &plan).await?;
    account.add(write_new(app, roles, &plan.new, &hashed).await?);
    for changed in plan.changed.chunks(USERS) {
        account.add(batch_known::write_changed(app, changed, &hashed).await?);
    }
    for gone in plan.gone.chunks(USERS) {
        account.gone_there += batch_known::write_gone(app, gone).await?;
    }
    for back in plan.back.chunks(USERS) {
        account.back_there += batch_known::write_returned(app, back).await?;
    }
    for opened in plan.opened.chunks(USERS) {
        account.back_there += batch_known::write_opened(app, opened).await?;
    }
    account.left_behind.sort_by_key(|row| row.legacy_id);
    Ok(account)
}

async fn write_new(app: &App, roles: &RoleMap, plans: &[NewImport], hashed: &Hashed) -> Result<AdoptionReport> {
    if plans.is_empty() {
        return Ok(AdoptionReport::default());
    }
    let now = app.clock.now();
    let mut new = Vec::with_capacity(plans.len());
    for NewImport { candidate, fingerprint } in plans {
        let user = NewUser {
            uid: Uid::new(now, &app.rng)?,
            name: &candidate.name,
            role_id: roles.counterpart(candidate.role.as_deref())?.id,
            password_hash: Some(hashed.stored(candidate.legacy_id, &candidate.credential)?),
            created_at: now,
        };
        new.push(bulk::AdoptedRow { legacy_id: candidate.legacy_id, user, fingerprint: *fingerprint });
    }
    app.db
        .write(async |mut tx: Tx| {
            let mut account = AdoptionReport::default();
            let roles: HashSet<RoleId> = new.iter().map(|adopted| adopted.user.role_id).collect();
            for role in roles {
                administrators::hold_role(&mut tx, role).await?;
            }
            for (plans, users) in plans.chunks(bulk::ROWS).zip(new.chunks(bulk::ROWS)) {
                insert((app, &mut tx), plans, users, &mut account).await?;
            }
            let (open, disabled) = (account.adopted, account.adopted_disabled);
            if open + disabled > 0 {
                let entry =
                    AuditEntry::done(Event::UserCreated).because(Reason::Adopted).with("users", open + disabled);
                let entry = if disabled > 0 { entry.with("disabled", disabled) } else { entry };
                record(app, &mut tx, &Principal::Operator.audit_context(), entry).await?;
            }
            tx.commit(account).await
        })
        .await
}

/// Adds new users: all in a few statements, or one by one if any of them cannot be added.
async fn insert(
    (app, tx): (&App, &mut Tx),
    plans: &[NewImport],
    users: &[bulk::AdoptedRow<'_>],
    account: &mut AdoptionReport,
) -> Result<()> {
    let in_clear = |new: &NewImport| u64::from(matches!(new.candidate.credential, LegacyCredential::PlainText(_)));
    if users.len() == bulk::ROWS && insert_together(tx, users).await? {
        for new in plans {
            note_adopted(tx, new, account).await?;
            account.plain_text_hashed += in_clear(new);
        }
        return Ok(());
    }
    for (new, bulk::AdoptedRow { legacy_id, user, fingerprint }) in plans.iter().zip(users) {
        let adopted = Adopted {
            uid: user.uid,
            role_id: user.role_id,
            password_hash: user.password_hash,
            fingerprint: *fingerprint,
            now: user.created_at,
        };
        let mut outcome = new.candidate.insert(tx, &adopted).await?;
        if !new.candidate.is_shut_out
            && shut_out::make_room(app, tx, &Principal::Operator.audit_context(), outcome).await?
        {
            outcome = new.candidate.insert(tx, &adopted).await?;
        }
        match outcome {
            None => {
                note_adopted(tx, new, account).await?;
                account.plain_text_hashed += in_clear(new);
            }
            // A login has adopted the user meanwhile.
            Some(_) if adoptions::by_legacy_id(tx, *legacy_id).await?.is_some() => account.already_here += 1,
            Some(why) => {
                let name = Some(new.candidate.name.as_typed().to_owned());
                account.left_behind.push(LeftRow { legacy_id: *legacy_id, name, why });
            }
        }
    }
    Ok(())
}

/// Counts a user who was added. Disables the user if the legacy table does.
async fn note_adopted(tx: &mut Tx, new: &NewImport, account: &mut AdoptionReport) -> Result<()> {
    if new.candidate.is_shut_out {
        user_edits::disable_adopted(tx, UserId(new.candidate.legacy_id.0)).await?;
        account.adopted_disabled += 1;
    } else {
        account.adopted += 1;
    }
    Ok(())
}

async fn insert_together(tx: &mut Tx, users: &[bulk::AdoptedRow<'_>]) -> Result<bool> {
    if !bulk::insert_users(tx, users).await? {
        return Ok(false);
    }
    if bulk::insert_adoptions(tx, users).await? {
        return Ok(true);
    }
    for adopted in users {
        new_users::delete(tx, UserId(adopted.legacy_id.0)).await?;
    }
    Ok(false)
}
