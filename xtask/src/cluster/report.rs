//! The results of the checks: each is printed at once, and one that is broken fails the command at its end.

use std::sync::{Mutex, PoisonError};

use crate::Result;

/// The number of examples of one kind that are printed.
const EXAMPLES: usize = 3;

/// The results so far.
#[derive(Default)]
pub struct Report {
    broken: Vec<String>,
}

/// The outcome of one question.
pub enum Verdict {
    Right,
    /// The answer is false; how.
    Wrong(String),
    /// 503 or no answer, which is true while a node cannot serve; what it said.
    Unavailable(String),
}

/// Counted outcomes, which several threads share.
#[derive(Default)]
pub struct Counts(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    asked: usize,
    wrong: Vec<String>,
    unavailable: Vec<String>,
}

impl Counts {
    /// Counts an outcome.
    pub fn add(&self, verdict: Verdict) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.asked += 1;
        match verdict {
            Verdict::Right => {}
            Verdict::Wrong(how) => counted.wrong.push(how),
            Verdict::Unavailable(how) => counted.unavailable.push(how),
        }
    }
}

impl Report {
    /// Prints the counts of a check, which is broken if an answer was false. `most_unavailable` bounds the others.
    pub fn counts(&mut self, name: &str, counts: &Counts, most_unavailable: Option<usize>) {
        let counted = counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, wrong, away) = (counted.asked, counted.wrong.len(), counted.unavailable.len());
        println!("  {name:<48} asked {asked:>6}   false {wrong:>4}   unavailable {away:>5}");
        for example in counted.wrong.iter().take(EXAMPLES) {
            println!("      false: {example}");
        }
        for example in counted.unavailable.iter().take(EXAMPLES).filter(|_| most_unavailable.is_some()) {
            println!("      unavailable: {example}");
        }
        if wrong > 0 {
            self.broken.push(format!("{name}: {wrong} of {asked} answers were false"));
        }
        if most_unavailable.is_some_and(|most| away > most) {
            self.broken.push(format!("{name}: {away} of {asked} requests were not served"));
        }
        if asked == 0 {
            self.broken.push(format!("{name}: nothing was asked"));
        }
    }

    /// Prints a result, which is broken unless `holds`.
    pub fn check(&mut self, what: &str, holds: bool) {
        println!("  {what}{}", if holds { "" } else { "   BROKEN" });
        if !holds {
            self.broken.push(what.to_owned());
        }
    }

    /// Prints the value of a step, or records its failure.
    pub fn step<T>(&mut self, name: &str, outcome: Result<T>, show: impl FnOnce(&T) -> String) -> Option<T> {
        match outcome {
            Ok(value) => {
                println!("  {name:<48} {}", show(&value));
                Some(value)
            }
            Err(message) => {
                self.check(&format!("{name}: {message}"), false);
                None
            }
        }
    }

    /// Fails if a check was broken.
    pub fn finish(self) -> Result<()> {
        if self.broken.is_empty() {
            println!("every check holds");
            return Ok(());
        }
        Err(format!("{} checks are broken:\n  {}", self.broken.len(), self.broken.join("\n  ")))
    }
}
