//! Roles, and checks of permissions.

use doorward::{
    model::{Permissions, Precondition, RoleName},
    ops::{
        RolesWrite,
        authorize::{self, Decision},
        outcome::Denied,
        roles::{
            create::{CreateRoleRefused, create_role},
            edit::{self, EditRoleRefused},
        },
    },
};
use serde_json::json;

use super::{Case, Fixture, done, refused};

const NONE: Precondition = Precondition::None;

fn own(fixture: &Fixture<'_>) -> RoleName {
    RoleName::new(&format!("clerk{}", fixture.number)).unwrap()
}

fn permissions(words: &[&str]) -> Permissions {
    Permissions::new(words.iter().copied()).unwrap()
}

/// Creates the role that these cases change.
pub async fn prepare(fixture: &Fixture<'_>) {
    let name = RoleName::new(&format!("spare{}", fixture.number)).unwrap();
    let can = fixture.boss.can().unwrap();
    let made = create_role(&fixture.site.app, &can, &name, &permissions(&["users:write"]), None).await.unwrap();
    assert!(made.is_ok(), "{made:?}");
}

fn spare(fixture: &Fixture<'_>) -> RoleName {
    RoleName::new(&format!("spare{}", fixture.number)).unwrap()
}

pub fn cases() -> Vec<Case> {
    [roles(), questions()].into_iter().flatten().collect()
}

fn roles() -> Vec<Case> {
    const EVENT: &str = "privilege_permissions_changed";
    vec![
        Case {
            name: "a role created",
            events: vec![done(EVENT, "boss", None, json!({ "role": "clerk", "to": "invoices:read" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, set) = (fixture.boss.can().unwrap(), permissions(&["invoices:read"]));
                    let made = create_role(&fixture.site.app, &can, &own(fixture), &set, None).await?;
                    Ok(made.is_ok())
                })
            },
        },
        Case {
            name: "a role created with more permissions than its creator",
            events: vec![refused(
                EVENT,
                "authority_exceeded",
                "rolf",
                None,
                json!({ "role": "clerk", "to": "audit:read" }),
            )],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, set) = (fixture.rolf.can().unwrap(), permissions(&["audit:read"]));
                    let outcome = create_role(&fixture.site.app, &can, &own(fixture), &set, None).await?;
                    Ok(matches!(outcome, Err(CreateRoleRefused::Denied(Denied::Exceeded))))
                })
            },
        },
        Case {
            name: "a role changed",
            events: vec![done(EVENT, "boss", None, json!({ "role": "spare", "to": "a:b" }))],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, set) = (fixture.boss.can().unwrap(), permissions(&["a:b"]));
                    let outcome = edit::set_permissions(&fixture.site.app, &can, &spare(fixture), &set, &NONE).await?;
                    Ok(outcome.is_ok())
                })
            },
        },
        Case {
            name: "a role given more permissions than the caller has",
            events: vec![refused(
                EVENT,
                "authority_exceeded",
                "rolf",
                None,
                json!({ "role": "spare", "to": "sessions:read" }),
            )],
            perform: |fixture| {
                Box::pin(async move {
                    let (can, set) = (fixture.rolf.can().unwrap(), permissions(&["sessions:read"]));
                    let outcome = edit::set_permissions(&fixture.site.app, &can, &spare(fixture), &set, &NONE).await?;
                    Ok(matches!(outcome, Err(EditRoleRefused::Denied(Denied::Exceeded))))
                })
            },
        },
        Case {
            name: "a role deleted",
            events: vec![done(EVENT, "boss", None, json!({ "role": "spare", "deleted": true }))],
            perform: |fixture| {
                Box::pin(async move {
                    let can = fixture.boss.can().unwrap();
                    Ok(edit::delete(&fixture.site.app, &can, &spare(fixture), &NONE).await?.is_ok())
                })
            },
        },
    ]
}

fn questions() -> Vec<Case> {
    vec![
        Case {
            name: "a permission that is missing",
            events: vec![refused(
                "authz_fail",
                "permission_missing",
                "ann",
                None,
                json!({ "permission": "roles:write", "resource": "roles" }),
            )],
            perform: |fixture| {
                Box::pin(
                    async move { Ok(fixture.ann.demand::<RolesWrite>(&fixture.site.app, "roles").await?.is_none()) },
                )
            },
        },
        Case {
            name: "a denied permission of an application",
            events: vec![refused(
                "authz_fail",
                "permission_missing",
                "ann",
                None,
                json!({ "permission": "invoices:pay", "resource": "invoice 7" }),
            )],
            perform: |fixture| {
                Box::pin(async move {
                    let resource = Some("invoice 7");
                    let decision = authorize::decide(&fixture.site.app, &fixture.ann, "invoices:pay", resource).await?;
                    Ok(decision == Decision::PermissionMissing)
                })
            },
        },
    ]
}
