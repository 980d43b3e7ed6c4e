//! Names that another program stored damaged: found, not adopted, and repaired if the operator permits it.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LegacySetup, Location, assert_login, log_in, werkzeug};

const BOTH: [&str; 2] = ["--repair", "utf8,entities"];

/// Stored names, with their ids and the damage.
const DAMAGED: [(i64, &str, &str, &str); 8] = [
    (1, "JÃ¼rgen", "Jürgen", "utf8"),
    (2, "ZoÃƒÂ«", "Zoë", "utf8"),
    (3, "Ð˜Ð²Ð°Ð½", "Иван", "utf8"),
    (4, "Oâ€™Neill", "O’Neill", "utf8"),
    (5, "M&uuml;ller", "Müller", "entities"),
    (6, "O&#039;Hara", "O'Hara", "entities"),
    (7, "J&Atilde;&para;rg", "Jörg", "entities"),
    (8, "Ümit Ã§elik", "", "inexact"),
];
const RIGHT: [(i64, &str); 4] = [(11, "JOÃO"), (12, "AT&T"), (13, "RENÉ’S"), (14, "Łukasz")];

async fn damaged(location: Location) -> LegacySetup {
    let setup = LegacySetup::loose(location).await;
    for (id, name) in DAMAGED.iter().map(|(id, name, ..)| (*id, *name)).chain(RIGHT) {
        setup.add(id, name, &werkzeug(&format!("secret {id}"))).await;
    }
    setup
}

#[async_test]
async fn damaged_names_are_shown_masked_and_not_adopted_without_the_operators_word() {
    for location in LOCATIONS {
        let setup = damaged(location).await;
        let scan = setup.shows("scan");
        assert_eq!((&scan["adoptable"], &scan["names"]["repaired"]["rows"]), (&json!(4), &json!(0)), "{location:?}");
        let found: Vec<_> = scan["names"]["damaged"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| {
                (kind["damage"].as_str().unwrap(), kind["rows"].as_i64().unwrap(), kind["masks"][0].as_str().unwrap())
            })
            .collect();
        assert_eq!(found, [("utf8", 4, "AÃ¼aaaa"), ("entities", 3, "A&uuml;aaaa"), ("inexact", 1, "Üaaa Ã§aaaa")]);
        let text = setup.adopt(&["scan"]);
        assert!(
            text.contains("8 names look damaged") && text.contains("AÃ¼aaaa") && text.contains("--repair"),
            "{text}"
        );

        let ran = setup.tries(&["run"]);
        assert!(ran.code == 0 && ran.stderr.contains("8 names look damaged"), "{ran:?}");
        let (left, summary) = setup.run();
        assert_eq!(summary["left_behind"], json!({ "name_damaged": 8 }), "{left:?}");
        let site = setup.site().await;
        assert_login(log_in(&site, "joão", "secret 11").await.0, true, "a name that is right");
        assert_login(log_in(&site, "JÃ¼rgen", "secret 1").await.0, false, "a damaged name");
    }
}

#[async_test]
async fn permitted_repairs_are_exact_and_change_nothing_else() {
    for location in LOCATIONS {
        let setup = damaged(location).await;
        let scan = setup.shows_with("scan", &BOTH);
        assert_eq!((&scan["adoptable"], &scan["names"]["repaired"]["rows"]), (&json!(11), &json!(7)), "{location:?}");
        assert_eq!(scan["names"]["repaired"]["masks"][0], json!({ "stored": "AÃ¼aaaa", "name": "Aüaaaa" }));
        let (left, summary) = setup.run_with(&BOTH);
        assert_eq!(summary["left_behind"], json!({ "name_damaged": 1 }), "{left:?}");
        // A further run changes nothing.
        let (_, summary) = setup.run_with(&BOTH);
        assert_eq!((&summary["already_here"], &summary["adopted"]), (&json!(11), &json!(0)));
        let site = setup.site().await;
        for (id, _, name, _) in DAMAGED.into_iter().filter(|(_, _, name, _)| !name.is_empty()) {
            assert_login(log_in(&site, name, &format!("secret {id}")).await.0, true, name);
        }
        for (id, name) in RIGHT {
            assert_login(log_in(&site, name, &format!("secret {id}")).await.0, true, name);
        }
    }
}

#[async_test]
async fn the_operator_may_keep_the_names_or_repair_one_kind() {
    let (_, summary) = damaged(Location::Other).await.run_with(&["--repair", "utf8"]);
    assert_eq!((&summary["adopted"], &summary["left_behind"]), (&json!(8), &json!({ "name_damaged": 4 })));
    // A repair that is permitted later makes no adopted user somebody else.
    let setup = damaged(Location::Other).await;
    let (_, summary) = setup.run_with(&["--repair", "none"]);
    assert_eq!((&summary["adopted"], &summary["left_behind"]), (&json!(12), &json!({})));
    for later in ["", "utf8,entities"] {
        let (left, summary) = setup.run_with(&["--repair", later]);
        assert_eq!((&summary["already_here"], &summary["gone_there"]), (&json!(12), &json!(0)), "{later} {left:?}");
    }
    for wrong in ["utf-8", "none,utf8"] {
        let refused = setup.tries(&["run", "--repair", wrong]);
        assert!(refused.code == 1 && refused.stderr.contains("`adopt.repair`"), "{refused:?}");
    }
}

#[async_test]
async fn names_that_are_equal_once_repaired_are_named() {
    let setup = LegacySetup::loose(Location::Other).await;
    for (id, name) in [(3, "Jürgen"), (4, "JÃ¼rgen"), (5, "J&uuml;rgen")] {
        setup.add(id, name, &werkzeug(&format!("secret {id}"))).await;
    }
    let scan = setup.shows_with("scan", &BOTH);
    assert_eq!((&scan["adoptable"], &scan["collisions"]["names"]), (&json!(1), &json!(1)), "{scan}");
    let (left, _) = setup.run_with(&BOTH);
    let left: Vec<_> = left.iter().map(|row| (row["id"].as_i64().unwrap(), row["code"].as_str().unwrap())).collect();
    assert_eq!(left, [(4, "name_taken"), (5, "name_taken")]);
}
