//! Adopts one page of the legacy table. One transaction adds its new users.
//!
//! Both databases may change meanwhile. Invariant: a local user is changed only if the adoption has not changed since
//! the row was read. Otherwise the next run changes the user.

use std::collections::{HashMap, HashSet};

use super::{
    batch_known,
    candidate::{Adopted, LeftBehind, LegacyCredential, stored_attributes},
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
    model::{Event, KeyProblem, LegacyId, LegacyKey, Reason, RoleId, Uid, UserId},
    ops::{
        audit::{AuditEntry, record},
        principal::Principal,
        roles::administrators,
    },
    store::{
        Tx, adoptions, bulk, known_adoptions,
        new_users::{self, NewUser},
        user_edits,
    },
};

/// The adoptions whose rows the pages contained.
pub(super) type Seen = HashSet<LegacyId>;

/// The number of local users that one transaction changes. They cannot log in meanwhile.
const USERS: usize = 200;

/// Adopts the users of `page` that can be adopted. Adds the adoptions of its rows to `seen`.
pub(super) async fn adopt(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    pass: Pass,
    page: Page,
    seen: &mut Seen,
) -> Result<AdoptionReport> {
    let known = {
        let mut conn = app.db.read().await?;
        known_adoptions::of_keys(&mut conn, &page.keys()).await?
    };
    let known: HashMap<LegacyKey, ImportedUser> =
        known.into_iter().map(|(adoption, user)| (adoption.key.clone(), ImportedUser { adoption, user })).collect();
    match pass {
        Pass::Open => {
            seen.extend(known.values().map(|known| known.adoption.legacy_id));
            adopt_open((app, legacy), roles, page, known).await
        }
        Pass::ShutOut => adopt_shut_out((app, legacy), roles, &page, &known).await,
    }
}

/// Adopts only the users who are disabled in the legacy table.
async fn adopt_shut_out(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    page: &Page,
    known: &HashMap<LegacyKey, ImportedUser>,
) -> Result<AdoptionReport> {
    let mut account = AdoptionReport::default();
    let mut plan = Plan::default();
    for row in page.rows.iter().filter(|row| !known.contains_key(&row.key)) {
        plan.consider_new(legacy, Pass::ShutOut, &mut account, row);
    }
    let hashed = Hashed::of(app, &plan).await?;
    account.add(write_new(app, roles, &plan.new, &hashed).await?);
    account.left_behind.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(account)
}

async fn adopt_open(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    page: Page,
    mut known: HashMap<LegacyKey, ImportedUser>,
) -> Result<AdoptionReport> {
    let mut account = AdoptionReport { rows: page.len(), ..AdoptionReport::default() };
    let mut plan = Plan::default();
    account.left_behind.extend(page.keyless.iter().map(LeftRow::keyless));
    account.count_left(LeftBehind::NumberUnreadable(KeyProblem::Null), page.more_keyless);
    for row in page.not_unique {
        account.left_behind.push(LeftRow::new(&row, LeftBehind::NumberNotUnique));
    }
    for row in page.rows {
        match known.remove(&row.key) {
            Some(known) => plan.consider_known((app, legacy), &mut account, known, Some(row)).await?,
            None => plan.consider_new(legacy, Pass::Open, &mut account, &row),
        }
    }
    account.add(write((app, roles), &plan).await?);
    account.left_behind.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(account)
}

/// Handles the users whose rows no page contained.
pub(super) async fn adopt_missing(
    (app, legacy): (&App, &LegacyView<'_>),
    roles: &RoleMap,
    missing: Vec<ImportedUser>,
) -> Result<AdoptionReport> {
    let mut account = AdoptionReport::default();
    let mut plan = Plan::default();
    for known in missing {
        plan.consider_known((app, legacy), &mut account, known, None).await?;
    }
    account.add(write((app, roles), &plan).await?);
    Ok(account)
}

/// Writes the changes of a plan.
async fn write((app, roles): (&App, &RoleMap), plan: &Plan) -> Result<AdoptionReport> {
    let hashed = Hashed::of(app, plan).await?;
    let mut account = write_new(app, roles, &plan.new, &hashed).await?;
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
            password_hash: Some(hashed.stored(&candidate.key, &candidate.credential)?),
            created_at: now,
        };
        let admin_attributes = stored_attributes(&candidate.key);
        new.push(bulk::AdoptedRow { key: &candidate.key, user, fingerprint: *fingerprint, admin_attributes });
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
    let together = if users.len() == bulk::ROWS { insert_together(tx, users).await? } else { None };
    if let Some(ids) = together {
        for (new, id) in plans.iter().zip(ids) {
            note_adopted(tx, new, id, account).await?;
            account.plain_text_hashed += in_clear(new);
        }
        return Ok(());
    }
    for (new, bulk::AdoptedRow { key, user, fingerprint, .. }) in plans.iter().zip(users) {
        let adopted = Adopted {
            uid: user.uid,
            role_id: user.role_id,
            password_hash: user.password_hash,
            fingerprint: *fingerprint,
            now: user.created_at,
        };
        let mut outcome = new.candidate.insert(tx, &adopted).await?;
        if !new.candidate.is_shut_out
            && shut_out::make_room(app, tx, &Principal::Operator.audit_context(), outcome.err()).await?
        {
            outcome = new.candidate.insert(tx, &adopted).await?;
        }
        match outcome {
            Ok(user_id) => {
                note_adopted(tx, new, user_id, account).await?;
                account.plain_text_hashed += in_clear(new);
            }
            // A login has adopted the user meanwhile.
            Err(_) if adoptions::by_key(tx, key).await?.is_some() => account.already_here += 1,
            Err(why) => {
                let name = Some(new.candidate.name.as_typed().to_owned());
                account.left_behind.push(LeftRow { key: Ok((*key).clone()), name, why });
            }
        }
    }
    Ok(())
}

/// Counts a user who was added. Disables the user if the legacy table does.
async fn note_adopted(tx: &mut Tx, new: &NewImport, user_id: UserId, account: &mut AdoptionReport) -> Result<()> {
    account.renumbered += u64::from(new.candidate.key.number().is_none());
    if new.candidate.is_shut_out {
        user_edits::disable_adopted(tx, user_id).await?;
        account.adopted_disabled += 1;
    } else {
        account.adopted += 1;
    }
    Ok(())
}

/// Adds users in a few statements. Returns their ids; `None` if any of them cannot be added.
async fn insert_together(tx: &mut Tx, users: &[bulk::AdoptedRow<'_>]) -> Result<Option<Vec<UserId>>> {
    let Some(ids) = bulk::insert_users(tx, users).await? else { return Ok(None) };
    if bulk::insert_adoptions(tx, users, &ids).await? {
        return Ok(Some(ids));
    }
    for id in ids {
        new_users::delete(tx, id).await?;
    }
    Ok(None)
}
