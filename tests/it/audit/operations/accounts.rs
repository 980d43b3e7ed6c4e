//! Creating and changing accounts.

use doorward::{
    model::{AttributesPatch, Name, PasswordPolicy, Precondition},
    ops::accounts::{
        edit::{self, Changes, EditUser},
        set_role::{self, SetRole},
        sign_up::{self, NewAccount, SignUp},
    },
};
use doorward_password::Password;
use serde_json::{Value, json};

use super::{Case, Expected, Fixture, done, refused, source};

const NONE: Precondition = Precondition::None;

fn new<'a>(name: &'a Name, role: &'a str) -> NewAccount<'a> {
    let password = Password::new("a password for somebody new".to_owned());
    NewAccount { role, ..NewAccount::plain(name, password, PasswordPolicy::Accept) }
}

fn bob(fixture: &Fixture<'_>) -> Name {
    Name::new(&fixture.name("bob")).unwrap()
}

fn members(value: Value) -> Option<AttributesPatch> {
    value.as_object().cloned().map(AttributesPatch::Merge)
}

pub fn cases() -> Vec<Case> {
    [made(), edited()].into_iter().flatten().collect()
}

fn made() -> Vec<Case> {
    vec![
        Case {
            name: "a sign-up",
            events: vec![done("user_created", "anonymous", Some("bob"), json!({ "role": "user" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let name = bob(fixture);
                    let outcome =
                        sign_up::as_anybody(&fixture.site.app, source(fixture.number), new(&name, "admin")).await?;
                    Ok(matches!(outcome, SignUp::Done(_)))
                })
            },
        },
        Case {
            name: "an account created by an administrator",
            events: vec![done("user_created", "boss", Some("bob"), json!({ "role": "manager" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (name, giving) = (bob(fixture), fixture.boss.can().unwrap());
                    let new = NewAccount { must_change_password: true, ..new(&name, "manager") };
                    let can = fixture.boss.can().unwrap();
                    let outcome = sign_up::as_administrator(&fixture.site.app, &can, Some(&giving), new).await?;
                    Ok(matches!(outcome, SignUp::Done(_)))
                })
            },
        },
        Case {
            name: "an account with a role beyond the creator's authority",
            events: vec![refused("user_created", "authority_exceeded", "rolf", None, json!({ "role": "admin" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (name, giving) = (bob(fixture), fixture.rolf.can().unwrap());
                    let can = fixture.rolf.can().unwrap();
                    let outcome =
                        sign_up::as_administrator(&fixture.site.app, &can, Some(&giving), new(&name, "admin")).await?;
                    Ok(matches!(outcome, SignUp::AuthorityExceeded))
                })
            },
        },
        Case {
            name: "an account created by the operator",
            events: vec![done("user_created", "operator", Some("bob"), json!({ "role": "admin" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let password = Password::new("any".to_owned());
                    let outcome = sign_up::as_operator(&fixture.site.app, &bob(fixture), password, "admin").await?;
                    Ok(matches!(outcome, SignUp::Done(_)))
                })
            },
        },
    ]
}

fn edited() -> Vec<Case> {
    vec![
        Case {
            name: "a change of the own name and attributes",
            events: vec![done(
                "user_updated",
                "ann",
                Some("ann"),
                json!({ "changed": ["name", "attributes"], "new_name": "bob" }),
            )],
            perform: |fixture| {
                Box::pin(async move {
                    let (name, fresh) = (bob(fixture), fixture.fresh(&fixture.ann).await);
                    let attributes = members(json!({ "canary-attribute": "canary-value" }));
                    let name = Some((name, &fresh));
                    let outcome = edit::own(&fixture.site.app, &fixture.ann, attributes, name, &NONE).await?;
                    Ok(outcome == EditUser::Done)
                })
            },
        },
        Case {
            name: "a change of role and other members by an administrator",
            events: vec![
                done("authz_change", "boss", Some("ann"), json!({ "from": "user", "to": "manager" })),
                ended_for_power("boss"),
                done(
                    "user_updated",
                    "boss",
                    Some("ann"),
                    json!({ "changed": ["must_change_password", "admin_attributes"] }),
                ),
            ],
            perform: |fixture| {
                Box::pin(async move {
                    let changes = Changes {
                        role: Some("manager".to_owned()),
                        must_change_password: Some(true),
                        admin_attributes: members(json!({ "canary-attribute": 1 })),
                        ..Changes::default()
                    };
                    let (can, giving) = (fixture.boss.can().unwrap(), fixture.boss.can().unwrap());
                    let what = (&changes, Some(&giving));
                    let id = fixture.id(&fixture.ann);
                    Ok(edit::as_administrator(&fixture.site.app, &can, id, what, &NONE).await? == EditUser::Done)
                })
            },
        },
        Case {
            name: "a change to a role beyond the caller's authority",
            events: vec![refused("authz_change", "authority_exceeded", "rolf", Some("ann"), json!({ "to": "admin" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let changes = Changes { role: Some("admin".to_owned()), ..Changes::default() };
                    let (can, giving) = (fixture.rolf.can().unwrap(), fixture.rolf.can().unwrap());
                    let what = (&changes, Some(&giving));
                    let outcome =
                        edit::as_administrator(&fixture.site.app, &can, fixture.id(&fixture.ann), what, &NONE).await?;
                    Ok(outcome == EditUser::AuthorityExceeded)
                })
            },
        },
        Case {
            name: "a change of an account beyond the editor's authority",
            events: vec![refused("user_updated", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |fixture| {
                Box::pin(async move {
                    let changes = Changes { must_change_password: Some(true), ..Changes::default() };
                    let can = fixture.mia.can().unwrap();
                    let (id, what) = (fixture.id(&fixture.boss), (&changes, None));
                    let outcome = edit::as_administrator(&fixture.site.app, &can, id, what, &NONE).await?;
                    Ok(outcome == EditUser::AuthorityExceeded)
                })
            },
        },
        Case {
            name: "a change of role by the operator",
            events: vec![
                done("authz_change", "operator", Some("ann"), json!({ "from": "user", "to": "admin" })),
                ended_for_power("operator"),
            ],
            perform: |fixture| {
                Box::pin(async move {
                    let outcome = set_role::as_operator(&fixture.site.app, fixture.id(&fixture.ann), "admin").await?;
                    Ok(outcome == SetRole::Done)
                })
            },
        },
    ]
}

/// The end of a user's sessions because of new administrative permissions.
fn ended_for_power(actor: &'static str) -> Expected {
    Expected { reason: Some("revoked"), ..done("session_expired", actor, Some("ann"), json!({ "sessions_ended": 2 })) }
}
