//! The password of a command: from the terminal without echo (a new one twice), or the one line of standard input.
//!
//! Invariant: with `--password-stdin`, the password is exactly one non-empty line of UTF-8. Other input is rejected, because
//! a password with an invisible character at its end could not be typed at a login.

use std::io::{IsTerminal as _, Read as _};

use doorward_password::Password;

use super::output;
use crate::{Error, Result, model::PasswordPolicy};

/// The limit of a password in bytes.
const MAX_BYTES: usize = 1 << 20;
/// The byte order mark and the line ending, in bytes.
const AROUND: usize = 5;
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Reads a new password.
///
/// # Errors
/// Returns [`Error::Config`] if no terminal exists and `from_stdin` is false, if the two entries differ, or if standard
/// input is not one line.
pub(super) fn read(from_stdin: bool) -> Result<Password> {
    if from_stdin {
        return read_stdin();
    }
    let password = prompt("Password: ")?;
    if prompt("Once more: ")?.reveal() == password.reveal() {
        Ok(password)
    } else {
        Err(Error::Config("the two passwords differ".to_owned()))
    }
}

/// Reads an existing password, which may break any rule for new ones.
///
/// # Errors
/// Returns [`Error::Config`] if no terminal exists and `from_stdin` is false, or if standard input is not one line.
pub(super) fn read_existing(from_stdin: bool) -> Result<Password> {
    if from_stdin { read_stdin() } else { prompt("Password: ") }
}

/// Warns on standard error if the operator's choice is weaker than the policy for users.
pub(super) fn warn_if_weak(policy: &PasswordPolicy, password: &Password, name: &str) {
    if let Err(problem) = policy.check(password, name) {
        output::error(format_args!("warning: this password is weaker than the policy: {problem}"));
    }
}

fn prompt(prompt: &str) -> Result<Password> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::Config("there is no terminal to ask for the password: use --password-stdin".to_owned()));
    }
    rpassword::prompt_password(prompt)
        .map(Password::new)
        .map_err(|error| Error::system("the password cannot be read", error))
}

fn read_stdin() -> Result<Password> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take((MAX_BYTES + AROUND + 1) as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::system("standard input cannot be read", error))?;
    only_line(bytes)
        .map(Password::new)
        .map_err(|problem| Error::Config(format!("--password-stdin: standard input {problem}")))
}

/// Returns the only line without its byte order mark and its line ending, or why the input is not one line.
fn only_line(bytes: Vec<u8>) -> std::result::Result<String, &'static str> {
    if bytes.len() > MAX_BYTES + AROUND {
        return Err("is longer than 1 MiB");
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("is UTF-16; it must be UTF-8");
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not valid UTF-8")?;
    let line = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    match line {
        line if line.len() > MAX_BYTES => Err("is longer than 1 MiB"),
        "" => Err("is empty; it must be one line with the password"),
        line if line.contains('\0') => Err("contains a NUL character"),
        line if line.contains('\n') => Err("has more than one line"),
        line if line.contains('\r') => Err("contains a carriage return that does not end the line"),
        line => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_read_with_or_without_its_ending_and_mark() {
        for (input, password) in [
            ("a password", "a password"),
            ("a password\n", "a password"),
            ("a password\r\n", "a password"),
            ("\u{feff}a password", "a password"),
            ("\u{feff}a password\r\n", "a password"),
            (" blanks around it \t\n", " blanks around it \t"),
            ("grüße 🔑 ключ\u{2028}鍵\n", "grüße 🔑 ключ\u{2028}鍵"),
            ("a mark \u{feff} inside", "a mark \u{feff} inside"),
        ] {
            assert_eq!(only_line(input.as_bytes().to_vec()).as_deref(), Ok(password), "{input:?}");
        }
    }

    #[test]
    fn other_input_is_rejected_with_its_reason() {
        for (input, problem) in [
            (b"".as_slice(), "is empty"),
            (b"\n", "is empty"),
            (b"\r\n", "is empty"),
            (b"\xef\xbb\xbf", "is empty"),
            (b"\xef\xbb\xbf\r\n", "is empty"),
            (b"\n\n", "more than one line"),
            (b"a password\n\n", "more than one line"),
            (b"two\nlines", "more than one line"),
            (b"two\r\nlines\r\n", "more than one line"),
            (b"a password\r", "carriage return"),
            (b"a password\r\r\n", "carriage return"),
            (b"a password\0", "NUL"),
            (b"a\0password\n", "NUL"),
            (b"a password \xff", "not valid UTF-8"),
            (b"\xff\xfea\0", "UTF-16"),
            (b"\xfe\xff\0a", "UTF-16"),
        ] {
            let found = only_line(input.to_vec()).unwrap_err();
            assert!(found.contains(problem), "{input:?}: {found}");
        }
    }
}
