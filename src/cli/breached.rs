//! `doorward breached …`: builds a filter of forbidden passwords, and checks a password against one.
//!
//! It opens no database. Invariant: the file appears complete or not at all. No password is printed, neither a listed
//! nor a checked one.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufRead, BufReader, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use clap::Subcommand;

use super::{outcome::CommandOutcome, output, password_input, progress};
use crate::{
    Error, Result,
    model::{Blocklist, BlocklistKey, PASSWORD_CODE_POINTS, PasswordRules, in_lower_case},
    ops::legacy::run::AdoptionProgress,
};

/// The longest line that can be a password.
const LINE_BYTES: usize = PASSWORD_CODE_POINTS * 4;
const MIB: u64 = 1 << 20;
/// The number of lines between two readings of the clock.
const LINES: u64 = 10_000;
/// The owner may write, all users may read: the file is not secret.
const MODE: u32 = 0o644;

#[derive(Subcommand)]
pub(super) enum BreachedCommand {
    /// Create a filter from a list of passwords, for the key password.blocklist
    #[command(
        after_help = "The list is read once, from beginning to end; it may be a pipe. Memory: some 35 bytes an entry."
    )]
    Build {
        /// The list: one password a line, in UTF-8
        #[arg(long, value_name = "LIST")]
        from: PathBuf,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// The list has lines of SHA1 or SHA1:COUNT in hexadecimal, like the list of Have I Been Pwned
        #[arg(long)]
        sha1: bool,
    },
    /// Check whether a password is on a list: exit code 1 if it is
    Check {
        /// A file that `breached build` created [default: the list in the program]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Read the password from standard input: exactly one line
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) fn run(command: BreachedCommand) -> Result<CommandOutcome> {
    match command {
        BreachedCommand::Build { from, to, sha1 } => build(&from, &to, sha1),
        BreachedCommand::Check { file, password_stdin } => check(file.as_deref(), password_stdin),
    }
}

/// The results for the lines of a list.
#[derive(Default)]
struct Lines {
    read: u64,
    empty: u64,
    skipped: u64,
}

fn build(from: &Path, to: &Path, is_sha1: bool) -> Result<CommandOutcome> {
    let (keys, lines) = read_list(from, is_sha1).map_err(|error| Error::system(&from.display().to_string(), error))?;
    let list = match Blocklist::build(keys) {
        Ok(list) => list,
        Err(problem) => {
            output::error(format_args!("refused: {}: {problem}", from.display()));
            return Ok(CommandOutcome::Refused);
        }
    };
    let bytes = list.to_bytes();
    write_whole(to, &bytes).map_err(|error| Error::system(&to.display().to_string(), error))?;
    output::line(format_args!(
        "{} lines: {} different passwords; {} empty lines and {} that cannot be {} left out",
        lines.read,
        list.entries(),
        lines.empty,
        lines.skipped,
        if is_sha1 { "a SHA-1" } else { "a password" },
    ));
    output::line(format_args!("{}: {} bytes", to.display(), bytes.len()));
    Ok(CommandOutcome::Done)
}

fn read_list(from: &Path, is_sha1: bool) -> io::Result<(Vec<BlocklistKey>, Lines)> {
    let file = File::open(from)?;
    let size = file.metadata()?.len();
    let mut input = BufReader::with_capacity(1 << 20, file);
    let mut shown = progress::Shown::counting("MiB");
    let (mut keys, mut lines, mut line, mut bytes) = (Vec::new(), Lines::default(), Vec::new(), 0_u64);
    while read_line(&mut input, &mut line, &mut bytes)? {
        lines.read += 1;
        match key_of(&line, is_sha1) {
            _ if line.is_empty() => lines.empty += 1,
            Some(key) => keys.push(key),
            None => lines.skipped += 1,
        }
        if lines.read.is_multiple_of(LINES) {
            shown.show(AdoptionProgress { rows: bytes / MIB, of: size.max(bytes) / MIB });
        }
    }
    shown.clear();
    Ok((keys, lines))
}

/// Reads a line without its ending (one or two bytes), and keeps no more bytes than needed.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>, bytes: &mut u64) -> io::Result<bool> {
    line.clear();
    loop {
        let available = input.fill_buf()?;
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
        let room = (LINE_BYTES + 2).saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        let (taken, is_end) = (part.len() + usize::from(end.is_some()), available.is_empty());
        input.consume(taken);
        *bytes += taken as u64;
        if end.is_some() || is_end {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(end.is_some() || !line.is_empty());
        }
    }
}

/// Returns the key of a line if it can be a password, or its SHA-1.
fn key_of(line: &[u8], is_sha1: bool) -> Option<BlocklistKey> {
    if is_sha1 {
        let digits = line.split(|byte| *byte == b':').next()?;
        let (pairs, []) = digits.as_chunks::<2>() else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        return Some(BlocklistKey::of_sha1(&bytes?.try_into().ok()?));
    }
    let text = std::str::from_utf8(line).ok()?;
    (text.len() <= LINE_BYTES && text.chars().count() <= PASSWORD_CODE_POINTS)
        .then(|| BlocklistKey::of(&in_lower_case(text)))
}

/// Writes a temporary file beside `to` and renames it.
fn write_whole(to: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = to.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = to.with_file_name(name);
    let written = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.sync_all()?;
        fs::rename(&beside, to)
    });
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

fn check(file: Option<&Path>, password_stdin: bool) -> Result<CommandOutcome> {
    let list = match file {
        None => PasswordRules::common_passwords().map_err(|problem| (PathBuf::from("the program's list"), problem)),
        Some(path) => {
            let bytes = fs::read(path).map_err(|error| Error::system(&path.display().to_string(), error))?;
            Blocklist::from_bytes(&bytes).map_err(|problem| (path.to_owned(), problem))
        }
    };
    let list = list.map_err(|(path, problem)| Error::System(format!("{}: {problem}", path.display())))?;
    let password = password_input::read_existing(password_stdin)?;
    if list.lists(password.reveal()) {
        output::error("refused: the password is on the list");
        return Ok(CommandOutcome::Refused);
    }
    output::line(format_args!("the password is none of the {} on the list", list.entries()));
    Ok(CommandOutcome::Done)
}
