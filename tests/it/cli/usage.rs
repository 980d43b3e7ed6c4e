//! Wrong usage is exit code 2 and one line on standard error; help and version are exit code 0.

use super::{Operator, one_line};
use doorward_test_macros::async_test;

#[async_test]
async fn wrong_usage_is_one_line_and_exit_code_2() {
    let operator = Operator::new().await;
    for arguments in [
        ["--no-such-flag"].as_slice(),
        &["no-such-command"],
        &["serve", "--no-such-flag"],
        &["serve", "surplus"],
        &["user", "show"],
        &["user", "create"],
        &["user", "set-role", "ann"],
        &["user", "show", "ann", "--json=yes"],
        &["config", "chekc"],
        &["user", "list", "--database-url"],
    ] {
        let ran = operator.program.run(arguments);
        assert!(one_line(&ran, 2).starts_with("error: "), "{arguments:?}: {ran:?}");
    }
}

#[async_test]
async fn a_missing_command_prints_the_usage() {
    let operator = Operator::new().await;
    for arguments in [[].as_slice(), &["user"], &["session"], &["migrate"], &["config"], &["hash"]] {
        let ran = operator.program.run(arguments);
        assert!(ran.code == 2 && ran.stdout.is_empty() && ran.stderr.contains("Usage: "), "{arguments:?}: {ran:?}");
    }
}

#[async_test]
async fn help_and_version() {
    let operator = Operator::new().await;
    let help = operator.does(&["--help"]);
    for command in ["serve", "user", "session", "hash", "migrate", "config", "doctor", "healthcheck"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command} is not in:\n{help}");
        let own = operator.does(&[command, "--help"]);
        assert!(own.contains("--config") && own.contains("--database-url"), "{own}");
    }
    assert_eq!(operator.does(&["--version"]), format!("doorward {}\n", env!("CARGO_PKG_VERSION")));
}
