//! Memory: of an idle process, and after many sign-ups at the same moment.

use super::{Bench, cores, hash_memory_mib, post};
use crate::{
    Result,
    load::{self, Load, Until},
};

/// The numbers of clients that sign up at once.
const CLIENTS: [usize; 2] = [64, 512];
/// The allowed growth beyond the memory of the hashes.
const ALLOWANCE_MIB: f64 = 30e6 / 1024.0 / 1024.0;

pub(super) fn run(bench: &Bench) -> Result<()> {
    println!("sign-ups at once on SQLite, each number in a fresh process; in MiB");
    println!("\n| sign-ups at once | created | refused | idle | peak | allowed |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for clients in CLIENTS {
        let url = format!("sqlite:memory-{clients}.db");
        let server = bench.doorward(&url, &[("DOORWARD_THROTTLE__ENABLED", "false")])?;
        let idle = server.memory_mib()?;
        let requests: Vec<Vec<u8>> = (0..clients).map(|number| post("/signup", &format!("user{number}"))).collect();
        let load = Load { address: server.address, connections: clients, requests: &requests, until: Until::SentOnce };
        let outcome = load::run(&load)?;
        let count = |status| outcome.statuses.iter().find(|(own, _)| *own == status).map_or(0, |(_, count)| *count);
        let allowed = idle + cores() as f64 * hash_memory_mib() + ALLOWANCE_MIB;
        let peak = server.peak_memory_mib()?;
        println!("| {clients} | {} | {} | {idle:.1} | {peak:.1} | {allowed:.1} |", count(201), count(503));
    }
    Ok(())
}
