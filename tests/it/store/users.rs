//! The table of users, where a value could be lost that no route shows.

use std::time::Duration;

use doorward::{
    model::UserId,
    ops::disable_user::{self, DisableUser},
};

use crate::support::Site;

#[tokio::test(flavor = "multi_thread")]
async fn disabling_again_keeps_the_instant_of_the_first_time() {
    const SINCE: &str = "SELECT disabled_at FROM dw_users WHERE name = 'ann'";
    let site = Site::new().await;
    let ann = UserId(site.create("ann", "user").await);
    let mut instants = Vec::new();
    for _ in 0..2 {
        let outcome = disable_user::disable_as_operator(&site.app, ann).await.unwrap();
        assert_eq!(outcome, DisableUser::Done { sessions_ended: 0 });
        instants.push(site.database.value(SINCE).await);
        site.advance(Duration::from_secs(60));
    }
    assert_eq!(instants[0], instants[1]);
    assert!(disable_user::enable_as_operator(&site.app, ann).await.unwrap());
    assert_eq!(site.database.value(SINCE).await, "NULL");
}
