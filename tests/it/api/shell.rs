//! The examples of `docs/api.md`, `docs/contracts/walk.md` and the README's start.
//!
//! The test runs every `console` block in order, in one shell, against the real server. Invariant: each command prints
//! what the page shows. Of identifiers, tokens and request ids only their equality is compared, and times are ignored. A
//! line of an answer that ends with a comma continues in the next line if that is indented. `UPDATE_DOCS=1` regenerates
//! the outputs.

use doorward_test_macros::async_test;
use std::{fs, path::Path};

use crate::{
    architecture::root,
    support::{Database, Program, eventually},
};

const FENCE: &str = "```";
/// The server's address in the pages.
const ADDRESS: &str = "127.0.0.1:5000";
/// Starts the server. It is the one command that keeps running.
const SERVE: &str = "doorward serve";
/// Runs the program from the repository, because a reader has not installed it yet.
const CARGO: &str = "cargo run --release -- ";
/// Separates the outputs of the commands.
const MARK: char = '\u{1e}';
/// Longer answers are wrapped in the pages.
const COLUMNS: usize = 110;

#[async_test]
async fn every_example_of_the_api_page_prints_its_output() {
    run(&root().join("docs/api.md"), "# `/api/v1`", 60).await;
}

#[async_test]
async fn the_start_of_the_readme_prints_its_output() {
    run(&root().join("README.md"), "## Start", 7).await;
}

#[async_test]
async fn the_walk_through_the_contracts_prints_its_output() {
    run(&root().join("docs/contracts/walk.md"), "# A walk through the contracts", 11).await;
}

/// A command of a page, and its output there.
struct Step {
    command: String,
    output: String,
    /// The range of lines of the output: the first, and the first after it.
    lines: (usize, usize),
}

/// Runs the examples under a heading, up to the next heading of the same level.
async fn run(path: &Path, heading: &str, least: usize) {
    let page = fs::read_to_string(path).unwrap();
    let steps = steps(&page, heading);
    assert!(steps.len() >= least, "{} has {} examples", path.display(), steps.len());
    let database = Database::new().await;
    let settings = steps[0].command.strip_suffix(SERVE).expect("the server comes first").split_whitespace();
    let program = settings.fold(Program::new(&database), |program, setting| {
        let (name, value) = setting.split_once('=').unwrap();
        program.variable(name, value)
    });
    let found = program.run_shell("command -v curl");
    assert_eq!(found.code, 0, "this test needs curl: install it, or run `cargo xtask test`, which does");
    let server = program.serve();
    let greeting = eventually("the last line of the start", || {
        Some(server.printed()).filter(|printed| printed.contains("no administrator yet"))
    });
    let address = server.web.address.to_string();
    let mut script = "exec 2>&1\n".to_owned();
    for step in &steps[1..] {
        let command = step.command.replace(ADDRESS, &address);
        script.push_str(&format!("printf '\\036'\n{command}\n"));
    }
    let ran = program.run_shell(&script);
    let mut printed: Vec<String> =
        ran.stdout.split(MARK).skip(1).map(|output| output.replace('\r', "").replace(&address, ADDRESS)).collect();
    // The hashes of the tests are weak, and the page is about the default ones.
    let greeting = greeting.lines().filter(|line| !line.contains("new password hashes are weak")).collect::<Vec<_>>();
    printed.insert(0, greeting.join("\n").replace(&address, ADDRESS));
    let folder = format!("{}/", database.folder().display());
    printed.iter_mut().for_each(|output| *output = output.replace(&folder, ""));
    let last = printed.len() - 1;
    assert_eq!(ran.code, 0, "`{}` ends the shell: {}", steps[last].command, printed[last]);
    let is_as_printed = differences(&steps, &printed).is_empty();
    if !is_as_printed && std::env::var_os("UPDATE_DOCS").is_some_and(|wish| wish == "1") {
        fs::write(path, rewritten(&page, &steps, &printed)).unwrap();
        return;
    }
    let differences = differences(&steps, &printed).join("\n");
    assert!(is_as_printed, "{} shows other outputs (UPDATE_DOCS=1 regenerates them)\n{differences}", path.display());
}

/// The differences between the page and the printed outputs.
fn differences(steps: &[Step], printed: &[String]) -> Vec<String> {
    assert_eq!(steps.len(), printed.len());
    let (mut of_page, mut of_run) = (Mask::default(), Mask::default());
    let pairs = steps.iter().zip(printed).map(|(step, printed)| {
        (&step.command, of_page.apply(&joined(&step.output)), of_run.apply(printed.trim_end_matches('\n')))
    });
    pairs
        .filter(|(_, expected, printed)| expected != printed)
        .map(|(command, expected, printed)| format!("$ {command}\n--- page\n{expected}\n--- printed\n{printed}"))
        .collect()
}

/// The commands of the `console` blocks under `heading`.
fn steps(page: &str, heading: &str) -> Vec<Step> {
    let level = heading.split_inclusive(' ').next().unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let (mut is_inside, mut is_in_command) = (false, false);
    let lines = page.lines().enumerate().skip_while(|(_, line)| *line != heading).skip(1);
    for (number, line) in lines.take_while(|(_, line)| !line.starts_with(level)) {
        if line.starts_with(FENCE) {
            is_inside = !is_inside && line == "```console";
            continue;
        }
        if !is_inside {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            let command = command.replace(CARGO, "doorward ");
            is_in_command = continues(&command);
            steps.push(Step { command, output: String::new(), lines: (number + 1, number + 1) });
            continue;
        }
        let step = steps.last_mut().expect("a block begins with a command");
        if is_in_command {
            step.command.push_str(&format!("\n{line}"));
            step.lines = (number + 1, number + 1);
            is_in_command = continues(&step.command);
        } else {
            step.output.push_str(&format!("{line}\n"));
            step.lines.1 = number + 1;
        }
    }
    steps
}

