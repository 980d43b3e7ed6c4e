//! Passwords: logins, changes, and reauthentication.

use std::time::Duration;

use doorward::{
    model::{Event, PasswordPolicy, Precondition, Source, UserId},
    ops::{
        accounts::{
            change_password::{self, NewPassword, SetPasswordRefused},
            disable,
        },
        auth::{
            log_in::{self, LogInAttempt, LogInRefused},
            reauthenticate::{self, NotConfirmed, NotReauthenticated},
        },
        outcome::Denied,
    },
};
use doorward_password::Password;
use serde_json::json;

use super::{Case, Fixture, attempt, done, refused};
use crate::support::site::password_of;

const NONE: Precondition = Precondition::None;

fn password() -> Password {
    Password::new("another password altogether".to_owned())
}

fn new() -> NewPassword {
    NewPassword { password: password(), policy: PasswordPolicy::Accept, must_change: true }
}

/// A user whose account is disabled.
pub async fn gone(fixture: &Fixture<'_>) -> UserId {
    id_of(fixture, "gone").await
}

/// A user whose password login is closed by failures.
pub async fn held(fixture: &Fixture<'_>) -> UserId {
    id_of(fixture, "held").await
}

async fn id_of(fixture: &Fixture<'_>, part: &str) -> UserId {
    let name = fixture.name(part);
    let known = format!("SELECT id FROM dw_users WHERE name = '{name}'");
    if let [row] = &fixture.site.database.rows(&known).await[..] {
        return UserId(row[0].parse().unwrap());
    }
    panic!("{name} is missing");
}

/// Records `count` failures for the user of this part, the last of them two hours ago.
async fn failures(fixture: &Fixture<'_>, part: &str, count: i64) {
    let id = UserId(fixture.site.id_of(&fixture.name(part)).await);
    let at = fixture.site.app.clock.now().0 - 7_200_000;
    fixture.site.database.set_failures(id, count, at).await;
}

/// Creates the users of these cases.
pub async fn prepare(fixture: &Fixture<'_>) {
    let id = UserId(fixture.site.create(&fixture.name("gone"), "user").await);
    disable::disable_as_operator(&fixture.site.app, id).await.unwrap().unwrap();
    for part in ["odd", "slow", "shut", "held"] {
        fixture.site.create(&fixture.name(part), "user").await;
    }
    for _ in 0..4 {
        for part in ["slow", "never"] {
            // Without an address, because the fixtures' address would reach its rate limit.
            let attempt =
                LogInAttempt { source: Source::default(), ..attempt(&fixture.name(part), "wrong", fixture.number) };
            assert!(matches!(
                log_in::with_password(&fixture.site.app, attempt).await.unwrap(),
                Err(LogInRefused::WrongCredentials)
            ));
        }
    }
    failures(fixture, "shut", 99).await;
    failures(fixture, "held", 100).await;
    let odd = fixture.name("odd");
    fixture.site.database.set_password_hash(&odd, "odd").await;
}

pub fn cases() -> Vec<Case> {
    [logins(), changes(), confirmations()].into_iter().flatten().collect()
}

async fn is_refused(fixture: &Fixture<'_>, part: &str, password: &str) -> doorward::Result<bool> {
    let attempt = attempt(&fixture.name(part), password, fixture.number);
    Ok(matches!(log_in::with_password(&fixture.site.app, attempt).await?, Err(LogInRefused::WrongCredentials)))
}

