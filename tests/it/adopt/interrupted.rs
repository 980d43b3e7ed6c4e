//! Interrupted runs: killed, stopped, or without a database. Their batches are complete, and another run finishes the rest.

use doorward_test_macros::async_test;
use std::time::Instant;

use super::{LOCATIONS, LegacySetup, Location, assert_login, bcrypt, log_in};
use crate::{
    faults::proxy::Proxy,
    support::{Database, Program, eventually, program::Started},
};

const PEOPLE: usize = 3000;

/// Users with clear-text passwords, so that a run takes a while, and some rows that are left behind.
async fn slow(location: Location) -> LegacySetup {
    let mut setup = LegacySetup::loose(location).await;
    setup.add_many(PEOPLE, "in clear").await;
    setup.add(4000, "PERSON 5", &bcrypt("a")).await;
    setup.add(4001, "locked", "!").await;
    setup.program = setup.program.set("hashing.argon2_memory_kib", "2048").set("hashing.argon2_iterations", "1");
    setup
}

fn start(setup: &LegacySetup, program: &Program) -> Started {
    let flags = setup.flags();
    program.start(&["adopt", "run", "--plain-text", "accept", &flags[0], &flags[1]])
}

/// The rows that must be equal after any interruptions: everything but salts, uids and times.
async fn outcome(setup: &LegacySetup) -> Vec<Vec<String>> {
    let sql = "SELECT u.id, u.name, u.name_key, u.role_id, SUBSTR(c.secret, 1, 9), c.version
               FROM dw_users u LEFT JOIN dw_credentials c ON c.user_id = u.id ORDER BY u.id";
    let mut rows = setup.own.rows(sql).await;
    let sql = "SELECT legacy_id, user_id, password_set_locally_at, gone_at FROM dw_adoptions ORDER BY legacy_id";
    rows.extend(setup.own.rows(sql).await);
    rows
}

async fn adopted(setup: &LegacySetup) -> usize {
    setup.own.value("SELECT COUNT(*) FROM dw_users").await.parse().unwrap()
}

#[async_test]
async fn a_killed_run_that_is_repeated_has_the_same_result() {
    for location in LOCATIONS {
        let undisturbed = slow(location).await;
        let started = Instant::now();
        undisturbed.run_accepting();
        let whole = started.elapsed();
        let expected = outcome(&undisturbed).await;

        let setup = slow(location).await;
        assert_eq!(setup.program.run(&["migrate", "up"]).code, 0);
        for part in [3, 40, 70, 20, 55] {
            let process = start(&setup, &setup.program);
            std::thread::sleep(whole * part / 100);
            process.kill();
            // Only complete batches, each with its adoptions.
            let users = adopted(&setup).await;
            assert_eq!(users % 1000, 0, "{location:?}: a part of a batch");
            assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_adoptions").await, users.to_string(), "{location:?}");
        }
        setup.run_accepting();
        assert_eq!(outcome(&setup).await, expected, "{location:?}");
    }
}

#[async_test]
async fn a_stopped_run_ends_between_batches_and_says_how_to_continue() {
    for signal in ["TERM", "INT"] {
        let setup = slow(Location::Other).await;
        assert_eq!(setup.program.run(&["migrate", "up"]).code, 0);
        let process = start(&setup, &setup.program);
        let database = setup.own.clone();
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
        let users = adopted(&setup).await;
        assert!(users % 1000 == 0 && users < PEOPLE, "{users}");
        setup.run_accepting();
        assert_eq!(adopted(&setup).await, PEOPLE);
    }
}

#[async_test]
async fn a_run_interrupted_by_an_unavailable_database_can_be_repeated() {
    for is_own in [true, false] {
        let setup = slow(Location::Other).await;
        if setup.own.is_sqlite() {
            // An SQLite file does not become unavailable.
            return;
        }
        assert_eq!(setup.program.run(&["migrate", "up"]).code, 0);
        let behind = if is_own { &setup.own } else { &setup.legacy };
        let proxy = Proxy::closed(&behind.url);
        proxy.open();
        let url = proxy.url(&behind.url);
        let (own, from) = if is_own { (&url, &setup.legacy.url) } else { (&setup.own.url, &url) };
        let program = setup.program.clone().set("database.url", own).set("database.timeout", "2s");
        let process = program.start(&["adopt", "run", "--plain-text", "accept", "--from", from]);
        let (database, runtime): (Database, _) = (setup.own.clone(), tokio::runtime::Handle::current());
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
        assert!(adopted(&setup).await < PEOPLE);
        proxy.open();
        let ran = program.run(&["adopt", "run", "--plain-text", "accept", "--from", from]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(adopted(&setup).await, PEOPLE);
        assert_login(log_in(&setup.site().await, "person 2999", "in clear").await.0, true, "person 2999");
    }
}

#[async_test]
async fn two_concurrent_runs_have_the_same_result() {
    for location in LOCATIONS {
        let setup = slow(location).await;
        assert_eq!(setup.program.run(&["migrate", "up"]).code, 0);
        let patient = setup.program.clone().set("database.timeout", "60s");
        let (one, two) = (start(&setup, &patient), start(&setup, &patient));
        let (one, two) = (one.wait(), two.wait());
        assert_eq!((one.code, two.code), (0, 0), "{location:?}: {one:?} {two:?}");
        assert_eq!(adopted(&setup).await, PEOPLE, "{location:?}");
        assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_adoptions").await, PEOPLE.to_string());
    }
}
