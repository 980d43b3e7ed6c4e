//! Threat pattern 5, within one request: operations check a proof of authority again in their transaction.
//!
//! Each test makes a proof, revokes the permission behind it, and then calls the operation. Or it holds a request at its
//! first draw of randomness, as in `held_login`. Invariant: nothing is changed, not even in part.

use doorward_test_macros::async_test;
use std::sync::atomic::Ordering;

use doorward::{
    model::{AttributesPatch, Name, Permissions, Precondition, RoleName, UserAttributes, UserId},
    ops::{
        RolesWrite, SessionsRevoke, SignedIn, UsersWrite,
        accounts::{
            change_password::{self, NewPassword},
            delete, disable,
            edit::{self, Changes},
            role_grant::RoleGrant,
            sign_up::{self, CreateUserRefused, NewAccount},
        },
        outcome::Denied,
        roles,
        sessions::end::{self, WhichSessions},
    },
};
use doorward_password::Password;
use serde_json::json;

use super::held_login::{PATIENCE, held_rng};
use crate::support::{Reply, Site, site::password_of};

const NEW: &str = "a violin in the greenhouse";

/// Calls every operation that needs a permission, and one on the own account. Returns the outcomes as text.
async fn do_everything(site: &Site, boss: &SignedIn, ann: UserId) -> Vec<String> {
    let app = &site.app;
    let (users, roles, sessions) =
        (boss.can::<UsersWrite>().unwrap(), boss.can::<RolesWrite>().unwrap(), boss.can::<SessionsRevoke>().unwrap());
    // From here on the proofs are out of date.
    site.database.set_change_required_at("boss", Some(1)).await;
    let before = site.dump().await;
    let (any, role, none) = (Precondition::None, RoleName::new("support").unwrap(), Permissions::none());
    let new =
        NewPassword { password: Password::new(NEW.to_owned()), policy: app.config.password.clone(), must_change: true };
    let name = Name::new("somebody new").unwrap();
    let account = || NewAccount::plain(&name, Password::new(NEW.to_owned()), app.config.password.clone());
    let changes = Changes { attributes: Some(AttributesPatch::Clear), ..Changes::default() };
    let grant = RoleGrant { role: "support".to_owned(), authority: roles.clone() };
    let with_role = Changes { role: Some(grant.clone()), ..Changes::default() };
    let said = vec![
        format!("{:?}", disable::disable_as_administrator(app, &users, ann, &any).await.unwrap()),
        format!("{:?}", disable::enable_as_administrator(app, &users, ann, &any).await.unwrap()),
        format!("{:?}", change_password::of_other(app, &users, ann, new, &any).await.unwrap()),
        format!("{:?}", edit::as_administrator(app, &users, ann, &changes, &any).await.unwrap()),
        format!("{:?}", edit::as_administrator(app, &users, ann, &with_role, &any).await.unwrap()),
        format!("{:?}", delete::as_administrator(app, &users, ann, &any).await.unwrap()),
        format!("{:?}", end::of_other(app, &sessions, ann, WhichSessions::All).await.unwrap()),
        format!("{:?}", roles::edit::set_permissions(app, &roles, &role, &none, &any).await.unwrap()),
        format!("{:?}", roles::edit::delete(app, &roles, &role, &any).await.unwrap()),
        format!(
            "{:?}",
            roles::create::create_role(app, &roles, &RoleName::new("x").unwrap(), &none, None).await.unwrap()
        ),
        format!("{:?}", sign_up::as_administrator(app, &users, None, account(), None).await.unwrap()),
        format!("{:?}", sign_up::as_administrator(app, &users, Some(&grant), account(), None).await.unwrap()),
        format!("{:?}", edit::own(app, boss, Some(AttributesPatch::Clear), None, &any).await.unwrap()),
    ];
    assert_eq!(site.dump().await, before);
    said
}

#[async_test]
async fn a_user_who_must_change_the_password_completes_no_operation() {
    let site = Site::new().await;
    site.create("root", "admin").await;
    site.role("support", "users:read").await;
    site.create("boss", "admin").await;
    let ann = UserId(site.create("ann", "user").await);
    site.bearer("ann").await;
    let boss = site.signed_in("boss").await;
    let said = do_everything(&site, &boss, ann).await;
    let (own, others) = said.split_last().unwrap();
    assert!(others.iter().all(|outcome| outcome == "Err(Denied(Exceeded))"), "{said:?}");
    assert_eq!(own, "Err(SessionEnded)");
}

