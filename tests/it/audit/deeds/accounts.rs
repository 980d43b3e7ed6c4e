//! Accounts: made and changed.

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

use super::{Cast, Deed, Expected, done, refused, source};

const NONE: Precondition = Precondition::None;

fn new<'a>(name: &'a Name, role: &'a str) -> NewAccount<'a> {
    let password = Password::new("a password for somebody new".to_owned());
    NewAccount { role, ..NewAccount::plain(name, password, PasswordPolicy::Accept) }
}

fn bob(cast: &Cast<'_>) -> Name {
    Name::new(&cast.name("bob")).unwrap()
}

fn members(value: Value) -> Option<AttributesPatch> {
    value.as_object().cloned().map(AttributesPatch::Merge)
}

pub fn deeds() -> Vec<Deed> {
    [made(), edited()].into_iter().flatten().collect()
}

fn made() -> Vec<Deed> {
    vec![
        Deed {
            name: "a sign-up",
            events: vec![done("user_created", "anonymous", Some("bob"), json!({ "role": "user" }))],
            perform: |cast| {
                Box::pin(async move {
                    let name = bob(cast);
                    let outcome = sign_up::as_anybody(&cast.site.app, source(cast.number), new(&name, "admin")).await?;
                    Ok(matches!(outcome, SignUp::Done(_)))
                })
            },
        },
        Deed {
            name: "an account made by an administrator",
            events: vec![done("user_created", "boss", Some("bob"), json!({ "role": "manager" }))],
            perform: |cast| {
                Box::pin(async move {
                    let (name, giving) = (bob(cast), cast.boss.can().unwrap());
                    let new = NewAccount { must_change_password: true, ..new(&name, "manager") };
                    let can = cast.boss.can().unwrap();
                    let outcome = sign_up::as_administrator(&cast.site.app, &can, Some(&giving), new).await?;
                    Ok(matches!(outcome, SignUp::Done(_)))
                })
            },
        },
        Deed {
            name: "an account with a role beyond the maker's own",
            events: vec![refused("user_created", "authority_exceeded", "rolf", None, json!({ "role": "admin" }))],
            perform: |cast| {
                Box::pin(async move {
                    let (name, giving) = (bob(cast), cast.rolf.can().unwrap());
                    let can = cast.rolf.can().unwrap();
                    let outcome =
                        sign_up::as_administrator(&cast.site.app, &can, Some(&giving), new(&name, "admin")).await?;
                    Ok(matches!(outcome, SignUp::AuthorityExceeded))
                })
            },
        },
        Deed {
            name: "an account made by the operator",
            events: vec![done("user_created", "operator", Some("bob"), json!({ "role": "admin" }))],
            perform: |cast| {
                Box::pin(async move {
                    let password = Password::new("any".to_owned());
                    let outcome = sign_up::as_operator(&cast.site.app, &bob(cast), password, "admin").await?;
                    Ok(matches!(outcome, SignUp::Done(_)))
                })
            },
        },
    ]
}

fn edited() -> Vec<Deed> {
    vec![
        Deed {
            name: "a change of one's own name and attributes",
            events: vec![done(
                "user_updated",
                "ann",
                Some("ann"),
                json!({ "changed": ["name", "attributes"], "new_name": "bob" }),
            )],
            perform: |cast| {
                Box::pin(async move {
                    let (name, fresh) = (bob(cast), cast.fresh(&cast.ann).await);
                    let attributes = members(json!({ "canary-attribute": "canary-value" }));
                    let name = Some((name, &fresh));
                    let outcome = edit::own(&cast.site.app, &cast.ann, attributes, name, &NONE).await?;
                    Ok(outcome == EditUser::Done)
                })
            },
        },
        Deed {
            name: "another role and more, by an administrator",
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
            perform: |cast| {
                Box::pin(async move {
                    let changes = Changes {
                        role: Some("manager".to_owned()),
                        must_change_password: Some(true),
                        admin_attributes: members(json!({ "canary-attribute": 1 })),
                        ..Changes::default()
                    };
                    let (can, giving) = (cast.boss.can().unwrap(), cast.boss.can().unwrap());
                    let what = (&changes, Some(&giving));
                    let id = cast.id(&cast.ann);
                    Ok(edit::as_administrator(&cast.site.app, &can, id, what, &NONE).await? == EditUser::Done)
                })
            },
        },
        Deed {
            name: "a role beyond the giver's own",
            events: vec![refused("authz_change", "authority_exceeded", "rolf", Some("ann"), json!({ "to": "admin" }))],
            perform: |cast| {
                Box::pin(async move {
                    let changes = Changes { role: Some("admin".to_owned()), ..Changes::default() };
                    let (can, giving) = (cast.rolf.can().unwrap(), cast.rolf.can().unwrap());
                    let what = (&changes, Some(&giving));
                    let outcome = edit::as_administrator(&cast.site.app, &can, cast.id(&cast.ann), what, &NONE).await?;
                    Ok(outcome == EditUser::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "a change of an account beyond the editor's authority",
            events: vec![refused("user_updated", "authority_exceeded", "mia", Some("boss"), json!({}))],
            perform: |cast| {
                Box::pin(async move {
                    let changes = Changes { must_change_password: Some(true), ..Changes::default() };
                    let can = cast.mia.can().unwrap();
                    let (id, what) = (cast.id(&cast.boss), (&changes, None));
                    let outcome = edit::as_administrator(&cast.site.app, &can, id, what, &NONE).await?;
                    Ok(outcome == EditUser::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "another role, by the operator",
            events: vec![
                done("authz_change", "operator", Some("ann"), json!({ "from": "user", "to": "admin" })),
                ended_for_power("operator"),
            ],
            perform: |cast| {
                Box::pin(async move {
                    let outcome = set_role::as_operator(&cast.site.app, cast.id(&cast.ann), "admin").await?;
                    Ok(outcome == SetRole::Done)
                })
            },
        },
    ]
}

/// The end of the sessions of whoever is given power.
fn ended_for_power(actor: &'static str) -> Expected {
    Expected { reason: Some("revoked"), ..done("session_expired", actor, Some("ann"), json!({ "sessions_ended": 2 })) }
}
