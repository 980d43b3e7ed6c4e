//! Load by `wrk`, which costs the shared machine less for each request than a generator of our own.

use std::{net::SocketAddr, path::Path, process::Command, time::Duration};

use crate::{Result, packages};

/// Sends the requests of a file in turns, and prints the result on one line.
const SCRIPT: &str = r#"
local requests = {}
local next = 0
function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = request end
  file:close()
end
function request()
  next = next % #requests + 1
  return requests[next]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"#;

/// The result of a load.
pub struct Measured {
    pub responses: u64,
    /// Responses per second.
    pub rate: f64,
    /// In microseconds.
    pub p50: f64,
    pub p99: f64,
}

/// Installs `wrk` if it is missing.
pub fn install() -> Result<()> {
    if packages::has("wrk") {
        return Ok(());
    }
    packages::install(&["wrk"], "wrk is missing: install Debian's package wrk")
}

/// Sends `requests`, complete as bytes, on `connections` from one thread for `time`. Fails unless each is answered by a
/// status below 400.
pub fn run(
    (address, connections): (SocketAddr, usize),
    requests: &[Vec<u8>],
    time: Duration,
    folder: &Path,
) -> Result<Measured> {
    let (script, file) = (folder.join("wrk.lua"), folder.join("wrk.requests"));
    for (path, content) in [(&script, SCRIPT.as_bytes()), (&file, &requests.join(&0))] {
        std::fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs().max(1)), "--script"])
        .arg(&script)
        .args([&format!("http://{address}"), "--"])
        .arg(&file)
        .output()
        .map_err(|error| format!("wrk: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap_or_default();
    let numbers: Vec<u64> = result.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [responses, micros, errors, p50, p99] = numbers.as_slice() else {
        return Err(format!("wrk printed {text} {}", String::from_utf8_lossy(&output.stderr)));
    };
    if *errors > 0 || *responses == 0 {
        return Err(format!("{errors} of {responses} responses were errors"));
    }
    let rate = *responses as f64 / (*micros as f64 / 1e6);
    Ok(Measured { responses: *responses, rate, p50: *p50 as f64, p99: *p99 as f64 })
}
