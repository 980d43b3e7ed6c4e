//! `cargo xtask cluster galera|group`: Doorward in front of a real cluster of three database servers.
//!
//! Each member has one node of Doorward in front, and one more node knows all members. The command fails if a check is
//! broken: a false 401, an accepted session that is dead, a lost change, a name twice, or a 500.

mod account;
mod audit;
mod client;
mod failures;
mod fresh;
mod galera;
mod group;
mod keeper;
mod ledger;
mod load;
mod member;
mod person;
mod races;
mod random;
mod report;
mod site;
mod watch;

use std::time::{Duration, Instant};

use self::{galera::Galera, group::Group, ledger::Length, member::Cluster, report::Report, site::Site};
use crate::Result;

const USAGE: &str = "usage: cargo xtask cluster galera|group [fresh] [races] [failures] [ledger] \
     [--multi-primary] [--rounds N] [--seconds N] [--seed N]";
/// The parts, in their order.
const PARTS: [&str; 4] = ["fresh", "races", "failures", "ledger"];

/// What to run.
struct Plan {
    parts: Vec<String>,
    is_multi_primary: bool,
    rounds: usize,
    length: Length,
}

/// Runs `galera|group [PART…] [--multi-primary] [--rounds N] [--seconds N] [--seed N]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let (kind, rest) = arguments.split_first().ok_or(USAGE)?;
    let plan = plan(rest)?;
    let started = Instant::now();
    let cluster: Box<dyn Cluster> = match kind.as_str() {
        "galera" => Box::new(Galera::start()?),
        "group" => Box::new(Group::start(plan.is_multi_primary)?),
        _ => return Err(USAGE.to_owned()),
    };
    let members: Vec<_> = cluster.members().iter().collect();
    cluster.wait_until_whole(&members)?;
    println!("a cluster of {} members formed in {:.1} s", members.len(), started.elapsed().as_secs_f64());
    check(cluster.as_ref(), &plan)
}

fn plan(arguments: &[String]) -> Result<Plan> {
    let mut plan =
        Plan { parts: Vec::new(), is_multi_primary: false, rounds: 1000, length: Length { seconds: 300, seed: 1 } };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number =
            || rest.next().and_then(|text| text.parse::<u64>().ok()).ok_or(format!("{argument} needs a number"));
        match argument.as_str() {
            "--multi-primary" => plan.is_multi_primary = true,
            "--rounds" => plan.rounds = number()? as usize,
            "--seconds" => plan.length.seconds = number()?,
            "--seed" => plan.length.seed = number()?,
            part if PARTS.contains(&part) => plan.parts.push(part.to_owned()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if plan.parts.is_empty() {
        plan.parts = PARTS.map(str::to_owned).into();
    }
    Ok(plan)
}

fn check(cluster: &dyn Cluster, plan: &Plan) -> Result<()> {
    let site = Site::start(cluster)?;
    let mut report = Report::default();
    println!("four nodes of Doorward started at the same time, on an empty database");
    for node in site.serving(cluster) {
        let ready = node.wait_for(200, Duration::from_secs(60));
        report.step(&format!("{} is ready", node.name), ready, |time| format!("{:.1} s", time.as_secs_f64()));
    }
    site.create_root()?;
    for part in &plan.parts {
        match part.as_str() {
            "races" => races::run(cluster, &site, plan.rounds / 5, &mut report)?,
            "ledger" => ledger::run(cluster, &site, plan.length, &mut report)?,
            "failures" => failures::run(cluster, &site, &mut report)?,
            _ => fresh::run(cluster, &site, plan.rounds, &mut report)?,
        }
    }
    let faults = site.faults();
    report.check(&format!("requests that failed with 500, and panics: {}", faults.len()), faults.is_empty());
    for fault in faults.iter().take(5) {
        println!("      {fault}");
    }
    report.finish()
}
