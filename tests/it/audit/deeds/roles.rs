//! Roles, and questions of what somebody may do.

use doorward::{
    model::{Permissions, Precondition, RoleName},
    ops::{
        RolesWrite,
        authorize::{self, Decision},
        roles::{
            create::{CreateRole, create_role},
            edit::{self, EditRole},
        },
    },
};
use serde_json::json;

use super::{Cast, Deed, done, refused};

const NONE: Precondition = Precondition::None;

fn own(cast: &Cast<'_>) -> RoleName {
    RoleName::new(&format!("clerk{}", cast.number)).unwrap()
}

fn permissions(words: &[&str]) -> Permissions {
    Permissions::new(words.iter().copied()).unwrap()
}

/// The role that the deeds on roles change is there before.
pub async fn prepare(cast: &Cast<'_>) {
    let name = RoleName::new(&format!("spare{}", cast.number)).unwrap();
    let can = cast.boss.can().unwrap();
    let made = create_role(&cast.site.app, &can, &name, &permissions(&["users:write"]), None).await.unwrap();
    assert!(matches!(made, CreateRole::Done(_)), "{made:?}");
}

fn spare(cast: &Cast<'_>) -> RoleName {
    RoleName::new(&format!("spare{}", cast.number)).unwrap()
}

pub fn deeds() -> Vec<Deed> {
    [roles(), questions()].into_iter().flatten().collect()
}

fn roles() -> Vec<Deed> {
    const EVENT: &str = "privilege_permissions_changed";
    vec![
        Deed {
            name: "a role made",
            events: vec![done(EVENT, "boss", None, json!({ "role": "clerk", "to": "invoices:read" }))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, set) = (cast.boss.can().unwrap(), permissions(&["invoices:read"]));
                    let made = create_role(&cast.site.app, &can, &own(cast), &set, None).await?;
                    Ok(matches!(made, CreateRole::Done(_)))
                })
            },
        },
        Deed {
            name: "a role made that may do what its maker may not",
            events: vec![refused(
                EVENT,
                "authority_exceeded",
                "rolf",
                None,
                json!({ "role": "clerk", "to": "audit:read" }),
            )],
            perform: |cast| {
                Box::pin(async move {
                    let (can, set) = (cast.rolf.can().unwrap(), permissions(&["audit:read"]));
                    let outcome = create_role(&cast.site.app, &can, &own(cast), &set, None).await?;
                    Ok(outcome == CreateRole::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "a role changed",
            events: vec![done(EVENT, "boss", None, json!({ "role": "spare", "to": "a:b" }))],
            perform: |cast| {
                Box::pin(async move {
                    let (can, set) = (cast.boss.can().unwrap(), permissions(&["a:b"]));
                    let outcome = edit::set_permissions(&cast.site.app, &can, &spare(cast), &set, &NONE).await?;
                    Ok(outcome == EditRole::Done)
                })
            },
        },
        Deed {
            name: "a role given more than the giver has",
            events: vec![refused(
                EVENT,
                "authority_exceeded",
                "rolf",
                None,
                json!({ "role": "spare", "to": "sessions:read" }),
            )],
            perform: |cast| {
                Box::pin(async move {
                    let (can, set) = (cast.rolf.can().unwrap(), permissions(&["sessions:read"]));
                    let outcome = edit::set_permissions(&cast.site.app, &can, &spare(cast), &set, &NONE).await?;
                    Ok(outcome == EditRole::AuthorityExceeded)
                })
            },
        },
        Deed {
            name: "a role deleted",
            events: vec![done(EVENT, "boss", None, json!({ "role": "spare", "deleted": true }))],
            perform: |cast| {
                Box::pin(async move {
                    let can = cast.boss.can().unwrap();
                    Ok(edit::delete(&cast.site.app, &can, &spare(cast), &NONE).await? == EditRole::Done)
                })
            },
        },
    ]
}

fn questions() -> Vec<Deed> {
    vec![
        Deed {
            name: "a permission that is missing",
            events: vec![refused(
                "authz_fail",
                "permission_missing",
                "ann",
                None,
                json!({ "permission": "roles:write", "resource": "roles" }),
            )],
            perform: |cast| {
                Box::pin(async move { Ok(cast.ann.demand::<RolesWrite>(&cast.site.app, "roles").await?.is_none()) })
            },
        },
        Deed {
            name: "an application's question that is answered by no",
            events: vec![refused(
                "authz_fail",
                "permission_missing",
                "ann",
                None,
                json!({ "permission": "invoices:pay", "resource": "invoice 7" }),
            )],
            perform: |cast| {
                Box::pin(async move {
                    let resource = Some("invoice 7");
                    let decision = authorize::decide(&cast.site.app, &cast.ann, "invoices:pay", resource).await?;
                    Ok(decision == Decision::PermissionMissing)
                })
            },
        },
    ]
}
