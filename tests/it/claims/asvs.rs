//! `docs/internals/asvs.md`: every requirement has its row, and everything that the rows name exists.

use super::{broken, document, links, names, rows, tests};

const FILE: &str = "docs/internals/asvs.md";

/// The requirements that apply to Doorward, by section of the standard.
const REQUIREMENTS: [(&str, &[u8]); 50] = [
    ("1.1", &[1, 2]),
    ("1.2", &[3, 4, 5, 9]),
    ("1.3", &[2, 3, 10, 12]),
    ("1.4", &[1, 2, 3]),
    ("1.5", &[2, 3]),
    ("2.1", &[1, 2, 3]),
    ("2.2", &[1, 2, 3]),
    ("2.3", &[2, 3, 4]),
    ("2.4", &[1]),
    ("3.2", &[1]),
    ("3.3", &[1, 2, 3, 4, 5]),
    ("3.4", &[1, 2, 4, 5, 6]),
    ("3.5", &[1, 2, 3, 6]),
    ("4.1", &[1, 2, 3, 4]),
    ("4.2", &[1, 2, 3, 4]),
    ("6.1", &[1, 2, 3]),
    ("6.2", &[1, 2, 3, 4, 5, 8, 9, 10, 11, 12]),
    ("6.3", &[1, 2, 4, 8]),
    ("6.4", &[1, 2]),
    ("7.1", &[1, 2]),
    ("7.2", &[1, 2, 3, 4]),
    ("7.3", &[1, 2]),
    ("7.4", &[1, 2, 3, 5]),
    ("7.5", &[1, 2]),
    ("8.1", &[1, 2]),
    ("8.2", &[1, 2, 3]),
    ("8.3", &[1, 2]),
    ("11.1", &[1, 2]),
    ("11.2", &[1, 2, 3, 4, 5]),
    ("11.4", &[1, 2]),
    ("11.5", &[1, 2]),
    ("12.1", &[1, 2]),
    ("12.2", &[1, 2]),
    ("12.3", &[1, 2, 3, 4]),
    ("13.1", &[1, 2, 3, 4]),
    ("13.2", &[1, 2, 3, 6]),
    ("13.3", &[1, 2]),
    ("13.4", &[1, 2, 3, 4, 5, 6]),
    ("14.1", &[1, 2]),
    ("14.2", &[1, 2, 4, 5, 6, 7]),
    ("14.3", &[1, 2]),
    ("15.1", &[1, 2, 3]),
    ("15.2", &[1, 2, 3, 4]),
    ("15.3", &[1, 3, 4, 5, 7]),
    ("15.4", &[1, 2, 3, 4]),
    ("16.1", &[1]),
    ("16.2", &[1, 2, 3, 4, 5]),
    ("16.3", &[1, 2, 3, 4]),
    ("16.4", &[1, 2, 3]),
    ("16.5", &[1, 2, 3, 4]),
];

/// Requirements of a document, a review or a deployment. Every other requirement that is met needs a test.
const WITHOUT_TEST: [&str; 46] = [
    "1.1.2", "1.2.5", "1.2.9", "1.3.2", "1.3.10", "1.3.12", "1.4.1", "1.4.3", "2.1.1", "2.1.2", "2.1.3", "4.2.2",
    "6.1.1", "6.1.2", "6.1.3", "7.1.1", "7.1.2", "8.1.1", "8.1.2", "11.1.1", "11.1.2", "11.2.1", "11.2.3", "11.2.5",
    "11.4.1", "12.2.1", "12.2.2", "12.3.3", "12.3.4", "13.1.1", "13.1.2", "13.1.3", "13.1.4", "13.2.1", "13.2.2",
    "13.3.1", "13.3.2", "14.1.1", "14.1.2", "14.2.4", "15.1.1", "15.1.2", "15.1.3", "16.1.1", "16.4.2", "16.4.3",
];

/// The possible states of a row.
const STATES: [&str; 5] = ["met", "met except on legacy routes", "deployment", "does not arise", "not met"];

#[test]
fn every_asvs_requirement_has_its_row() {
    let text = document(FILE);
    let mut listed: Vec<_> = rows(&text, 5).into_keys().map(str::to_owned).collect();
    let mut wanted: Vec<_> = REQUIREMENTS
        .iter()
        .flat_map(|(section, numbers)| numbers.iter().map(move |number| format!("{section}.{number}")))
        .collect();
    listed.sort();
    wanted.sort();
    assert_eq!(listed, wanted);
}

#[test]
fn every_asvs_row_has_its_explanation_and_its_tests() {
    let names = names(&tests());
    for (id, cells) in rows(&document(FILE), 5) {
        let [_, level, state, how, shown] = cells.as_slice() else { panic!("{id}") };
        assert!(["1", "2", "3"].contains(level) && STATES.contains(state), "{id}: {level}, {state}");
        assert!(*state != "not met" || *level == "3", "{id} is of level {level} and must be met");
        assert!(!how.is_empty() || !shown.is_empty(), "{id} says nothing");
        assert!(*state == "does not arise" || !links(shown).is_empty(), "{id} points to nothing");
        let has_test = links(shown).iter().any(|(text, target)| text.starts_with('`') && target.ends_with(".rs"));
        assert!(!state.starts_with("met") || has_test || WITHOUT_TEST.contains(&id), "{id} is shown by no test");
        let broken: Vec<_> = links(shown).into_iter().filter_map(|link| broken(&names, FILE, link)).collect();
        assert!(broken.is_empty(), "{id}: {broken:?}");
    }
}
