//! `doorward hash identify`: describes a stored string: its scheme, cost and strength.
//!
//! It handles any number of strings and never prints one.

use std::{
    ffi::OsStr,
    io::{BufRead, Read as _, stdin},
};

use doorward_password::{Password, StoredHash};
use serde_json::{Value, json};

use super::read;
use crate::{
    Error, Result,
    cli::{outcome::CommandOutcome, output},
    config::Hashing,
};

/// The longest line that is read completely, in bytes; no hash is nearly as long.
const LINE_BYTES: u64 = 64 * 1024;
const HEAD: [&str; 6] = ["SCHEME", "COST", "MEMORY", "STRENGTH", "BECAUSE", "AT THE NEXT LOGIN"];

/// The description of one hash.
struct Told {
    scheme: &'static str,
    cost: String,
    memory_kib: u32,
    strength: &'static str,
    reason: &'static str,
    is_replaced: bool,
}

/// Describes one string.
pub(super) fn one(as_json: bool, hashing: &Hashing, text: &OsStr) -> Result<CommandOutcome> {
    match read::stored(text.as_encoded_bytes()) {
        Err(why) => {
            output::error(format_args!("refused: {why}"));
            Ok(CommandOutcome::Refused)
        }
        Ok(stored) => {
            let told = identify(&stored, hashing);
            if as_json {
                output::json(&told.json());
            } else {
                for (name, cell) in HEAD.iter().zip(told.cells()) {
                    output::line(format_args!("{:18} {cell}", name.to_lowercase()));
                }
            }
            Ok(CommandOutcome::Done)
        }
    }
}

/// Describes every line of standard input. An empty line is a string like any other.
pub(super) fn lines(as_json: bool, hashing: &Hashing) -> Result<CommandOutcome> {
    let mut input = stdin().lock();
    let (mut objects, mut rows, mut outcome) = (Vec::new(), Vec::new(), CommandOutcome::Done);
    for number in 1_usize.. {
        let Some(line) =
            next_line(&mut input).map_err(|error| Error::system("standard input cannot be read", error))?
        else {
            break;
        };
        let told = read::stored(&line).map(|stored| identify(&stored, hashing));
        if told.is_err() {
            outcome = CommandOutcome::Refused;
        }
        match told {
            Ok(told) if as_json => objects.push(with_line(number, told.json())),
            Err(why) if as_json => objects.push(json!({ "line": number, "refused": why })),
            Ok(told) => rows.push([vec![number.to_string()], told.cells().into()].concat()),
            Err(why) => output::error(format_args!("line {number}: refused: {why}")),
        }
    }
    if as_json {
        output::json(&objects.into());
    } else if !rows.is_empty() {
        output::table(&[["LINE"].as_slice(), &HEAD].concat(), &rows);
    }
    Ok(outcome)
}

fn with_line(number: usize, mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("line".to_owned(), number.into());
    }
    object
}

/// Reads the next line without its line feed and a preceding carriage return, truncated if too long for a hash; `None`
/// at the end.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        // Exports from Windows end lines in this way, and no hash ends with CR.
        line.pop_if(|last| *last == b'\r');
    } else {
        input.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

fn identify(stored: &StoredHash, hashing: &Hashing) -> Told {
    let strength = stored.strength();
    // bcrypt hashes of truncated passwords are replaced too, but the string does not show them.
    let any = Password::new(String::new());
    let is_replaced = stored.is_weaker_than(&hashing.settings, &any);
    Told {
        scheme: stored.scheme(),
        cost: stored.cost(),
        memory_kib: stored.memory_kib(),
        strength: strength.word(),
        reason: strength.reason(),
        is_replaced,
    }
}

impl Told {
    fn cells(&self) -> [String; HEAD.len()] {
        let memory = if self.memory_kib < 1024 {
            format!("{} KiB", self.memory_kib)
        } else {
            format!("{:.0} MiB", f64::from(self.memory_kib) / 1024.0)
        };
        let fate = if self.is_replaced { "replaced" } else { "kept" };
        [self.scheme, &self.cost, &memory, self.strength, self.reason, fate].map(str::to_owned)
    }

    fn json(&self) -> Value {
        json!({
            "scheme": self.scheme,
            "cost": self.cost,
            "memory_kib": self.memory_kib,
            "strength": self.strength,
            "reason": self.reason,
            "replaced_at_next_login": self.is_replaced,
        })
    }
}