/// Whether the command continues on the next line.
fn continues(command: &str) -> bool {
    let mut quote = None;
    for character in command.chars() {
        match quote {
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ => {}
        }
    }
    quote.is_some() || command.ends_with('\\')
}

/// An output of the page with its wrapped lines joined.
fn joined(output: &str) -> String {
    output.trim_end_matches('\n').replace(",\n  ", ",")
}

/// A line for the page: tokens are shortened, and a long answer is wrapped before a member or an item.
fn wrapped(line: &str) -> String {
    let line = words(line).map(|word| if is_token(word) { format!("{}…", &word[..12]) } else { word.to_owned() });
    let line: String = line.collect();
    if line.chars().count() <= COLUMNS || !line.starts_with('{') {
        return line;
    }
    let mut lines = vec![String::new()];
    // This splits no string: inside one, a backslash would precede the quotation mark.
    for part in line.replace(",\"", ",\n\"").replace(",{", ",\n{").lines() {
        let last = lines.last_mut().unwrap();
        let is_too_long = last.chars().count() + part.chars().count() > COLUMNS;
        if is_too_long && !last.is_empty() { lines.push(format!("  {part}")) } else { last.push_str(part) }
    }
    lines.join("\n")
}

fn rewritten(page: &str, steps: &[Step], printed: &[String]) -> String {
    let lines: Vec<&str> = page.lines().collect();
    let (mut text, mut from) = (String::new(), 0);
    for (step, printed) in steps.iter().zip(printed) {
        lines[from..step.lines.0].iter().for_each(|line| text.push_str(&format!("{line}\n")));
        printed.trim_end_matches('\n').lines().for_each(|line| text.push_str(&format!("{}\n", wrapped(line))));
        from = step.lines.1;
    }
    lines[from..].iter().for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

/// Replaces the parts that differ between runs with constant words.
#[derive(Default)]
struct Mask {
    seen: Vec<String>,
}

impl Mask {
    fn apply(&mut self, text: &str) -> String {
        // The engine, the file and the date differ between runs.
        let lines =
            text.lines().map(|line| match ["  database ", "date: "].iter().find(|word| line.starts_with(**word)) {
                Some(word) => (*word).to_owned(),
                None => self.line(line),
            });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn line(&mut self, line: &str) -> String {
        words(line)
            .map(|word| match word {
                _ if is_time(word) => "TIME".to_owned(),
                _ if word.starts_with("curl/") => "CURL".to_owned(),
                _ if is_token(word) => self.numbered("TOKEN", &word[..12]),
                _ if is_uid(word) => self.numbered("ID", word),
                _ if is_request_id(word) => self.numbered("REQUEST", word),
                _ => word.to_owned(),
            })
            .collect()
    }

    fn numbered(&mut self, kind: &str, word: &str) -> String {
        let known = self.seen.iter().position(|seen| seen == word);
        let number = known.unwrap_or_else(|| {
            self.seen.push(word.to_owned());
            self.seen.len() - 1
        });
        format!("{kind}-{number}")
    }
}

/// The parts of a line: runs of the characters of identifiers, and the text between them.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_alphanumeric() || "-_:./…".contains(character);
    let mut rest = line;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|character| is_part(character) != is_part(first)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word)
    })
}

/// Whether `word` has the form `form`, in which `0` means a digit and `x` a hexadecimal digit.
fn is_like(word: &str, form: &str) -> bool {
    word.len() == form.len()
        && word.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            form => byte == form,
        })
}

fn is_time(word: &str) -> bool {
    is_like(word, "0000-00-00T00:00:00Z")
}

fn is_uid(word: &str) -> bool {
    is_like(word, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

fn is_token(word: &str) -> bool {
    (word.starts_with("dws_") || word.starts_with("dwd_")) && word.len() > 12
}

fn is_request_id(word: &str) -> bool {
    word.split_once('-').is_some_and(|(process, number)| {
        is_like(process, "xxxxxxxx") && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[test]
fn parts_that_differ_between_runs_are_compared_by_equality() {
    let mut mask = Mask::default();
    let line = r#"{"id":"01a20477-c5a6-7ec5-8091-fe90ec90b1da","at":"2026-11-22T18:14:47Z","token":"dws_ut-wdjTI…"}"#;
    assert_eq!(mask.apply(line), r#"{"id":"ID-0","at":"TIME","token":"TOKEN-1"}"#);
    assert_eq!(mask.apply("a2882580-1f 01a20477-c5a6-7ec5-8091-fe90ec90b1da"), "REQUEST-2 ID-0");
    assert_eq!(mask.apply("a2882580-1g 2026-11-22 curl/8.5.0 ann"), "a2882580-1g 2026-11-22 CURL ann");
    let long = format!(r#"{{"a":"{}","b":"{}"}}"#, "x".repeat(80), "y".repeat(80));
    assert!(wrapped(&long).contains(",\n  \""));
    assert_eq!(joined(&wrapped(&long)), long);
}
