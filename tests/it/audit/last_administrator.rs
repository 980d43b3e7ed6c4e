//! The trail records refusals that keep the last administrator.

use doorward::{
    model::{Permissions, Precondition, RoleName, UserId},
    ops::{
        accounts::{delete, disable, edit as edit_account},
        roles::edit::{self, EditRoleRefused},
    },
};
use doorward_test_macros::async_test;
use serde_json::json;

use super::{added, operations};
use crate::support::Site;

#[async_test]
async fn each_attempt_to_remove_the_last_administrator_is_recorded() {
    let site = Site::new().await;
    let id = UserId(site.create("boss", "admin").await);
    let (boss, _) = operations::sign_in(&site, "boss", 1).await;
    let app = &site.app;
    let (_, deleted) = added(&site.database, async { delete::as_operator(app, id).await.unwrap() }).await;
    let (_, closed) = added(&site.database, async { disable::disable_as_operator(app, id).await.unwrap() }).await;
    let (_, demoted) =
        added(&site.database, async { edit_account::set_role_as_operator(app, id, "user").await.unwrap() }).await;
    let (outcome, stripped) = added(&site.database, async {
        let (name, none) = (RoleName::new("admin").unwrap(), Permissions::none());
        let can = boss.can().unwrap();
        edit::set_permissions(app, &can, &name, &none, &Precondition::None).await.unwrap()
    })
    .await;
    assert_eq!(outcome.err(), Some(EditRoleRefused::LastAdministrator));
    for (events, event, actor, subject, details) in [
        (deleted, "user_deleted", "operator", "boss", json!({})),
        (closed, "user_archived", "operator", "boss", json!({})),
        (demoted, "authz_change", "operator", "boss", json!({ "to": "user" })),
        (stripped, "privilege_permissions_changed", "user", "NULL", json!({ "role": "admin", "to": "" })),
    ] {
        let [found] = &events[..] else { panic!("{event}: {events:?}") };
        let said = (found.event.as_str(), found.outcome.as_str(), found.reason.as_str());
        assert_eq!(said, (event, "refused", "last_administrator"));
        assert_eq!((found.actor_kind.as_str(), found.subject.as_str()), (actor, subject));
        assert_eq!(found.details, details);
    }
    assert_eq!(
        site.database.value("SELECT COUNT(*) FROM dw_users WHERE disabled_at IS NULL AND role_id = 1").await,
        "1"
    );
}
