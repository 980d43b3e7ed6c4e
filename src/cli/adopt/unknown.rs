//! The questions of `doorward adopt scan` to the operator: passwords in no recognised format, and state columns without
//! a rule.

use serde_json::{Value, json};

use crate::{
    cli::output::{self, printable},
    model::{legacy_state_names, shown_text},
    ops::legacy::{
        PlainText,
        census::Census,
        scan::Scan,
        states::{self, StateSurvey},
    },
};

/// The maximum number of listed shapes and values.
const LISTED: usize = 20;
/// The maximum number of masked names of a kind.
const MASKS: usize = 5;

/// Lists the shapes of passwords that cannot be verified.
pub(super) fn shapes(census: &Census) {
    if census.shapes.is_empty() {
        return;
    }
    let mut shapes: Vec<_> = census.shapes.iter().collect();
    shapes.sort_by_key(|(key, count)| (key.looks_derived, std::cmp::Reverse(count.rows)));
    let rows: Vec<_> = shapes
        .iter()
        .take(LISTED)
        .map(|(key, count)| {
            let what = if key.looks_derived { "looks derived" } else { "unrecognised" };
            let masks: Vec<_> = count.masks.iter().map(String::as_str).collect();
            vec![what.to_owned(), key.shape.to_string(), count.rows.to_string(), masks.join("   ")]
        })
        .collect();
    output::line("");
    output::table(&["NOT CHECKABLE", "SHAPE", "ROWS", "MASKED"], &rows);
}

/// Lists the names that look damaged, and those that are repaired.
pub(super) fn names(census: &Census) {
    let damaged = census.damaged.iter().flat_map(|(damage, sample)| {
        let first = sample.first.iter().take(MASKS).map(|mask| shown_text(mask));
        let masks: Vec<_> = first.collect();
        [vec![damage.word().to_owned(), sample.total.to_string(), masks.join("   ")]]
    });
    let repaired = census.repaired.first.iter().take(MASKS);
    let repaired: Vec<_> = repaired.map(|(from, to)| format!("{} -> {}", shown_text(from), shown_text(to))).collect();
    let repaired = (!repaired.is_empty())
        .then(|| vec!["repaired".to_owned(), census.repaired.total.to_string(), repaired.join("   ")]);
    let rows: Vec<_> = damaged.chain(repaired).collect();
    if !rows.is_empty() {
        output::line("");
        output::table(&["DAMAGED NAMES", "ROWS", "MASKED"], &rows);
    }
}

/// Returns the advice about names that look damaged; `None` without any.
pub(super) fn advice_on_names(damaged: u64) -> Option<String> {
    (damaged > 0).then(|| {
        format!(
            "{damaged} names look damaged, and their rows are left behind: `doorward adopt scan` shows them masked. Add \
             --repair utf8 for UTF-8 that was read in another character set, --repair entities for HTML entities, both with \
             a comma, or --repair none if the names are right as they are."
        )
    })
}

/// Lists the state columns and their values.
pub(super) fn states(states: &[StateSurvey]) {
    if states.is_empty() {
        return;
    }
    let mut rows = Vec::new();
    for state in states {
        let meaning = |value: Option<&str>| match &state.test {
            None => "undecided",
            Some(test) if test.shuts_out(value) => "shut out",
            Some(_) => "",
        };
        for (value, count) in &state.held.values {
            let shown = legacy_state_names::shown(value.as_deref());
            rows.push(vec![printable(&state.column), shown, count.to_string(), meaning(value.as_deref()).to_owned()]);
        }
        if state.held.has_more || state.held.values.is_empty() {
            let dots = if state.held.has_more { "…" } else { "(no rows)" };
            rows.push(vec![printable(&state.column), dots.to_owned(), String::new(), String::new()]);
        }
    }
    output::line("");
    output::table(&["STATE COLUMN", "VALUE", "ROWS", ""], &rows);
    for absent in states.iter().filter_map(StateSurvey::absent_values) {
        output::line(printable(&absent));
    }
}

/// Prints the decisions that the operator must make before a run.
pub(super) fn advise(scan: &Scan<'_>, plain_text: PlainText) {
    let undecided: Vec<_> = scan.states.iter().filter(|state| state.test.is_none()).collect();
    if !undecided.is_empty() {
        output::line("");
        output::line(format_args!(
            "`adopt run` does not start before it is configured who is shut out: {}",
            printable(&states::advice(&undecided))
        ));
    }
    let damaged = scan.census.damaged.values().map(|sample| sample.total).sum();
    if let Some(advice) = advice_on_names(damaged) {
        output::line("");
        output::line(advice);
    }
    if scan.census.unrecognized.total > 0 && plain_text == PlainText::Refuse {
        output::line("");
        output::line(format_args!(
            "{} passwords are in no recognised form, and their rows are left behind. If the old application kept passwords in \
             clear, adopt them with `doorward adopt run --plain-text accept`. If a program made them, do not: the value in \
             the table would become the password.",
            scan.census.unrecognized.total
        ));
    }
}

pub(super) fn shapes_json(census: &Census) -> Value {
    let shape = |(key, count): (&crate::ops::legacy::census::ShapeKey, &crate::ops::legacy::census::ShapeCount)| {
        json!({
            "shape": key.shape.to_string(), "looks_derived": key.looks_derived, "rows": count.rows, "masks": count.masks
        })
    };
    census.shapes.iter().map(shape).collect()
}

pub(super) fn names_json(census: &Census) -> Value {
    let damaged = census.damaged.iter().map(|(damage, sample)| {
        let first: Vec<_> = sample.first.iter().map(|mask| shown_text(mask)).collect();
        json!({ "damage": damage.word(), "rows": sample.total, "masks": first })
    });
    let repaired = census.repaired.first.iter();
    let repaired: Vec<_> =
        repaired.map(|(from, to)| json!({ "stored": shown_text(from), "name": shown_text(to) })).collect();
    json!({
        "damaged": damaged.collect::<Value>(), "repaired": { "rows": census.repaired.total, "masks": repaired }
    })
}

pub(super) fn states_json(states: &[StateSurvey]) -> Value {
    let state = |state: &StateSurvey| {
        let values = state.held.values.iter().map(|(value, rows)| {
            let shuts_out = state.test.as_ref().map(|test| test.shuts_out(value.as_deref()));
            let value = value.as_deref().map(shown_text);
            json!({ "value": value, "rows": rows, "shuts_out": shuts_out })
        });
        json!({
            "column": state.column, "is_decided": state.test.is_some(), "values": values.collect::<Value>(),
            "has_more": state.held.has_more, "suggestion": state.suggestion()
        })
    };
    states.iter().map(state).collect()
}
