//! Passwords: logins right and wrong, changes, and confirmations.

use std::time::Duration;

use doorward::{
    model::{Event, PasswordPolicy, Precondition, Source, UserId},
    ops::{
        accounts::{
            change_password::{self, ChangePassword, NewPassword},
            disable,
        },
        auth::{
            log_in::{self, LogIn, LogInAttempt},
            reauthenticate::{self, NotReauthenticated},
        },
    },
};
use doorward_password::Password;
use serde_json::json;

use super::{Cast, Deed, attempt, done, refused};
use crate::support::site::password_of;

const NONE: Precondition = Precondition::None;

fn password() -> Password {
    Password::new("another password altogether".to_owned())
}

fn new() -> NewPassword {
    NewPassword { password: password(), policy: PasswordPolicy::Accept, must_change: true }
}

/// Somebody whose account is closed, made by SQL where the trail is away.
pub async fn gone(cast: &Cast<'_>) -> UserId {
    id_of(cast, "gone").await
}

/// Somebody whose password login is closed.
pub async fn held(cast: &Cast<'_>) -> UserId {
    id_of(cast, "held").await
}

async fn id_of(cast: &Cast<'_>, part: &str) -> UserId {
    let name = cast.name(part);
    let known = format!("SELECT id FROM dw_users WHERE name = '{name}'");
    if let [row] = &cast.site.database.rows(&known).await[..] {
        return UserId(row[0].parse().unwrap());
    }
    panic!("{name} is missing");
}

/// So many wrong passwords for whoever plays this part, the last of them two hours ago.
async fn failures(cast: &Cast<'_>, part: &str, count: i64) {
    let id = UserId(cast.site.id_of(&cast.name(part)).await);
    let at = cast.site.app.clock.now().0 - 7_200_000;
    cast.site.set_failures(id, count, at).await;
}

/// What is there before the deed is.
pub async fn prepare(cast: &Cast<'_>) {
    let id = UserId(cast.site.create(&cast.name("gone"), "user").await);
    disable::disable_as_operator(&cast.site.app, id).await.unwrap();
    for part in ["odd", "slow", "shut", "held"] {
        cast.site.create(&cast.name(part), "user").await;
    }
    for _ in 0..4 {
        for part in ["slow", "never"] {
            // From no address, or the casts' own would have had its share.
            let attempt = LogInAttempt { source: Source::default(), ..attempt(&cast.name(part), "wrong", cast.number) };
            assert!(matches!(log_in::with_password(&cast.site.app, attempt).await.unwrap(), LogIn::Refused));
        }
    }
    failures(cast, "shut", 99).await;
    failures(cast, "held", 100).await;
    let odd = cast.name("odd");
    cast.site.database.execute(&format!("UPDATE dw_users SET password_hash = 'odd' WHERE name = '{odd}'")).await;
}

pub fn deeds() -> Vec<Deed> {
    [logins(), changes(), confirmations()].into_iter().flatten().collect()
}

async fn is_refused(cast: &Cast<'_>, part: &str, password: &str) -> doorward::Result<bool> {
    let attempt = attempt(&cast.name(part), password, cast.number);
    Ok(matches!(log_in::with_password(&cast.site.app, attempt).await?, LogIn::Refused))
}

fn logins() -> Vec<Deed> {
    vec![
        Deed {
            name: "a login",
            events: vec![done("authn_login_success", "ann", Some("ann"), json!({ "session": "…" }))],
            perform: |cast| {
                Box::pin(async move {
                    let name = cast.name("ann");
                    let attempt = attempt(&name, &password_of(&name), cast.number);
                    Ok(matches!(log_in::with_password(&cast.site.app, attempt).await?, LogIn::Done(..)))
                })
            },
        },
        Deed {
            name: "a login with a wrong password",
            events: vec![refused("authn_login_fail", "wrong_password", "anonymous", Some("ann"), json!({}))],
            perform: |cast| Box::pin(is_refused(cast, "ann", "wrong")),
        },
        Deed {
            name: "a login by an unknown name",
            events: vec![refused("authn_login_fail", "unknown_name", "anonymous", None, json!({}))],
            perform: |cast| Box::pin(is_refused(cast, "nobody", "wrong")),
        },
        Deed {
            name: "a login to a closed account",
            events: vec![refused("authn_login_fail", "account_disabled", "anonymous", Some("gone"), json!({}))],
            perform: |cast| Box::pin(async move { is_refused(cast, "gone", &password_of(&cast.name("gone"))).await }),
        },
        Deed {
            name: "a login where no hash is that can be read",
            events: vec![refused("authn_login_fail", "unreadable_hash", "anonymous", Some("odd"), json!({}))],
            perform: |cast| Box::pin(is_refused(cast, "odd", "any")),
        },
        Deed {
            name: "the last failure that costs nothing",
            events: vec![
                done("authn_login_fail_max", "anonymous", Some("slow"), json!({ "budget": "account", "failures": 5 }))
                    .because("too_many_failures"),
                refused("authn_login_fail", "wrong_password", "anonymous", Some("slow"), json!({})),
            ],
            perform: |cast| Box::pin(is_refused(cast, "slow", "wrong")),
        },
        Deed {
            name: "the same by a name that nobody has",
            events: vec![
                done("authn_login_fail_max", "anonymous", None, json!({ "budget": "account", "failures": 5 }))
                    .because("too_many_failures"),
                refused("authn_login_fail", "unknown_name", "anonymous", None, json!({})),
            ],
            perform: |cast| Box::pin(is_refused(cast, "never", "wrong")),
        },
        Deed {
            name: "the failure that closes password login",
            events: vec![
                done("authn_login_lock", "anonymous", Some("shut"), json!({ "budget": "account", "failures": 100 }))
                    .because("too_many_failures"),
                refused("authn_login_fail", "wrong_password", "anonymous", Some("shut"), json!({})),
            ],
            perform: |cast| Box::pin(is_refused(cast, "shut", "wrong")),
        },
    ]
}