// F4: creating an account with a role needs both permissions.
#[async_test]
async fn creating_an_account_with_a_role_needs_both_permissions_at_commit() {
    let site = Site::new().await;
    site.create("root", "admin").await;
    site.role("support", "users:read").await;
    site.holder("giver", "roles:write users:read users:write").await;
    let giver = site.signed_in("giver").await;
    let (making, giving) = (giver.can::<UsersWrite>().unwrap(), giver.can::<RolesWrite>().unwrap());
    let name = Name::new("ann").unwrap();
    let new = || NewAccount::plain(&name, Password::new(NEW.to_owned()), site.app.config.password.clone());
    let grant = RoleGrant { role: "support".to_owned(), authority: giving };
    for left in ["roles:write users:read", "users:read users:write"] {
        site.database.set_permissions("giver", left).await;
        let outcome = sign_up::as_administrator(&site.app, &making, Some(&grant), new(), None).await.unwrap();
        assert!(matches!(outcome, Err(CreateUserRefused::Denied(Denied::Exceeded))), "{outcome:?} with {left}");
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

// F1: whatever values the caller of the operation passes.
#[async_test]
async fn a_public_sign_up_ignores_administrative_values() {
    let site = Site::new().await;
    let part = |text: &str| json!({ text: 1 }).as_object().cloned().unwrap();
    let attributes = UserAttributes {
        own: doorward::model::Attributes::new(part("own")).unwrap(),
        admin: doorward::model::Attributes::new(part("admin")).unwrap(),
    };
    let name = Name::new("ann").unwrap();
    let plain = NewAccount::plain(&name, Password::new(NEW.to_owned()), site.app.config.password.clone());
    let new = NewAccount { must_change_password: true, attributes, ..plain };
    let outcome = sign_up::sign_up(&site.app, Default::default(), new).await.unwrap();
    assert!(outcome.is_ok(), "{outcome:?}");
    let sql = "SELECT role_id, attributes, admin_attributes, password_change_required_at FROM dw_users";
    assert_eq!(site.database.rows(sql).await, [["2", "{\"own\":1}", "NULL", "NULL"].map(str::to_owned).to_vec()]);
}

/// Ann starts to change her own password, through `/api/v1` or a contract's route. During the hashing, `root` requires
/// a change of the password.
async fn change_around(is_api: bool) -> (Site, Reply) {
    let node = Site::new().await;
    let id = node.create("ann", "user").await;
    let mut root = node.admin("root").await;
    let client = if is_api { node.bearer("ann").await } else { node.log_in("ann").await };
    let (rng, hold) = held_rng();
    let (database, is_armed) = (node.database.clone(), hold.is_armed);
    let change = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let site = Site::builder().rng(rng).database(database).start().await;
            let mut client = client.through(&site.router);
            is_armed.store(true, Ordering::SeqCst);
            if is_api {
                let body = json!({ "current_password": password_of("ann"), "new_password": NEW });
                client.put("/api/v1/users/me/password", body).await
            } else {
                client.put(&format!("/user/update-password/{id}"), json!({ "password": NEW })).await
            }
        })
    });
    hold.is_reached.recv_timeout(PATIENCE).unwrap();
    let path = format!("/api/v1/users/{}", node.uid_of("ann").await);
    root.patch(&path, json!({ "must_change_password": true })).await.assert_status(200);
    hold.go.send(()).unwrap();
    (node, change.join().unwrap())
}

// The password of the earlier request may be the one that must be changed.
#[async_test(worker_threads = 4)]
async fn a_change_begun_before_a_required_change_does_not_satisfy_it() {
    for is_api in [true, false] {
        let (site, reply) = change_around(is_api).await;
        assert_eq!(reply.status, 401, "{}", reply.text());
        let sql = "SELECT c.version, u.password_change_required_at IS NULL
            FROM dw_users u JOIN dw_credentials c ON c.user_id = u.id WHERE u.name = 'ann'";
        assert_eq!(site.database.rows(sql).await, [["1", "0"].map(str::to_owned).to_vec()]);
        site.begin("ann", NEW, "body").await.assert_problem(401, "wrong_credentials");
        let session = site.begin("ann", &password_of("ann"), "body").await.assert_status(201);
        assert_eq!(session["user"]["must_change_password"], true);
    }
}
