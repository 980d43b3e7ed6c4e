//! `cargo xtask bench`: speed and memory of the release build, as ratios within one run.
//!
//! Absolute numbers of two runs must not be compared: programs and machines differ. Compared values are measured in the
//! same minutes, in turns. Each measurement has its own file; shared code is here.

mod adopt;
mod compare;
mod enumeration;
mod hashes;
mod lists;
mod memory;
mod routes;
mod storm;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{Result, server::Server};

/// The parameters of a run.
struct Bench {
    target: PathBuf,
    folder: PathBuf,
    round: Duration,
    with_mariadb: bool,
    /// An earlier program for comparison.
    before: Option<PathBuf>,
    /// Whether logins of a comparison hash with the default settings.
    with_default_hash: bool,
}

pub fn run(arguments: &[String]) -> Result<()> {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let before = arguments.iter().skip_while(|argument| *argument != "--before").nth(1);
    let is_word = |argument: &&String| !argument.starts_with('-') && Some(*argument) != before;
    let what = arguments.iter().find(is_word).map_or("routes", String::as_str);
    let measure = match what {
        "adopt" => adopt::run,
        "compare" => compare::run,
        "enumeration" => enumeration::run,
        "hashes" => hashes::run,
        "lists" => lists::run,
        "memory" => memory::run,
        "routes" => routes::run,
        "storm" => storm::run,
        other => return Err(format!("unknown bench {other}")),
    };
    build(what)?;
    let folder = std::env::temp_dir().join(format!("doorward-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let target = std::path::absolute(target).map_err(|error| error.to_string())?.join("release");
    let round = Duration::from_secs(if has("--quick") { 1 } else { 5 });
    let before = before.map(std::path::absolute).transpose().map_err(|error| error.to_string())?;
    let bench = Bench {
        target,
        folder: folder.clone(),
        round,
        with_mariadb: !has("--sqlite"),
        before,
        with_default_hash: has("--default-hash"),
    };
    println!("machine: {}", machine());
    let outcome = measure(&bench);
    drop(std::fs::remove_dir_all(&folder));
    outcome
}

fn build(what: &str) -> Result<()> {
    let server = ["build", "--release", "--locked", "--package", "doorward", "--bins"];
    let floor = ["build", "--release", "--locked", "--package", "xtask-floor"];
    let hashes = ["build", "--release", "--locked", "--package", "doorward-password", "--examples"];
    let needed: &[&[&str]] = match what {
        "compare" => &[&server],
        "hashes" => &[&hashes],
        _ => &[&server, &floor, &hashes],
    };
    for arguments in needed {
        let status = Command::new("cargo").args(*arguments).status().map_err(|error| format!("cargo: {error}"))?;
        if !status.success() {
            return Err("the release build failed".to_owned());
        }
    }
    Ok(())
}

impl Bench {
    /// Starts a server with the database at `url` and these environment variables.
    fn doorward(&self, url: &str, variables: &[(&str, &str)]) -> Result<Server> {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", url];
        let server = Server::start(&self.target.join("doorward"), &arguments, variables, &self.folder)?;
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Returns the milliseconds of one hash on one thread.
    fn hash_time(&self) -> Result<f64> {
        let program = self.target.join("examples/hash_time");
        let output = Command::new(&program).output().map_err(|error| format!("{}: {error}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map_err(|_| format!("hash_time printed {text:?}"))
    }
}

fn post(path: &str, name: &str) -> Vec<u8> {
    let body = format!(r#"{{"username":"{name}","password":"the password of {name}"}}"#);
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn middle(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let model = field(&read("/proc/cpuinfo"), "model name");
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{model}, {} cores, {memory} memory, Linux {}", cores(), kernel.trim())
}

/// Returns the memory of one hash with default settings, in MiB.
fn hash_memory_mib() -> f64 {
    19_456.0 / 1024.0
}
