//! Accounts: closed, opened and deleted.

use doorward::{
    model::Precondition,
    ops::accounts::{
        delete::{self, DeleteUser},
        disable::{self, DisableUser},
        unlock::{self, UnlockUser},
    },
};
use serde_json::json;

use super::{Deed, done, refused};

const NONE: Precondition = Precondition::None;

pub fn deeds() -> Vec<Deed> {
    [closed(), unlocked(), deleted()].into_iter().flatten().collect()
}

fn closed() -> Vec<Deed> {
    vec![
        Deed {
            name: "an account closed by a manager",
            events: vec![done("user_archived", "mia", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.ann));
                    let outcome = disable::disable_as_administrator(&cast.site.app, &can, id, &NONE).await?;
                    Ok(outcome == DisableUser::Done { sessions_ended: 2 })
                })
            },
        },
        Deed {
            name: "an account beyond the manager's authority, closed",
            events: vec![refused("user_archived", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.boss));
                    let outcome = disable::disable_as_administrator(&cast.site.app, &can, id, &NONE).await?;
                    Ok(outcome == DisableUser::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "an account closed by the operator",
            events: vec![done("user_archived", "operator", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |cast| {
                Box::pin(async move {
                    let outcome = disable::disable_as_operator(&cast.site.app, cast.id(&cast.ann)).await?;
                    Ok(outcome == DisableUser::Done { sessions_ended: 2 })
                })
            },
        },
        Deed {
            name: "an account opened by a manager",
            events: vec![done("user_updated", "mia", Some("gone"), json!({ "state": "enabled" }))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), super::passwords::gone(cast).await);
                    let outcome = disable::enable_as_administrator(&cast.site.app, &can, id, &NONE).await?;
                    Ok(outcome == DisableUser::Done { sessions_ended: 0 })
                })
            },
        },
        Deed {
            name: "an account opened by the operator",
            events: vec![done("user_updated", "operator", Some("gone"), json!({ "state": "enabled" }))],
            perform: |cast| {
                Box::pin(async move {
                    let id = super::passwords::gone(cast).await;
                    disable::enable_as_operator(&cast.site.app, id).await
                })
            },
        },
    ]
}

fn unlocked() -> Vec<Deed> {
    let opened = json!({ "password_login": "opened" });
    vec![
        Deed {
            name: "password login opened by a manager",
            events: vec![done("user_updated", "mia", Some("held"), opened.clone())],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), super::passwords::held(cast).await);
                    let outcome = unlock::as_administrator(&cast.site.app, &can, id).await?;
                    Ok(outcome == UnlockUser::Done { had_failures: true })
                })
            },
        },
        Deed {
            name: "password login of a superior, opened by a manager",
            events: vec![refused("user_updated", "authority_exceeded", "mia", Some("boss"), opened.clone())],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.boss));
                    let outcome = unlock::as_administrator(&cast.site.app, &can, id).await?;
                    Ok(outcome == UnlockUser::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "password login opened by the operator",
            events: vec![done("user_updated", "operator", Some("held"), opened)],
            perform: |cast| {
                Box::pin(async move {
                    let id = super::passwords::held(cast).await;
                    let outcome = unlock::as_operator(&cast.site.app, id).await?;
                    Ok(outcome == UnlockUser::Done { had_failures: true })
                })
            },
        },
    ]
}

fn deleted() -> Vec<Deed> {
    vec![
        Deed {
            name: "an account deleted by its user",
            events: vec![done("user_deleted", "ann", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |cast| {
                Box::pin(async move {
                    let fresh = cast.fresh(&cast.ann).await;
                    Ok(delete::own(&cast.site.app, &fresh, &NONE).await? == DeleteUser::Done)
                })
            },
        },
        Deed {
            name: "an account deleted by a manager",
            events: vec![done("user_deleted", "mia", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.ann));
                    let outcome = delete::as_administrator(&cast.site.app, &can, id, &NONE).await?;
                    Ok(outcome == DeleteUser::Done)
                })
            },
        },
        Deed {
            name: "an account beyond the manager's authority, deleted",
            events: vec![refused("user_deleted", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.boss));
                    let outcome = delete::as_administrator(&cast.site.app, &can, id, &NONE).await?;
                    Ok(outcome == DeleteUser::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "an account deleted by the operator",
            events: vec![done("user_deleted", "operator", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |cast| {
                Box::pin(async move {
                    let outcome = delete::as_operator(&cast.site.app, cast.id(&cast.ann)).await?;
                    Ok(outcome == DeleteUser::Done)
                })
            },
        },
    ]
}
