//! One verification of each scheme on one core: Doorward's and other software's, in turns within one run.
//!
//! Two processes take turns: an example of `doorward-password`, and a Python program in its own environment with
//! packages from pip's configured index. Only one of them works at a time.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{Bench, middle};
use crate::Result;

const SCRIPT: &str = include_str!("hashes.py");
const PACKAGES: [&str; 4] = ["argon2-cffi", "bcrypt", "cryptography", "PyNaCl"];
const OURS: &str = "Doorward";

/// The scheme, its competitors (by prefixes of names), and the largest allowed ratio.
const TARGETS: [(&str, &[&str], f64); 4] = [
    ("pbkdf2-sha256", &["hashlib", "cryptography"], 1.0),
    ("bcrypt", &["bcrypt", "crypt(3)"], 1.2),
    ("scrypt", &["hashlib", "cryptography"], 1.4),
    ("argon2id", &["argon2-cffi"], 1.0),
];

/// A process that times one hash on request.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Scheme and library, separated by a tab.
    entries: Vec<String>,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    let example = bench.target.join("examples/verify_in_turns");
    let mut workers = [Worker::start(Command::new(&example))?, Worker::start(python(&bench.folder)?)?];
    let mut times: HashMap<String, Vec<f64>> = HashMap::new();
    let rounds = if bench.round.as_secs() > 1 { 21 } else { 5 };
    // The first round warms up memory and caches, and does not count.
    for round in 0..=rounds {
        for worker in &mut workers {
            for entry in worker.entries.clone() {
                let time = worker.ask(&entry)?;
                if round > 0 {
                    times.entry(entry).or_default().push(time);
                }
            }
        }
    }
    let medians: Vec<(&str, &str, f64)> = workers
        .iter()
        .flat_map(|worker| &worker.entries)
        .filter_map(|entry| {
            let (scheme, library) = entry.split_once('\t')?;
            Some((scheme, library, middle(times.get(entry)?)))
        })
        .collect();
    println!("{rounds} rounds; the median of each\n");
    report(&medians)
}

fn report(medians: &[(&str, &str, f64)]) -> Result<()> {
    println!("| scheme | software | ms | Doorward ÷ software |\n| --- | --- | --- | --- |");
    let mut verdicts = String::from("\n| scheme | asked | measured | |\n| --- | --- | --- | --- |\n");
    for (scheme, rivals, most) in TARGETS {
        let of = |names: &[&str]| {
            let named = |library: &str| names.iter().any(|name| library.starts_with(name));
            let times = medians.iter().filter(|(of, library, _)| *of == scheme && named(library));
            times
                .map(|(_, _, time)| *time)
                .min_by(f64::total_cmp)
                .ok_or_else(|| format!("{scheme}: nothing to compare"))
        };
        let own = of(&[OURS])?;
        for (_, library, time) in medians.iter().filter(|(of, ..)| *of == scheme) {
            println!("| {scheme} | {library} | {time:.1} | {:.2} |", own / time);
        }
        let ratio = own / of(rivals)?;
        let word = if ratio <= most { "reached" } else { "MISSED" };
        let best = rivals.join(" or ");
        verdicts += &format!("| {scheme} | at most {most} × the fastest of {best} | {ratio:.2} × | {word} |\n");
    }
    print!("{verdicts}");
    Ok(())
}

/// Returns the Python program, in a new environment under `folder`.
fn python(folder: &Path) -> Result<Command> {
    let environment = folder.join("python");
    let script = folder.join("hashes.py");
    std::fs::write(&script, SCRIPT).map_err(|error| format!("{}: {error}", script.display()))?;
    let make = |command: &mut Command| match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    };
    make(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let python = environment.join("bin/python");
    make(
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES),
    )?;
    let mut command = Command::new(python);
    command.arg(script);
    Ok(command)
}

impl Worker {
    fn start(mut command: Command) -> Result<Self> {
        let failed = |problem: &dyn std::fmt::Display| format!("the hashing process: {problem}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&format!("{command:?}: {error}")))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"no pipes"));
        };
        let mut worker = Self { child, input, output: BufReader::new(output), entries: Vec::new() };
        loop {
            match worker.line()? {
                line if line.is_empty() => return Ok(worker),
                line => worker.entries.push(line),
            }
        }
    }

    /// Returns the milliseconds of one hash.
    fn ask(&mut self, entry: &str) -> Result<f64> {
        writeln!(self.input, "{entry}").map_err(|error| format!("{entry}: {error}"))?;
        let line = self.line()?;
        line.parse().map_err(|_| format!("{entry}: {line:?} is not a time"))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line.trim_end().to_owned()),
            Ok(_) => Err("a hashing process ended early".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only if the process has already ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
