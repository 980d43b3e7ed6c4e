//! Runs that are cut short: killed, stopped, or without a database. What they have done is whole, and another run ends it.

use doorward_test_macros::async_test;
use std::time::Instant;

use super::{Move, PLACES, Place, bcrypt, is_let_in, log_in};
use crate::{
    faults::proxy::Proxy,
    support::{Database, Program, eventually, program::Started},
};

const PEOPLE: usize = 3000;

/// People whose passwords are in clear, so that a run takes a while, and some rows that stay behind.
async fn slow(place: Place) -> Move {
    let mut it = Move::loose(place).await;
    it.add_many(PEOPLE, "in clear").await;
    it.add(4000, "PERSON 5", &bcrypt("a")).await;
    it.add(4001, "locked", "!").await;
    it.program = it.program.set("hashing.argon2_memory_kib", "2048").set("hashing.argon2_iterations", "1");
    it
}

fn start(it: &Move, program: &Program) -> Started {
    let flags = it.flags();
    program.start(&["adopt", "run", "--plain-text", "accept", &flags[0], &flags[1]])
}

/// What must be the same after any number of interruptions: everything but salts, uids and times.
async fn outcome(it: &Move) -> Vec<Vec<String>> {
    let mut rows = it
        .own
        .rows("SELECT id, name, name_key, role_id, SUBSTR(password_hash, 1, 9), password_version FROM dw_users ORDER BY id")
        .await;
    let sql = "SELECT old_id, user_id, password_set_here_at, gone_at FROM dw_adoptions ORDER BY old_id";
    rows.extend(it.own.rows(sql).await);
    rows
}

async fn adopted(it: &Move) -> usize {
    it.own.value("SELECT COUNT(*) FROM dw_users").await.parse().unwrap()
}

#[async_test]
async fn killed_at_any_moment_and_run_again_it_comes_to_the_same() {
    for place in PLACES {
        let undisturbed = slow(place).await;
        let started = Instant::now();
        undisturbed.run_accepting();
        let whole = started.elapsed();
        let expected = outcome(&undisturbed).await;

        let it = slow(place).await;
        assert_eq!(it.program.run(&["migrate", "up"]).code, 0);
        for part in [3, 40, 70, 20, 55] {
            let process = start(&it, &it.program);
            std::thread::sleep(whole * part / 100);
            process.kill();
            // Whole batches, each with its adoptions.
            let users = adopted(&it).await;
            assert_eq!(users % 1000, 0, "{place:?}: a part of a batch");
            assert_eq!(it.own.value("SELECT COUNT(*) FROM dw_adoptions").await, users.to_string(), "{place:?}");
        }
        it.run_accepting();
        assert_eq!(outcome(&it).await, expected, "{place:?}");
    }
}

#[async_test]
async fn asked_to_stop_it_stops_between_two_batches_and_says_how_to_go_on() {
    for signal in ["TERM", "INT"] {
        let it = slow(Place::Other).await;
        assert_eq!(it.program.run(&["migrate", "up"]).code, 0);
        let process = start(&it, &it.program);
        let database = it.own.clone();
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            eventually("the first batch", || {
                let count = runtime.block_on(database.value("SELECT COUNT(*) FROM dw_users"));
                (count != "0").then_some(())
            });
        });
        process.signal(signal);
        let ran = process.wait();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("run the same command again to go on"), "{ran:?}");
        let users = adopted(&it).await;
        assert!(users % 1000 == 0 && users < PEOPLE, "{users}");
        it.run_accepting();
        assert_eq!(adopted(&it).await, PEOPLE);
    }
}

#[async_test]
async fn after_a_database_was_away_another_run_ends_it() {
    for is_own in [true, false] {
        let it = slow(Place::Other).await;
        if it.own.is_sqlite() {
            // A file does not go away.
            return;
        }
        assert_eq!(it.program.run(&["migrate", "up"]).code, 0);
        let behind = if is_own { &it.own } else { &it.old };
        let proxy = Proxy::closed(&behind.url);
        proxy.open();
        let url = proxy.url(&behind.url);
        let (own, from) = if is_own { (&url, &it.old.url) } else { (&it.own.url, &url) };
        let program = it.program.clone().set("database.url", own).set("database.timeout", "2s");
        let process = program.start(&["adopt", "run", "--plain-text", "accept", "--from", from]);
        let (database, runtime): (Database, _) = (it.own.clone(), tokio::runtime::Handle::current());
        tokio::task::block_in_place(|| {
            eventually("the first batch", || {
                let count = runtime.block_on(database.value("SELECT COUNT(*) FROM dw_users"));
                (count != "0").then_some(())
            });
        });
        proxy.close();
        let ran = process.wait();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("run the same command again to go on"), "{ran:?}");
        assert!(ran.stderr.contains("error: the database cannot be reached"), "{ran:?}");
        assert!(adopted(&it).await < PEOPLE);
        proxy.open();
        let ran = program.run(&["adopt", "run", "--plain-text", "accept", "--from", from]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(adopted(&it).await, PEOPLE);
        is_let_in(log_in(&it.site().await, "person 2999", "in clear").await.0, true, "person 2999");
    }
}

#[async_test]
async fn two_runs_at_once_come_to_the_same() {
    for place in PLACES {
        let it = slow(place).await;
        assert_eq!(it.program.run(&["migrate", "up"]).code, 0);
        let patient = it.program.clone().set("database.timeout", "60s");
        let (one, two) = (start(&it, &patient), start(&it, &patient));
        let (one, two) = (one.wait(), two.wait());
        assert_eq!((one.code, two.code), (0, 0), "{place:?}: {one:?} {two:?}");
        assert_eq!(adopted(&it).await, PEOPLE, "{place:?}");
        assert_eq!(it.own.value("SELECT COUNT(*) FROM dw_adoptions").await, PEOPLE.to_string());
    }
}
