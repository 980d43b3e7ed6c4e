//! Commands read passwords from standard input or the terminal, never from an argument.

use super::{Operator, one_line};
use doorward_test_macros::async_test;

/// Creates a user with exactly these bytes on standard input. Returns whether `password` logs in.
fn logs_in_with(operator: &Operator, number: usize, input: &str, password: &str) -> bool {
    let server = operator.program.serve();
    let name = format!("person {number}");
    operator.does_with_input(&["user", "create", &name, "--password-stdin"], input);
    server.web.clone().log_in(&name, password).status == 200
}

#[async_test]
async fn one_line_of_standard_input_is_the_password_without_its_line_ending() {
    let operator = Operator::new().await;
    for (number, (input, password)) in [
        ("a password that is long", "a password that is long"),
        ("a password that is long\n", "a password that is long"),
        ("a password that is long\r\n", "a password that is long"),
        ("\u{feff}a password that is long\r\n", "a password that is long"),
        (" blanks around it  \n", " blanks around it  "),
        ("grüße 🔑 ключ 鍵 ñandú\n", "grüße 🔑 ключ 鍵 ñandú"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(logs_in_with(&operator, number, input, password), "{input:?}");
    }
}

#[async_test]
async fn input_that_is_not_one_line_is_rejected_and_sets_no_password() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    let server = operator.program.serve();
    let hash = "$2b$04$fIU0eGaUKyi4Zas4CBwOw.M8hBwHwT5mCoqQGGnLNZaoSjX1sOQXe";
    for (input, problem) in [
        (b"".as_slice(), "is empty; it must be one line with the password"),
        (b"\r\n", "is empty; it must be one line with the password"),
        (b"a password that is long\n\n", "has more than one line"),
        (b"two\nlines of a password\n", "has more than one line"),
        (b"a password that is long\0\n", "contains a NUL character"),
        (b"a password that is long\r", "contains a carriage return that does not end the line"),
        (b"not \xff UTF-8, and long enough", "is not valid UTF-8"),
        (b"\xff\xfea\0", "is UTF-16; it must be UTF-8"),
        (&[b'x'; 2 << 20], "is longer than 1 MiB"),
    ] {
        let line = format!("error: --password-stdin: standard input {problem}");
        for command in [
            ["user", "create", "bob", "--password-stdin"].as_slice(),
            &["user", "set-password", "ann", "--password-stdin"],
            &["hash", "verify", "--password-stdin", "--", hash],
            &["breached", "check", "--password-stdin"],
        ] {
            assert_eq!(one_line(&operator.program.run_with_input(command, input), 1), line, "{command:?}");
        }
    }
    assert_eq!(operator.shows(&["user", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(server.web.clone().log_in("ann", "the password of ann").status, 200);
}

#[async_test]
async fn passwords_beyond_the_longest_are_refused() {
    let operator = Operator::new().await;
    let create = ["user", "create", "ann", "--password-stdin"];
    let at_most = "🔑".repeat(1024);
    for too_long in [format!("{at_most}x"), "🔑".repeat(2000), "x".repeat(1025), "x".repeat(200_000)] {
        let ran = operator.program.run_with_input(&create, too_long.as_bytes());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains("refused: Password must be at most 1024 characters long"), "{ran:?}");
    }
    operator.does_with_input(&create, &format!("{at_most}\n"));
}

#[async_test]
async fn a_weak_password_is_accepted_with_a_warning() {
    let operator = Operator::new().await;
    let ran = operator.program.run_with_input(&["user", "create", "ann", "--password-stdin"], b"short");
    assert_eq!(ran.code, 0);
    let warning = "warning: this password is weaker than the policy: Password must be at least 15 characters long";
    assert_eq!(ran.stderr.trim_end(), warning);
    let ran = operator.program.run_with_input(&["user", "set-password", "ann", "--password-stdin"], b"short");
    assert_eq!((ran.code, ran.stderr.trim_end()), (0, warning));
}

#[async_test]
async fn a_password_is_never_read_from_an_argument() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    let secret = "canary-password";
    for arguments in [
        ["user", "create", "bob", "--password", secret].as_slice(),
        &["user", "create", "bob", secret],
        &["user", "set-password", "ann", secret],
        &["user", "set-password", "ann", "--password-stdin=canary-password"],
    ] {
        let ran = operator.program.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
    // Without a terminal, no password can be asked for.
    let asked = "error: there is no terminal to ask for the password: use --password-stdin";
    for arguments in [["user", "create", "bob"].as_slice(), &["user", "set-password", "ann"]] {
        let ran = operator.program.run_with_input(arguments, b"a password that is long\n");
        assert_eq!(one_line(&ran, 1), asked);
    }
    assert_eq!(operator.shows(&["user", "list"]).as_array().unwrap().len(), 1);
}
