//! Adopts one page of the old table, in one transaction for each part of it.
//!
//! Both databases go on changing meanwhile. Invariant: what is done to a user who is here already is done only if the
//! adoption is still as it was when the row was read; otherwise it is left to the next run.

use std::collections::HashMap;

use super::{
    Account, LeftBehind, LeftRow, Old, OldCredential, Roles,
    candidate::Adopted,
    hashing::Hashed,
    pages::Page,
    plan::{Gone, Known, New, Plan},
};
use crate::{
    Result,
    app::App,
    model::{OldId, Uid, UnixMillis},
    store::{
        Tx, adoptions, bulk, sessions,
        users::{self, NewUser},
    },
};

/// Adoptions that are looked at together. A page of rows covers many more when most of its numbers are gone.
const ADOPTIONS: u32 = 2000;

/// Adopts what can be adopted of `page`.
pub(super) async fn adopt(app: &App, old: &Old<'_>, roles: &Roles, mut page: Page) -> Result<Account> {
    let mut account = Account::default();
    loop {
        let known = {
            let mut conn = app.db.read().await?;
            adoptions::between(&mut conn, page.after, page.upto, ADOPTIONS).await?
        };
        let is_cut = known.len() >= usize::try_from(ADOPTIONS).unwrap_or(usize::MAX);
        let last = known.last().map(|(adoption, _)| adoption.old_id);
        let rest = last.filter(|_| is_cut).map(|last| page.split_off(last));
        let known = known.into_iter().map(|(adoption, name_key)| Known { adoption, name_key }).collect();
        account.add(adopt_part(app, old, roles, page, known).await?);
        match rest {
            Some(rest) => page = rest,
            None => return Ok(account),
        }
    }
}

async fn adopt_part(app: &App, old: &Old<'_>, roles: &Roles, page: Page, known: Vec<Known>) -> Result<Account> {
    let mut account = Account { rows: page.len(), unreadable: page.unreadable, ..Account::default() };
    let mut plan = Plan::default();
    let mut known: HashMap<OldId, Known> = known.into_iter().map(|known| (known.adoption.old_id, known)).collect();
    for row in page.not_unique {
        known.remove(&row.id);
        account.left_behind.push(LeftRow::new(&row, LeftBehind::NumberNotUnique));
    }
    for row in page.rows {
        match known.remove(&row.id) {
            Some(known) => plan.consider_known((app, old), &mut account, known, Some(row)).await?,
            None => plan.consider_new(old, &mut account, &row),
        }
    }
    for known in known.into_values() {
        plan.consider_known((app, old), &mut account, known, None).await?;
    }
    if !plan.is_empty() {
        let hashed = Hashed::of(app, &plan).await?;
        account.add(write(app, roles, &plan, &hashed).await?);
    }
    account.left_behind.sort_by_key(|row| row.old_id);
    Ok(account)
}

async fn write(app: &App, roles: &Roles, plan: &Plan, hashed: &Hashed) -> Result<Account> {
    let now = app.clock.now();
    let mut new = Vec::with_capacity(plan.new.len());
    for New { candidate, fingerprint } in &plan.new {
        let user = NewUser {
            uid: Uid::new(now, &app.rng)?,
            name: &candidate.name,
            role_id: roles.counterpart(candidate.role.as_deref())?.id,
            password_hash: hashed.stored(candidate.old_id, &candidate.credential)?,
            created_at: now,
        };
        new.push(bulk::Adopted { old_id: candidate.old_id, user, fingerprint: *fingerprint });
    }
    app.db
        .write(async |mut tx: Tx| {
            let mut account = Account::default();
            for (plans, users) in plan.new.chunks(bulk::ROWS).zip(new.chunks(bulk::ROWS)) {
                insert(&mut tx, plans, users, &mut account).await?;
            }
            change(&mut tx, plan, hashed, &mut account).await?;
            for gone in &plan.gone {
                account.gone_there += u64::from(mark_gone(&mut tx, gone, now).await?);
            }
            for adoption in &plan.back {
                adoptions::set_gone(&mut tx, adoption.old_id, None).await?;
                account.back_there += 1;
            }
            tx.commit(account).await
        })
        .await
}

/// Adds new users: all of them in two statements, or one by one when something is in the way of any.
async fn insert(tx: &mut Tx, plans: &[New], users: &[bulk::Adopted<'_>], account: &mut Account) -> Result<()> {
    let in_clear = |new: &New| u64::from(matches!(new.candidate.credential, OldCredential::PlainText(_)));
    if users.len() == bulk::ROWS && insert_together(tx, users).await? {
        account.adopted += u64::try_from(users.len()).unwrap_or(u64::MAX);
        account.plain_text_hashed += plans.iter().map(in_clear).sum::<u64>();
        return Ok(());
    }
    for (new, bulk::Adopted { old_id, user, fingerprint }) in plans.iter().zip(users) {
        let adopted = Adopted {
            uid: user.uid,
            role_id: user.role_id,
            password_hash: user.password_hash,
            fingerprint: *fingerprint,
            now: user.created_at,
        };
        match new.candidate.insert(tx, &adopted).await? {
            None => {
                account.adopted += 1;
                account.plain_text_hashed += in_clear(new);
            }
            // A login has adopted the user on the spot.
            Some(_) if adoptions::by_old_id(tx, *old_id).await?.is_some() => account.already_here += 1,
            Some(why) => {
                let name = Some(new.candidate.name.as_typed().to_owned());
                account.left_behind.push(LeftRow { old_id: *old_id, name, why });
            }
        }
    }
    Ok(())
}

async fn insert_together(tx: &mut Tx, users: &[bulk::Adopted<'_>]) -> Result<bool> {
    if !bulk::insert_users(tx, users).await? {
        return Ok(false);
    }
    if bulk::insert_adoptions(tx, users).await? {
        return Ok(true);
    }
    for adopted in users {
        users::delete(tx, crate::model::UserId(adopted.old_id.0)).await?;
    }
    Ok(false)
}

/// Takes over the passwords that were changed there.
async fn change(tx: &mut Tx, plan: &Plan, hashed: &Hashed, account: &mut Account) -> Result<()> {
    for changed in &plan.changed {
        let adoption = &changed.adoption;
        let password_hash = hashed.stored(adoption.old_id, &changed.credential)?;
        let (seen, now) = (adoption.fingerprint, changed.fingerprint);
        let is_first = adoptions::password_is_from_there(tx, adoption.old_id, seen, now).await?;
        if !is_first || !users::set_password(tx, adoption.user_id, password_hash).await? {
            account.already_here += 1;
            continue;
        }
        sessions::end_all_of(tx, adoption.user_id).await?;
        account.changed_there += 1;
        account.plain_text_hashed += u64::from(matches!(changed.credential, OldCredential::PlainText(_)));
    }
    Ok(())
}

/// Writes down that a user is gone from there, and ends the sessions that rest on a password of there.
async fn mark_gone(tx: &mut Tx, gone: &Gone, now: UnixMillis) -> Result<bool> {
    let old_id = gone.adoption.old_id;
    let current = adoptions::by_old_id(tx, old_id).await?;
    let Some(current) = current.filter(|current| current.fingerprint == gone.adoption.fingerprint) else {
        return Ok(false);
    };
    adoptions::set_gone(tx, old_id, Some(now)).await?;
    if gone.is_locked || current.password_set_here_at.is_none() {
        sessions::end_all_of(tx, current.user_id).await?;
    }
    Ok(true)
}