fn changes() -> Vec<Deed> {
    vec![
        Deed {
            name: "a change as the old contract has it",
            events: vec![done("authn_password_change", "ann", Some("ann"), json!({ "sessions_ended": 1 }))],
            perform: |cast| {
                Box::pin(async move {
                    let policy = PasswordPolicy::Accept;
                    let outcome = change_password::own(&cast.site.app, &cast.ann, password(), policy).await?;
                    Ok(matches!(outcome, ChangePassword::Renewed(..)))
                })
            },
        },
        Deed {
            name: "a change by who knows the current one",
            events: vec![done("authn_password_change", "ann", Some("ann"), json!({ "sessions_ended": 1 }))],
            perform: |cast| {
                Box::pin(async move {
                    let known = cast.known(&cast.ann).await;
                    let outcome = change_password::own_confirmed(&cast.site.app, &known, password(), &NONE).await?;
                    Ok(matches!(outcome, ChangePassword::Renewed(..)))
                })
            },
        },
        Deed {
            name: "a change by a manager",
            events: vec![done(
                "authn_password_change",
                "mia",
                Some("ann"),
                json!({ "sessions_ended": 2, "must_change_password": true }),
            )],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.ann));
                    let outcome = change_password::of_other(&cast.site.app, &can, id, new(), &NONE).await?;
                    Ok(matches!(outcome, ChangePassword::Done { sessions_ended: 2 }))
                })
            },
        },
        Deed {
            name: "a superior's password, by a manager",
            events: vec![refused("authn_password_change_fail", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, id) = (cast.mia.can().unwrap(), cast.id(&cast.boss));
                    let outcome = change_password::of_other(&cast.site.app, &can, id, new(), &NONE).await?;
                    Ok(matches!(outcome, ChangePassword::AuthorityExceeded))
                })
            },
        },
        Deed {
            name: "a change by the operator",
            events: vec![done(
                "authn_password_change",
                "operator",
                Some("ann"),
                json!({ "sessions_ended": 2, "must_change_password": false }),
            )],
            perform: |cast| {
                Box::pin(async move {
                    let outcome = change_password::as_operator(&cast.site.app, cast.id(&cast.ann), password()).await?;
                    Ok(matches!(outcome, ChangePassword::Done { sessions_ended: 2 }))
                })
            },
        },
    ]
}

fn confirmations() -> Vec<Deed> {
    vec![
        Deed {
            name: "a wrong current password",
            events: vec![refused("authn_password_change_fail", "wrong_password", "ann", Some("ann"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let event = Event::PasswordChangeFail;
                    let known = reauthenticate::confirm_password(&cast.site.app, &cast.ann, password(), event).await?;
                    Ok(matches!(known, Err(NotReauthenticated::WrongPassword)))
                })
            },
        },
        Deed {
            name: "a login that is not fresh",
            events: vec![refused("authz_fail", "fresh_login_required", "ann", None, json!({ "resource": "what" }))],
            perform: |cast| {
                Box::pin(async move {
                    cast.site.advance(Duration::from_secs(301));
                    let fresh = reauthenticate::recently(&cast.site.app, &cast.ann, None, "what").await?;
                    Ok(matches!(fresh, Err(NotReauthenticated::RecentLoginRequired)))
                })
            },
        },
        Deed {
            name: "a wrong password in the place of a fresh login",
            events: vec![refused("authn_login_fail", "wrong_password", "ann", Some("ann"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let fresh = reauthenticate::recently(&cast.site.app, &cast.ann, Some(password()), "what").await?;
                    Ok(matches!(fresh, Err(NotReauthenticated::WrongPassword)))
                })
            },
        },
    ]
}