fn logins() -> Vec<Case> {
    vec![
        Case {
            name: "a login",
            events: vec![done("authn_login_success", "ann", Some("ann"), json!({ "session": "…" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let name = fixture.name("ann");
                    let attempt = attempt(&name, &password_of(&name), fixture.number);
                    Ok(log_in::with_password(&fixture.site.app, attempt).await?.is_ok())
                })
            },
        },
        Case {
            name: "a login with a wrong password",
            events: vec![refused("authn_login_fail", "wrong_password", "anonymous", Some("ann"), json!({}))],
            perform: |fixture| Box::pin(is_refused(fixture, "ann", "wrong")),
        },
        Case {
            name: "a login by an unknown name",
            events: vec![refused("authn_login_fail", "unknown_name", "anonymous", None, json!({}))],
            perform: |fixture| Box::pin(is_refused(fixture, "nobody", "wrong")),
        },
        Case {
            name: "a login to a disabled account",
            events: vec![refused("authn_login_fail", "account_disabled", "anonymous", Some("gone"), json!({}))],
            perform: |fixture| {
                Box::pin(async move { is_refused(fixture, "gone", &password_of(&fixture.name("gone"))).await })
            },
        },
        Case {
            name: "a login with an unreadable stored hash",
            events: vec![refused("authn_login_fail", "unreadable_hash", "anonymous", Some("odd"), json!({}))],
            perform: |fixture| Box::pin(is_refused(fixture, "odd", "any")),
        },
        Case {
            name: "the failure that starts delays",
            events: vec![
                done("authn_login_fail_max", "anonymous", Some("slow"), json!({ "budget": "account", "failures": 5 }))
                    .because("too_many_failures"),
                refused("authn_login_fail", "wrong_password", "anonymous", Some("slow"), json!({})),
            ],
            perform: |fixture| Box::pin(is_refused(fixture, "slow", "wrong")),
        },
        Case {
            name: "the failure that starts delays of an unknown name",
            events: vec![
                done("authn_login_fail_max", "anonymous", None, json!({ "budget": "account", "failures": 5 }))
                    .because("too_many_failures"),
                refused("authn_login_fail", "unknown_name", "anonymous", None, json!({})),
            ],
            perform: |fixture| Box::pin(is_refused(fixture, "never", "wrong")),
        },
        Case {
            name: "the failure that closes password login",
            events: vec![
                done("authn_login_lock", "anonymous", Some("shut"), json!({ "budget": "account", "failures": 100 }))
                    .because("too_many_failures"),
                refused("authn_login_fail", "wrong_password", "anonymous", Some("shut"), json!({})),
            ],
            perform: |fixture| Box::pin(is_refused(fixture, "shut", "wrong")),
        },
    ]
}

fn changes() -> Vec<Case> {
    vec![
        Case {
            name: "a change through the contract's route",
            events: vec![done("authn_password_change", "ann", Some("ann"), json!({ "sessions_ended": 1 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let policy = PasswordPolicy::Accept;
                    let outcome = change_password::own(&fixture.site.app, &fixture.ann, password(), policy).await?;
                    Ok(outcome.is_ok())
                })
            },
        },
        Case {
            name: "a change with the current password",
            events: vec![done("authn_password_change", "ann", Some("ann"), json!({ "sessions_ended": 1 }))],
            perform: |fixture| {
                Box::pin(async move {
                    let known = fixture.known(&fixture.ann).await;
                    let outcome = change_password::own_confirmed(&fixture.site.app, &known, password(), &NONE).await?;
                    Ok(outcome.is_ok())
                })
            },
        },
        Case {
            name: "a change by a manager",
            events: vec![done(
                "authn_password_change",
                "mia",
                Some("ann"),
                json!({ "sessions_ended": 2, "must_change_password": true }),
            )],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.ann));
                    let outcome = change_password::of_other(&fixture.site.app, &can, id, new(), &NONE).await?;
                    Ok(outcome.is_ok())
                })
            },
        },
        Case {
            name: "a change of a superior's password by a manager",
            events: vec![refused("authn_password_change_fail", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, id) = (fixture.mia.can().unwrap(), fixture.id(&fixture.boss));
                    let outcome = change_password::of_other(&fixture.site.app, &can, id, new(), &NONE).await?;
                    Ok(matches!(outcome, Err(SetPasswordRefused::Denied(Denied::Exceeded))))
                })
            },
        },
        Case {
            name: "a change by the operator",
            events: vec![done(
                "authn_password_change",
                "operator",
                Some("ann"),
                json!({ "sessions_ended": 2, "must_change_password": false }),
            )],
            perform: |fixture| {
                Box::pin(async move {
                    let outcome = change_password::as_operator(
                        &fixture.site.app,
                        fixture.id(&fixture.ann),
                        NewPassword::of_operator(password()),
                    )
                    .await?;
                    Ok(outcome == Ok(2))
                })
            },
        },
    ]
}

fn confirmations() -> Vec<Case> {
    vec![
        Case {
            name: "a wrong current password",
            events: vec![refused("authn_password_change_fail", "wrong_password", "ann", Some("ann"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let event = Event::PasswordChangeFail;
                    let known =
                        reauthenticate::confirm_password(&fixture.site.app, &fixture.ann, password(), event).await?;
                    Ok(matches!(known, Err(NotConfirmed::WrongPassword)))
                })
            },
        },
        Case {
            name: "a missing recent login",
            events: vec![refused("authz_fail", "fresh_login_required", "ann", None, json!({ "resource": "what" }))],
            perform: |fixture| {
                Box::pin(async move {
                    fixture.site.advance(Duration::from_secs(301));
                    let fresh = reauthenticate::recently(&fixture.site.app, &fixture.ann, None, "what").await?;
                    Ok(matches!(fresh, Err(NotReauthenticated::RecentLoginRequired)))
                })
            },
        },
        Case {
            name: "a wrong password in place of a recent login",
            events: vec![refused("authn_login_fail", "wrong_password", "ann", Some("ann"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let fresh =
                        reauthenticate::recently(&fixture.site.app, &fixture.ann, Some(password()), "what").await?;
                    Ok(matches!(fresh, Err(NotReauthenticated::NotConfirmed(NotConfirmed::WrongPassword))))
                })
            },
        },
    ]
}
