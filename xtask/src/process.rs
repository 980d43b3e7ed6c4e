//! What the system knows of a running process.

use std::time::Duration;

use crate::Result;

/// Returns the processor time of all threads of a process, user and system.
pub fn processor_time(id: u32) -> Result<Duration> {
    let stat = read(id, "stat")?;
    // Fields 14 and 15, counted after the process name in brackets, in hundredths of a second (proc(5)).
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// Reads a file of `/proc/ID`.
pub fn read(id: u32, file: &str) -> Result<String> {
    let path = format!("/proc/{id}/{file}");
    std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
}
