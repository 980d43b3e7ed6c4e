//! Ids: a new user never gets an id that the legacy table has used or may still use.

use doorward::ops::legacy::{self, reserve_numbers};
use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LegacySetup, Location, werkzeug};
use crate::support::Site;

async fn sign_up(site: &Site, name: &str) -> i64 {
    let reply = site.anon().post("/signup", json!({ "username": name, "password": "a secret" })).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    site.id_of(name).await
}

#[async_test]
async fn a_sign_up_after_a_run_gets_an_id_above_all_legacy_ones() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        setup.add(3, "ann", &werkzeug("secret of ann")).await;
        // This row is left behind, but its id counts.
        setup.add(50, "bob", "!").await;
        setup.run();
        assert_eq!(sign_up(&setup.site().await, "carl").await, 51, "{location:?}");
        setup.run();
        assert_eq!(sign_up(&setup.site().await, "dora").await, 52, "{location:?}");
    }
}

#[async_test]
async fn an_id_that_cannot_be_adopted_does_not_use_up_doorwards_ids() {
    let setup = LegacySetup::with_columns(Location::Other, "users", "username VARCHAR(80), password TEXT").await;
    if !setup.legacy.is_sqlite() {
        setup.legacy.execute("ALTER TABLE users MODIFY id BIGINT NOT NULL").await;
    }
    setup.add(9_223_372_036_854_775_807, "ann", &werkzeug("secret of ann")).await;
    setup.add(4, "bob", &werkzeug("secret of bob")).await;
    setup.run();
    assert_eq!(sign_up(&setup.site().await, "carl").await, 5);
}

#[async_test]
async fn with_sync_new_ids_leave_a_gap_for_the_legacy_application() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add(3, "ann", &werkzeug("secret of ann")).await;
    // The sync is in the configuration, and not only in a flag.
    let ran = setup.program.clone().set("adopt.from", &setup.legacy.url).run(&["adopt", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(sign_up(&setup.site().await, "carl").await, 1_000_004);
    // The legacy application's next ids are free in Doorward.
    setup.add(4, "dora", &werkzeug("secret of dora")).await;
    let (left, _) = setup.run();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(sign_up(&setup.site().await, "emil").await, 1_000_005);
}

#[async_test]
async fn the_gap_is_made_once_and_again_when_it_is_nearly_used() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add(3, "ann", &werkzeug("secret of ann")).await;
    let site = Site::builder().database(setup.own.clone()).set("adopt.from", &setup.legacy.url).start().await;
    let reserve = async || {
        let old = legacy::open(&site.app, site.app.legacy.as_ref().unwrap()).await.unwrap();
        reserve_numbers(&site.app, &old).await.unwrap();
    };
    reserve().await;
    assert_eq!(sign_up(&site, "one").await, 1_000_004);
    reserve().await;
    assert_eq!(sign_up(&site, "two").await, 1_000_005, "the gap must not be made again");
    setup.add(800_000, "bob", &werkzeug("secret of bob")).await;
    reserve().await;
    assert_eq!(sign_up(&site, "three").await, 1_000_006, "the gap must not be made again");
    setup.add(950_000, "carl", &werkzeug("secret of carl")).await;
    reserve().await;
    assert_eq!(sign_up(&site, "four").await, 1_950_001);
    assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_users").await, "4", "a placeholder must not stay");
}

#[async_test]
async fn with_write_back_no_gap_is_made() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add(3, "ann", &werkzeug("secret of ann")).await;
    let builder = Site::builder().database(setup.own.clone()).set("adopt.from", &setup.legacy.url);
    let site = builder.set("adopt.write_back", "true").start().await;
    let old = legacy::open(&site.app, site.app.legacy.as_ref().unwrap()).await.unwrap();
    reserve_numbers(&site.app, &old).await.unwrap();
    assert_eq!(sign_up(&site, "carl").await, 4);
    assert_eq!(setup.legacy.value("SELECT id FROM users WHERE username = 'carl'").await, "4");
}
