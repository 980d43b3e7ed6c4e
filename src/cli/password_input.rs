//! Reads a password from the terminal without echo (a new one twice) or from standard input.

use std::io::{IsTerminal as _, Read as _};

use doorward_password::Password;

use super::output;
use crate::{
    Error, Result,
    model::{PASSWORD_CODE_POINTS, PasswordPolicy},
};

/// Longest password that is checked against a hash, in bytes.
const KNOWN_BYTES: usize = 1 << 20;

/// Reads a new password. Of standard input one final line feed is dropped.
///
/// # Errors
/// When there is no terminal and `from_stdin` is false, or the two tries differ.
pub(super) fn read(from_stdin: bool) -> Result<Password> {
    if from_stdin {
        return read_stdin(PASSWORD_CODE_POINTS * 4);
    }
    let password = ask("Password: ")?;
    if ask("Once more: ")?.reveal() == password.reveal() {
        Ok(password)
    } else {
        Err(Error::Config("the two passwords differ".to_owned()))
    }
}

/// Reads a password that exists, in whichever program it was set: once, and as long as any may be.
///
/// # Errors
/// When there is no terminal and `from_stdin` is false, or standard input holds more than a MiB.
pub(super) fn read_known(from_stdin: bool) -> Result<Password> {
    if !from_stdin {
        return ask("Password: ");
    }
    let password = read_stdin(KNOWN_BYTES)?;
    if password.reveal().len() > KNOWN_BYTES {
        return Err(Error::Config("the password is longer than a MiB".to_owned()));
    }
    Ok(password)
}

fn ask(prompt: &str) -> Result<Password> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::Config("there is no terminal to ask for the password: use --password-stdin".to_owned()));
    }
    rpassword::prompt_password(prompt)
        .map(Password::new)
        .map_err(|error| Error::system("the password cannot be read", error))
}

/// Says on standard error that a password which the operator chose is weaker than the policy asks of users.
pub(super) fn warn_if_weak(policy: &PasswordPolicy, password: &Password, name: &str) {
    if let Err(problem) = policy.check(password, name) {
        output::error(format_args!("warning: this password is weaker than the policy: {problem}"));
    }
}

/// All of standard input, or more than `most` bytes of it.
fn read_stdin(most: usize) -> Result<Password> {
    let most = u64::try_from(most + 2).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::system("standard input cannot be read", error))?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    String::from_utf8(bytes).map(Password::new).map_err(|_| Error::Config("the password is not valid UTF-8".to_owned()))
}
