//! `doorward hash calibrate`: finds parameters that cost 50 to 250 ms on this machine, and compares today's.
//!
//! It measures the kernels that serve logins, alone and on the configured number of threads. It recommends the cheapest
//! parameters of each scheme that cost an attacker enough; dearer ones reduce the logins per second.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use doorward_password::{Password, Salt, Scratch, Settings};
use serde_json::{Value, json};

use crate::{
    Error, Result,
    cli::{outcome::CommandOutcome, output},
    config::Hashing,
};

/// The cost range of one hash: enough against attackers, not too long for users.
const LEAST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_millis(250);
/// argon2id: OWASP's minimum with two passes, then more memory, which costs an attacker most, up to the limit of
/// accepted hashes.
const ARGON2_MEMORY_KIB: [u32; 6] = [19_456, 32_768, 47_104, 65_536, 131_072, 262_144];
const ARGON2_ITERATIONS: [u32; 4] = [3, 4, 6, 8];
const PBKDF2_ITERATIONS: [u32; 6] = [600_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000];
const BCRYPT_COST: [u32; 6] = [10, 11, 12, 13, 14, 15];
/// The most memory of all threads together for measuring more than the first step.
const MEASURED_KIB: u64 = 2 * 1024 * 1024;
/// The repetitions of a measurement; the fastest counts.
const REPEATED: usize = 2;
/// The number of steps within the range that gives enough choice.
const ENOUGH: usize = 3;

/// The measured cost of one set of parameters.
struct Measured {
    settings: Settings,
    alone: Duration,
    busy: Duration,
    logins: f64,
}

pub(super) fn run(as_json: bool, hashing: &Hashing) -> Result<CommandOutcome> {
    let threads = hashing.pool.threads.get();
    let today = measure(hashing.settings, threads)?;
    let (mut measured, mut proposed) = (Vec::new(), Vec::new());
    for ladder in [argon2id(threads), pbkdf2(), bcrypt()] {
        let steps = climb(&ladder, threads)?;
        if let Some(step) = steps.iter().find(|step| step.alone >= LEAST).or(steps.last()) {
            proposed.push(lines(step));
        }
        measured.extend(steps);
    }
    if as_json {
        let rows: Vec<Value> = measured.iter().map(Measured::json).collect();
        output::json(&json!({
            "threads": threads, "today": today.json(), "measured": rows, "configuration": proposed,
        }));
        return Ok(CommandOutcome::Done);
    }
    let rows: Vec<Vec<String>> = measured.iter().map(Measured::cells).collect();
    output::table(&["SCHEME", "PARAMETERS", "MS ALONE", "MS BUSY", "LOGINS/S", "MIB", "50-250 MS"], &rows);
    output::line(format_args!(
        "\ntoday: {}: {:.0} ms alone, {:.0} ms on {threads} busy threads, {:.0} logins per second",
        [today.settings.scheme(), &today.settings.cost()].join(" "),
        milliseconds(today.alone),
        milliseconds(today.busy),
        today.logins
    ));
    output::line(
        "\nThe cheapest of each scheme that costs at least 50 ms, to paste into the configuration (choose one):",
    );
    proposed.iter().for_each(|lines| output::line(format_args!("\n{lines}")));
    Ok(CommandOutcome::Done)
}

/// Returns argon2id settings in ascending cost.
fn argon2id(threads: usize) -> Vec<Settings> {
    let of = |memory_kib, iterations| Settings::Argon2id { memory_kib, iterations, parallelism: 1 };
    let share = MEASURED_KIB / u64::try_from(threads).unwrap_or(u64::MAX);
    let [least, more @ ..] = ARGON2_MEMORY_KIB;
    let mut memory = vec![least];
    memory.extend(more.iter().filter(|kib| u64::from(**kib) <= share));
    let largest = memory.last().copied().unwrap_or(least);
    let widths = memory.into_iter().map(|kib| of(kib, 2));
    widths.chain(ARGON2_ITERATIONS.map(|passes| of(largest, passes))).collect()
}

fn pbkdf2() -> Vec<Settings> {
    PBKDF2_ITERATIONS.map(|iterations| Settings::Pbkdf2Sha256 { iterations }).into()
}

