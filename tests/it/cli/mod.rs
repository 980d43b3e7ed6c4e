//! The command line, through the real binary.

mod attack;
mod audit;
mod breached;
mod configuration;
mod hash;
mod output;
mod passwords;
mod roles;
mod schema;
mod service;
mod sessions;
mod usage;
mod users;

use serde_json::Value;

use crate::support::{Database, Program, program::Ran};

/// The command line with its own database.
struct Operator {
    database: Database,
    program: Program,
}

impl Operator {
    async fn new() -> Self {
        let database = Database::new().await;
        Self { program: Program::new(&database), database }
    }

    /// Runs a command that must succeed. Returns its output.
    #[track_caller]
    fn does(&self, arguments: &[&str]) -> String {
        self.does_with_input(arguments, "")
    }

    #[track_caller]
    fn does_with_input(&self, arguments: &[&str], input: &str) -> String {
        let ran = self.program.run_with_input(arguments, input.as_bytes());
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// Runs a command with `--json` that must succeed. Returns the JSON.
    #[track_caller]
    fn shows(&self, arguments: &[&str]) -> Value {
        let stdout = self.does(&[arguments, &["--json"]].concat());
        serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("not JSON: {stdout}"))
    }

    /// Runs a command that must be refused with only this line.
    #[track_caller]
    fn is_refused(&self, arguments: &[&str], line: &str) {
        self.is_refused_with_input(arguments, "", line);
    }

    #[track_caller]
    fn is_refused_with_input(&self, arguments: &[&str], input: &str, line: &str) {
        let ran = self.program.run_with_input(arguments, input.as_bytes());
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.trim_end()), (1, "", line), "{arguments:?}");
    }

    /// Creates a user with the password `the password of NAME`.
    #[track_caller]
    fn creates(&self, name: &str, role: &str) {
        let password = format!("the password of {name}\n");
        self.does_with_input(&["user", "create", name, "--role", role, "--password-stdin"], &password);
    }
}

/// Asserts this exit code and exactly one line of output, on standard error. Returns the line.
#[track_caller]
fn one_line(ran: &Ran, code: i32) -> &str {
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.lines().count()), (code, "", 1), "{ran:?}");
    ran.stderr.trim_end()
}
