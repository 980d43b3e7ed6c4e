//! `cargo xtask fuzz`: runs one fuzz target of `fuzz/`, or all in turn, on the stable toolchain.
//!
//! The flags are those of cargo-fuzz without a sanitizer, since the code has no `unsafe`; all are stable. The corpus
//! starts with the test vectors or a few valid inputs. Corpus and findings stay under `target/`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

const ALL: &str = "all";
const DEFAULT_SECONDS: u32 = 60;
/// The longest input, in bytes: longer than any accepted string.
const INPUT_BYTES: usize = 4200;

/// All targets, with valid inputs for the start.
const TARGETS: &[(&str, &[&str])] = &[
    ("stored_hash", &[]),
    (
        "json_bodies",
        &[
            "\0\0{\"name\":\"ann\",\"password\":\"a violin in the greenhouse\",\"attributes\":{\"a\":[1,null]}}",
            "\u{3}\0{\"attributes\":{\"a\":1},\"name\":\"Eve\",\"current_password\":\"p\"}",
            "\u{f}\0{\"name\":\"ann\",\"password\":\"p\",\"token\":\"body\"}",
            "\u{16}\0{\"name\":\"support\",\"permissions\":[\"users:read\",\"invoices:read\"]}",
            "\u{1a}\0{\"permission\":\"invoices:read\"}",
            "\0\0{\"username\":\"ann\",\"password\":\"\\ud83e\\udd80\"}",
        ],
    ),
    (
        "credentials",
        &[
            "\0session=dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; a=b",
            "\0__Host-session=dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "\u{1}Bearer dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\u{3}same-origin",
            "\u{2}https://id.example\n\u{4}id.example",
        ],
    ),
    (
        "forwarded",
        &[
            "\u{0}203.0.113.7, 10.0.0.2",
            "\u{1}for=\"[2001:db8::1]:4711\";proto=https, For=10.0.0.2;by=_x",
            "\u{2}unknown, , ::ffff:10.0.0.1",
            "\u{3}for=\"_a\\\"b\"",
        ],
    ),
    ("names", &["Zo\u{eb} Smith", "\u{130}stanbul", "\u{fb01}\u{1e9e}\u{212a}", "e\u{301} \u{3a3}\u{3c2}"]),
    (
        "proxy_header",
        &[
            "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n",
            "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n",
            "PROXY UNKNOWN\r\n",
            "\r\n\r\n\0\r\nQUIT\n!\u{11}\0\u{c}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{9}\u{a}\u{b}\u{c}",
        ],
    ),
    (
        "configuration",
        &[
            "[server]\nlisten = \"127.0.0.1:5000\"\ntrusted_proxies = [\"10.0.0.5\"]\n[hashing]\nmax_wait = \"3s\"\n",
            "[database]\nurl = \"hunter2hunter2\"\n",
            "[password]\nmin_length = \"hunter2hunter2\"\n",
        ],
    ),
];

/// The flags that libFuzzer needs to see the branches of an input.
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
    let (wanted, seconds) = parse(arguments)?;
    let chosen: Vec<_> = TARGETS.iter().filter(|(target, _)| wanted == ALL || wanted == *target).collect();
    if chosen.is_empty() {
        let names: Vec<_> = TARGETS.iter().map(|(target, _)| *target).collect();
        return Err(format!("unknown target {wanted}; the targets are {} and {ALL}", names.join(", ")));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let home = root.join("target/fuzz");
    let binaries = build(&root, &home)?;
    for (target, seeds) in chosen {
        println!("--- {target}");
        fuzz((&root, &home), &binaries, (target, seeds), seconds)?;
    }
    Ok(())
}

fn fuzz((root, home): (&Path, &Path), binaries: &Path, (target, seeds): (&str, &[&str]), seconds: u32) -> Result<()> {
    let corpus = home.join("corpus").join(target);
    let found = home.join("found").join(target);
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    match seeds {
        [] => seed_with_vectors(&root.join("crates/password/tests/vectors.json"), &corpus)?,
        seeds => {
            for (number, seed) in seeds.iter().enumerate() {
                write(&corpus.join(format!("seed-{number}")), seed)?;
            }
        }
    }
    let binary = binaries.join(target);
    let status = Command::new(binary)
        .arg(&corpus)
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .args(["-timeout=10", "-print_final_stats=1"])
        .status()
        .map_err(|error| format!("the fuzz target: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the fuzzer found a fault; see {}", found.display())) }
}

fn parse(arguments: &[String]) -> Result<(String, u32)> {
    let (mut target, mut seconds) = (ALL.to_owned(), DEFAULT_SECONDS);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().and_then(|text| text.parse().ok());
            seconds = number.ok_or("--seconds needs a number")?;
        } else if argument.starts_with('-') {
            return Err(format!("unknown option {argument}"));
        } else {
            target.clone_from(argument);
        }
    }
    Ok((target, seconds))
}

/// Builds for this machine by name, so that the flags do not reach build scripts, and returns the folder of the
/// programs.
fn build(root: &Path, home: &Path) -> Result<PathBuf> {
    let version = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not report its host")?;
    let status = Command::new("cargo")
        .args(["build", "--release", "--target", host, "--bins", "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"))
        .env("CARGO_TARGET_DIR", home)
        .env("RUSTFLAGS", FLAGS.join(" "))
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("the build of the fuzz targets failed".to_owned());
    }
    Ok(home.join(host).join("release"))
}

/// Writes each vector's hash to a separate file.
fn seed_with_vectors(vectors: &Path, corpus: &Path) -> Result<()> {
    let text = fs::read_to_string(vectors).map_err(|error| format!("{}: {error}", vectors.display()))?;
    for (number, line) in text.lines().enumerate() {
        let hash = line.split_once("\"hash\": \"").and_then(|(_, rest)| rest.split_once("\", \"verifies\""));
        if let Some((hash, _)) = hash {
            let hash = hash.replace("\\\"", "\"").replace("\\\\", "\\").replace("\\n", "\n");
            let file = corpus.join(format!("vector-{number:03}"));
            write(&file, &hash)?;
        }
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
