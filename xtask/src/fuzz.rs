//! `cargo xtask fuzz`: a fuzz target of `fuzz/`, on the stable toolchain, for as long as one likes.
//!
//! The flags are those of cargo-fuzz without a sanitizer, since the code has no `unsafe`; all of them are stable. The
//! corpus begins with the test vectors and stays under `target/`, as does whatever is found.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

const DEFAULT_TARGET: &str = "stored_hash";
const DEFAULT_SECONDS: u32 = 60;
/// Longest input, in bytes: beyond the longest string that is read at all.
const INPUT_BYTES: usize = 4200;

/// What libFuzzer needs to see which branches an input takes.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// Runs `[TARGET] [--seconds N]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let (target, seconds) = parse(arguments)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let home = root.join("target/fuzz");
    let corpus = home.join("corpus").join(&target);
    let found = home.join("found").join(&target);
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    seed(&root.join("crates/password/tests/vectors.json"), &corpus)?;
    let binary = build(&root, &home, &target)?;
    let status = Command::new(binary)
        .arg(&corpus)
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .args(["-timeout=10", "-print_final_stats=1"])
        .status()
        .map_err(|error| format!("the fuzz target: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("something was found; see {}", found.display())) }
}

fn parse(arguments: &[String]) -> Result<(String, u32)> {
    let (mut target, mut seconds) = (DEFAULT_TARGET.to_owned(), DEFAULT_SECONDS);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().and_then(|text| text.parse().ok());
            seconds = number.ok_or("--seconds takes a number")?;
        } else if argument.starts_with('-') {
            return Err(format!("unknown option {argument}"));
        } else {
            target.clone_from(argument);
        }
    }
    Ok((target, seconds))
}

/// Builds for this machine by its name, so that the flags do not reach build scripts.
fn build(root: &Path, home: &Path, target: &str) -> Result<PathBuf> {
    let version = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not tell its host")?;
    let status = Command::new("cargo")
        .args(["build", "--release", "--target", host, "--bin", target, "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"))
        .env("CARGO_TARGET_DIR", home)
        .env("RUSTFLAGS", FLAGS.join(" "))
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("the fuzz target does not build".to_owned());
    }
    Ok(home.join(host).join("release").join(target))
}

/// Writes each vector's hash to a file of its own.
fn seed(vectors: &Path, corpus: &Path) -> Result<()> {
    let text = fs::read_to_string(vectors).map_err(|error| format!("{}: {error}", vectors.display()))?;
    for (number, line) in text.lines().enumerate() {
        let hash = line.split_once("\"hash\": \"").and_then(|(_, rest)| rest.split_once("\", \"verifies\""));
        if let Some((hash, _)) = hash {
            let hash = hash.replace("\\\"", "\"").replace("\\\\", "\\").replace("\\n", "\n");
            let file = corpus.join(format!("vector-{number:03}"));
            fs::write(&file, hash).map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(())
}
