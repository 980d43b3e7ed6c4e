//! Creating and changing accounts.

use doorward::{
    model::{AttributesPatch, Name, PasswordPolicy, Precondition},
    ops::{
        SignedIn,
        accounts::{
            edit::{self, Changes, EditUserRefused},
            role_grant::RoleGrant,
            sign_up::{self, CreateUserRefused, NewAccount},
        },
        outcome::Denied,
    },
};
use doorward_password::Password;
use serde_json::{Value, json};

use super::{Case, Expected, Fixture, done, refused, source};

const NONE: Precondition = Precondition::None;

fn new(name: &Name) -> NewAccount<'_> {
    NewAccount::plain(name, Password::new("a password for somebody new".to_owned()), PasswordPolicy::Accept)
}

fn grant(of: &SignedIn, role: &str) -> RoleGrant {
    RoleGrant { role: role.to_owned(), authority: of.can().unwrap() }
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
                    Ok(sign_up::sign_up(&fixture.site.app, source(fixture.number), new(&name)).await?.is_ok())
                })
            },
        },
        Case {
            name: "an account created by an administrator",
            events: vec![done("user_created", "boss", Some("bob"), json!({ "role": "manager" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (name, grant) = (bob(fixture), grant(&fixture.boss, "manager"));
                    let new = NewAccount { must_change_password: true, ..new(&name) };
                    let can = fixture.boss.can().unwrap();
                    Ok(sign_up::as_administrator(&fixture.site.app, &can, Some(&grant), new, None).await?.is_ok())
                })
            },
        },
        Case {
            name: "an account with a role beyond the creator's authority",
            events: vec![refused("user_created", "authority_exceeded", "rolf", None, json!({ "role": "admin" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (name, grant) = (bob(fixture), grant(&fixture.rolf, "admin"));
                    let can = fixture.rolf.can().unwrap();
                    let outcome =
                        sign_up::as_administrator(&fixture.site.app, &can, Some(&grant), new(&name), None).await?;
                    Ok(matches!(outcome, Err(CreateUserRefused::Denied(Denied::Exceeded))))
                })
            },
        },
        Case {
            name: "an account created by the operator",
            events: vec![done("user_created", "operator", Some("bob"), json!({ "role": "admin" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let password = Password::new("any".to_owned());
                    Ok(sign_up::as_operator(&fixture.site.app, &bob(fixture), password, "admin").await?.is_ok())
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
                    Ok(edit::own(&fixture.site.app, &fixture.ann, attributes, name, &NONE).await?.is_ok())
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
                        role: Some(grant(&fixture.boss, "manager")),
                        must_change_password: Some(true),
                        admin_attributes: members(json!({ "canary-attribute": 1 })),
                        ..Changes::default()
                    };
                    let (can, id) = (fixture.boss.can().unwrap(), fixture.id(&fixture.ann));
                    Ok(edit::as_administrator(&fixture.site.app, &can, id, &changes, &NONE).await?.is_ok())
                })
            },
        },
        Case {
            name: "a change to a role beyond the caller's authority",
            events: vec![refused("authz_change", "authority_exceeded", "rolf", Some("ann"), json!({ "to": "admin" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let changes = Changes { role: Some(grant(&fixture.rolf, "admin")), ..Changes::default() };
                    let (can, id) = (fixture.rolf.can().unwrap(), fixture.id(&fixture.ann));
                    let outcome = edit::as_administrator(&fixture.site.app, &can, id, &changes, &NONE).await?;
                    Ok(matches!(outcome, Err(EditUserRefused::Denied(Denied::Exceeded))))
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
                    let id = fixture.id(&fixture.boss);
                    let outcome = edit::as_administrator(&fixture.site.app, &can, id, &changes, &NONE).await?;
                    Ok(matches!(outcome, Err(EditUserRefused::Denied(Denied::Exceeded))))
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
                    Ok(edit::set_role_as_operator(&fixture.site.app, fixture.id(&fixture.ann), "admin").await?.is_ok())
                })
            },
        },
    ]
}

/// The end of a user's sessions because of new administrative permissions.
fn ended_for_power(actor: &'static str) -> Expected {
    Expected { reason: Some("revoked"), ..done("session_expired", actor, Some("ann"), json!({ "sessions_ended": 2 })) }
}
