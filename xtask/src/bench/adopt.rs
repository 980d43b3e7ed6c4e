//! `doorward adopt run` over a million rows of a MariaDB table: time and memory, with either engine as the target.
//!
//! The table contains Werkzeug strings, none of which is computed. The database server shares the two cores with the
//! command.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::Bench;
use crate::{
    Result,
    mariadb::{DATABASE, MariaDb},
};

const ROWS: u64 = 1_000_000;
/// The interval between readings of the command's memory. The system keeps the peak, so little is missed.
const LOOK: Duration = Duration::from_millis(20);

/// The cost of one run.
struct Took {
    time: Duration,
    peak_mib: f64,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    let server = MariaDb::start()?;
    let started = Instant::now();
    server.execute(&format!(
        "CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(100) NOT NULL UNIQUE,
             password VARCHAR(255) NOT NULL);
         INSERT INTO users SELECT seq, CONCAT('user', seq),
             CONCAT('pbkdf2:sha256:600000$', SUBSTR(MD5(seq), 1, 16), '$', SHA2(seq, 256)) FROM seq_1_to_{ROWS}"
    ))?;
    println!("{ROWS} rows of Werkzeug's strings in MariaDB, filled in {:.1?}", started.elapsed());
    println!("\n| to | run | seconds | rows/s | peak memory MiB |");
    println!("| --- | --- | --- | --- | --- |");
    let old = format!("{}/{DATABASE}", server.url());
    for (engine, own) in [("SQLite", "sqlite:adopt.db"), ("MariaDB, the same database", old.as_str())] {
        for what in ["first", "second"] {
            let Took { time, peak_mib } = adopt(bench, own, &old)?;
            let seconds = time.as_secs_f64();
            println!("| {engine} | {what} | {seconds:.1} | {:.0} | {peak_mib:.1} |", ROWS as f64 / seconds);
        }
    }
    Ok(())
}

fn adopt(bench: &Bench, own: &str, old: &str) -> Result<Took> {
    let program = bench.target.join("doorward");
    let started = Instant::now();
    let mut process = Command::new(&program)
        .args(["adopt", "run", "--json", "--database-url", own, "--from", if own == old { "same" } else { old }])
        .current_dir(&bench.folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let mut peak_mib = 0.0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
        if let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            let kib: f64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| format!("VmHWM is {line}"))?;
            peak_mib = kib / 1024.0;
        }
        match process.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(Took { time: started.elapsed(), peak_mib }),
            Some(status) => return Err(format!("adopt run ended with {status}")),
            None => sleep(LOOK),
        }
    }
}
