//! Numbers: who signs up here never gets one that the old table has given out, nor one that it may still give out.

use doorward::ops::legacy::{self, reserve_numbers};
use doorward_test_macros::async_test;
use serde_json::json;

use super::{Move, PLACES, Place, werkzeug};
use crate::support::Site;

async fn sign_up(site: &Site, name: &str) -> i64 {
    let reply = site.anon().post("/signup", json!({ "username": name, "password": "a secret" })).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    site.id_of(name).await
}

#[async_test]
async fn a_sign_up_after_a_run_gets_a_number_above_all_old_ones() {
    for place in PLACES {
        let it = Move::users(place).await;
        it.add(3, "ann", &werkzeug("secret of ann")).await;
        // Left behind, and its number with it.
        it.add(50, "bob", "!").await;
        it.run();
        assert_eq!(sign_up(&it.site().await, "carl").await, 51, "{place:?}");
        it.run();
        assert_eq!(sign_up(&it.site().await, "dora").await, 52, "{place:?}");
    }
}

#[async_test]
async fn a_number_that_nobody_can_be_adopted_by_does_not_use_up_those_of_here() {
    let it = Move::with_columns(Place::Other, "users", "username VARCHAR(80), password TEXT").await;
    if !it.old.is_sqlite() {
        it.old.execute("ALTER TABLE users MODIFY id BIGINT NOT NULL").await;
    }
    it.add(9_223_372_036_854_775_807, "ann", &werkzeug("secret of ann")).await;
    it.add(4, "bob", &werkzeug("secret of bob")).await;
    it.run();
    assert_eq!(sign_up(&it.site().await, "carl").await, 5);
}

#[async_test]
async fn beside_an_old_application_that_goes_on_there_is_a_gap() {
    let it = Move::users(Place::Other).await;
    it.add(3, "ann", &werkzeug("secret of ann")).await;
    // The link is in the configuration, and not only in a flag.
    let ran = it.program.clone().set("adopt.from", &it.old.url).run(&["adopt", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(sign_up(&it.site().await, "carl").await, 1_000_004);
    // What the old application gives out meanwhile is free here.
    it.add(4, "dora", &werkzeug("secret of dora")).await;
    let (left, _) = it.run();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(sign_up(&it.site().await, "emil").await, 1_000_005);
}

#[async_test]
async fn the_gap_is_made_once_and_again_when_little_of_it_is_left() {
    let it = Move::users(Place::Other).await;
    it.add(3, "ann", &werkzeug("secret of ann")).await;
    let site = Site::builder().database(it.own.clone()).set("adopt.from", &it.old.url).start().await;
    let reserve = async || {
        let old = legacy::open(&site.app, site.app.legacy.as_ref().unwrap()).await.unwrap();
        reserve_numbers(&site.app, &old).await.unwrap();
    };
    reserve().await;
    assert_eq!(sign_up(&site, "one").await, 1_000_004);
    reserve().await;
    assert_eq!(sign_up(&site, "two").await, 1_000_005, "made again without need");
    it.add(800_000, "bob", &werkzeug("secret of bob")).await;
    reserve().await;
    assert_eq!(sign_up(&site, "three").await, 1_000_006, "made again without need");
    it.add(950_000, "carl", &werkzeug("secret of carl")).await;
    reserve().await;
    assert_eq!(sign_up(&site, "four").await, 1_950_001);
    assert_eq!(it.own.value("SELECT COUNT(*) FROM dw_users").await, "4", "a placeholder stays");
}

#[async_test]
async fn where_sign_ups_are_written_back_no_gap_is_needed() {
    let it = Move::users(Place::Other).await;
    it.add(3, "ann", &werkzeug("secret of ann")).await;
    let builder = Site::builder().database(it.own.clone()).set("adopt.from", &it.old.url);
    let site = builder.set("adopt.write_back", "true").start().await;
    let old = legacy::open(&site.app, site.app.legacy.as_ref().unwrap()).await.unwrap();
    reserve_numbers(&site.app, &old).await.unwrap();
    assert_eq!(sign_up(&site, "carl").await, 4);
    assert_eq!(it.old.value("SELECT id FROM users WHERE username = 'carl'").await, "4");
}
