//! Disabling, enabling, unlocking and deleting accounts.

use doorward::{
    model::Precondition,
    ops::{
        accounts::{
            delete::{self, DeleteUserRefused},
            disable::{self, DisableRefused},
            unlock::{self, UnlockRefused},
        },
        outcome::Denied,
    },
};
use serde_json::json;

use super::{Case, done, refused};

const NONE: Precondition = Precondition::None;

pub fn cases() -> Vec<Case> {
    [closed(), unlocked(), deleted()].into_iter().flatten().collect()
}

fn closed() -> Vec<Case> {
    vec![
        Case {
            name: "an account disabled by a manager",
            events: vec![done("user_archived", "mia", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.ann));
                    let outcome = disable::disable_as_administrator(&fixture.site.app, &can, id, &NONE).await?;
                    Ok(outcome.is_ok())
                })
            },
        },
        Case {
            name: "an account beyond the manager's authority, disabled",
            events: vec![refused("user_archived", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.boss));
                    let outcome = disable::disable_as_administrator(&fixture.site.app, &can, id, &NONE).await?;
                    Ok(matches!(outcome, Err(DisableRefused::Denied(Denied::Exceeded))))
                })
            },
        },
        Case {
            name: "an account disabled by the operator",
            events: vec![done("user_archived", "operator", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let outcome = disable::disable_as_operator(&fixture.site.app, fixture.id(&fixture.ann)).await?;
                    Ok(outcome == Ok(2))
                })
            },
        },
        Case {
            name: "an account enabled by a manager",
            events: vec![done("user_updated", "mia", Some("gone"), json!({ "state": "enabled" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), super::passwords::gone(fixture).await);
                    let outcome = disable::enable_as_administrator(&fixture.site.app, &can, id, &NONE).await?;
                    Ok(outcome.is_ok())
                })
            },
        },
        Case {
            name: "an account enabled by the operator",
            events: vec![done("user_updated", "operator", Some("gone"), json!({ "state": "enabled" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let id = super::passwords::gone(fixture).await;
                    disable::enable_as_operator(&fixture.site.app, id).await
                })
            },
        },
    ]
}

fn unlocked() -> Vec<Case> {
    let opened = json!({ "password_login": "opened" });
    vec![
        Case {
            name: "an account unlocked by a manager",
            events: vec![done("user_updated", "mia", Some("held"), opened.clone())],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), super::passwords::held(fixture).await);
                    let outcome = unlock::as_administrator(&fixture.site.app, &can, id).await?;
                    Ok(outcome == Ok(true))
                })
            },
        },
        Case {
            name: "a superior's account, unlocked by a manager",
            events: vec![refused("user_updated", "authority_exceeded", "mia", Some("boss"), opened.clone())],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.boss));
                    let outcome = unlock::as_administrator(&fixture.site.app, &can, id).await?;
                    Ok(outcome == Err(UnlockRefused::Denied(Denied::Exceeded)))
                })
            },
        },
        Case {
            name: "an account unlocked by the operator",
            events: vec![done("user_updated", "operator", Some("held"), opened)],
            perform: |fixture| {
                Box::pin(async move {
                    let id = super::passwords::held(fixture).await;
                    let outcome = unlock::as_operator(&fixture.site.app, id).await?;
                    Ok(outcome == Some(true))
                })
            },
        },
    ]
}

fn deleted() -> Vec<Case> {
    vec![
        Case {
            name: "an account deleted by its user",
            events: vec![done("user_deleted", "ann", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let fresh = fixture.fresh(&fixture.ann).await;
                    Ok(delete::own(&fixture.site.app, &fresh, &NONE).await? == Ok(()))
                })
            },
        },
        Case {
            name: "an account deleted by a manager",
            events: vec![done("user_deleted", "mia", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.ann));
                    let outcome = delete::as_administrator(&fixture.site.app, &can, id, &NONE).await?;
                    Ok(outcome == Ok(()))
                })
            },
        },
        Case {
            name: "an account beyond the manager's authority, deleted",
            events: vec![refused("user_deleted", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.boss));
                    let outcome = delete::as_administrator(&fixture.site.app, &can, id, &NONE).await?;
                    Ok(outcome == Err(DeleteUserRefused::Denied(Denied::Exceeded)))
                })
            },
        },
        Case {
            name: "an account deleted by the operator",
            events: vec![done("user_deleted", "operator", Some("ann"), json!({ "sessions_ended": 2 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let outcome = delete::as_operator(&fixture.site.app, fixture.id(&fixture.ann)).await?;
                    Ok(outcome == Ok(()))
                })
            },
        },
    ]
}