fn bcrypt() -> Vec<Settings> {
    BCRYPT_COST.map(|cost| Settings::Bcrypt { cost }).into()
}

/// Measures step after step, always the first one, and stops before a step that would cost too much.
fn climb(ladder: &[Settings], threads: usize) -> Result<Vec<Measured>> {
    let mut steps: Vec<Measured> = Vec::new();
    for settings in ladder {
        let is_dear = steps.last().is_some_and(|last| last.alone * 2 > MOST);
        let is_enough = steps.iter().filter(|step| step.alone >= LEAST).count() >= ENOUGH;
        if is_dear || is_enough {
            break;
        }
        steps.push(measure(*settings, threads)?);
    }
    Ok(steps)
}

fn measure(settings: Settings, threads: usize) -> Result<Measured> {
    let mut scratch = Scratch::default();
    let mut fastest = Duration::MAX;
    for _ in 0..REPEATED {
        fastest = fastest.min(one(settings, &mut scratch)?);
        if fastest > MOST {
            break;
        }
    }
    let started = Barrier::new(threads);
    let on_each_thread = || -> Result<Duration> {
        let mut scratch = Scratch::default();
        let warm = one(settings, &mut scratch);
        started.wait();
        warm?;
        one(settings, &mut scratch)
    };
    let times: Result<Vec<Duration>> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(on_each_thread)).collect();
        let ended = running.into_iter().map(|thread| thread.join());
        ended.map(|time| time.unwrap_or_else(|_| Err(Error::System("a thread failed".to_owned())))).collect()
    });
    let times = times?;
    let count = u32::try_from(times.len()).unwrap_or(1).max(1);
    let busy = times.iter().sum::<Duration>() / count;
    Ok(Measured { settings, alone: fastest, busy, logins: f64::from(count) / busy.as_secs_f64() })
}

fn one(settings: Settings, scratch: &mut Scratch) -> Result<Duration> {
    let password = Password::new("a password to measure with".to_owned());
    let started = Instant::now();
    let hash = settings.hash(&password, Salt([7; 16]), scratch);
    let taken = started.elapsed();
    hash.map(|_| taken).ok_or_else(|| Error::System("not enough memory for a hash".to_owned()))
}

/// Returns the configuration section for these parameters.
fn lines(step: &Measured) -> String {
    let scheme = step.settings.scheme();
    let keys = match step.settings {
        Settings::Argon2id { memory_kib, iterations, parallelism } => format!(
            "argon2_memory_kib = {memory_kib}\nargon2_iterations = {iterations}\nargon2_parallelism = {parallelism}"
        ),
        Settings::Pbkdf2Sha256 { iterations } => format!("pbkdf2_iterations = {iterations}"),
        Settings::Bcrypt { cost } => format!("bcrypt_cost = {cost}"),
    };
    let cost = format!("{:.0} ms, {:.0} logins per second", milliseconds(step.alone), step.logins);
    format!("# {cost}\n[hashing]\nscheme = \"{scheme}\"\n{keys}")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl Measured {
    fn is_in_range(&self) -> bool {
        (LEAST..=MOST).contains(&self.alone)
    }

    fn memory_mib(&self) -> f64 {
        f64::from(self.settings.memory_kib()) / 1024.0
    }

    fn cells(&self) -> Vec<String> {
        let (scheme, parameters) = (self.settings.scheme(), self.settings.cost());
        let numbers = [milliseconds(self.alone), milliseconds(self.busy), self.logins, self.memory_mib()];
        let mut cells = vec![scheme.to_owned(), parameters];
        cells.extend(numbers.map(|number| format!("{number:.0}")));
        cells.push(if self.is_in_range() { "yes" } else { "no" }.to_owned());
        cells
    }

    fn json(&self) -> Value {
        let (scheme, parameters) = (self.settings.scheme(), self.settings.cost());
        json!({
            "scheme": scheme,
            "parameters": parameters,
            "milliseconds_alone": milliseconds(self.alone),
            "milliseconds_busy": milliseconds(self.busy),
            "logins_per_second": self.logins,
            "memory_kib": self.settings.memory_kib(),
            "within_50_to_250_ms": self.is_in_range(),
        })
    }
}
