//! A command whose output cannot be written fails.

use std::fs::File;

use doorward_test_macros::async_test;

use super::Operator;

#[async_test]
async fn every_command_fails_if_its_output_cannot_be_written() {
    let operator = Operator::new().await;
    operator.creates("ann", "admin");
    drop(operator.program.serve().stop());
    for command in [
        "--help",
        "--version",
        "serve --help",
        "user list",
        "user list --json",
        "user show ann",
        "user unlock ann",
        "session list",
        "audit tail",
        "audit tail --json",
        "audit export",
        "audit export --format csv",
        "hash calibrate --json",
        "migrate status",
        "migrate up",
        "secret list",
        "secret list --json",
        "secret rotate pepper",
        "config check",
        "config show",
        "config show --json",
        "doctor",
        "doctor --json",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let full = operator.program.run_to(&arguments, File::options().write(true).open("/dev/full").unwrap());
        assert_eq!(full.code, 1, "{command}: {full:?}");
        assert!(full.stderr.contains("standard output could not be written"), "{command}: {full:?}");
        // As in `doorward user list | head`, when `head` has gone.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = operator.program.run_to(&arguments, writer);
        assert_eq!(closed.code, 1, "{command}: {closed:?}");
    }
}
