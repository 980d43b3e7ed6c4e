//! Failures of members: killed, terminated, partitioned, paused, and joining with an empty data folder.
//!
//! Meanwhile every node is asked about live and dead sessions. A node may answer 503, but never falsely.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    load,
    member::{Cluster, Member},
    report::Report,
    site::Site,
    watch::Watch,
};
use crate::Result;

/// The longest time until a node says that it is not ready, or until the node that knows all members serves again.
/// Galera and Group Replication need about six seconds to exclude a member that does not answer.
const LIMIT: Duration = Duration::from_secs(15);
/// How long a failure lasts: longer than a cluster needs to exclude a member.
const LASTS: Duration = Duration::from_secs(14);
const CALM: Duration = Duration::from_secs(2);

/// A failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Killed,
    Terminated,
    Partitioned,
    Paused,
    Wiped,
}

impl Failure {
    pub const ALL: [Self; 5] = [Self::Killed, Self::Terminated, Self::Partitioned, Self::Paused, Self::Wiped];

    /// Makes `member` fail.
    pub fn begin(self, cluster: &dyn Cluster, member: &Member) -> Result<()> {
        match self {
            Self::Killed | Self::Wiped => member.process.kill(),
            Self::Terminated => member.process.terminate()?,
            Self::Partitioned => member.cut_off(cluster.members())?,
            Self::Paused => member.process.signal("STOP")?,
        }
        Ok(())
    }

    /// Ends the failure, so that `member` can join again.
    pub fn end(self, cluster: &dyn Cluster, member: &Member) -> Result<()> {
        match self {
            Self::Killed | Self::Terminated => cluster.restart(member),
            Self::Wiped => cluster.wipe(member).and_then(|()| cluster.restart(member)),
            Self::Partitioned => {
                member.reconnect();
                cluster.rejoin(member)
            }
            Self::Paused => {
                member.process.signal("CONT")?;
                cluster.rejoin(member)
            }
        }
    }
}

/// Makes each failure happen to the first member, or to the only one that may write, and to another one.
pub fn run(cluster: &dyn Cluster, site: &Site, report: &mut Report) -> Result<()> {
    load::prepare(cluster)?;
    check_secondaries(cluster, site, report);
    for failure in Failure::ALL {
        for is_first in [true, false] {
            let leader = cluster.primary().unwrap_or(1);
            let number = if is_first { leader } else { leader % 3 + 1 };
            let Some(member) = cluster.members().iter().find(|member| member.number == number) else { continue };
            let of = if is_first { "the leading member" } else { "another member" };
            println!("{failure:?}: {of} (db{number}), for {} s", LASTS.as_secs());
            fail(cluster, site, (failure, member), report)?;
        }
    }
    Ok(())
}

/// A node in front of a member that may not write is not ready.
fn check_secondaries(cluster: &dyn Cluster, site: &Site, report: &mut Report) {
    let serving: Vec<_> = site.serving(cluster).iter().map(|node| node.name.clone()).collect();
    for node in site.nodes.iter().filter(|node| !serving.contains(&node.name)) {
        let status = node.readiness();
        report.check(&format!("/readyz of {} in front of a secondary: {status}", node.name), status == 503);
    }
}

fn fail(cluster: &dyn Cluster, site: &Site, (failure, member): (Failure, &Member), report: &mut Report) -> Result<()> {
    let watch = Watch::default();
    let node = site.node_of(member.number).ok_or("the member has no node")?;
    let others: Vec<_> = site.nodes.iter().filter(|other| other.member != Some(member.number)).collect();
    let name = format!("watch-{failure:?}-{}", member.number);
    let was_ready = node.readiness() == 200;
    std::thread::scope(|scope| {
        scope.spawn(|| watch.make_sessions(&others, &name));
        for node in &site.nodes {
            scope.spawn(|| watch.ask(node));
        }
        sleep(CALM);
        let began = Instant::now();
        let outcome = failure.begin(cluster, member);
        sleep(LASTS);
        let ended = Instant::now();
        let outcome = outcome.and_then(|()| failure.end(cluster, member));
        let members: Vec<_> = cluster.members().iter().collect();
        let outcome = outcome.and_then(|()| cluster.wait_until_whole(&members));
        let whole = ended.elapsed();
        let ready = outcome.and_then(|()| wait_until_ready(cluster, site, &watch));
        sleep(CALM);
        watch.end();
        if was_ready {
            let unready = watch.unready_after(&node.name, began).ok_or("never".to_owned());
            let unready = unready.and_then(|time| if time < LIMIT { Ok(time) } else { Err(format!("{time:?}")) });
            report.step(&format!("/readyz of {} was not 200 after", node.name), unready, seconds);
        }
        report.step("the cluster was whole again after", Ok(whole), seconds);
        report.step("all nodes that can serve did so after", ready.map(|()| ended.elapsed()), seconds);
    });
    report.counts("live sessions", &watch.live, None);
    report.counts("dead sessions", &watch.dead, None);
    for other in site.serving(cluster).into_iter().filter(|other| other.member != Some(member.number)) {
        let gap = watch.longest_gap(&other.name);
        let text = format!("longest time without an answer of {}: {:.1} s", other.name, gap.as_secs_f64());
        // The node of a new primary was a secondary before.
        let is_new = cluster.primary().is_some() && other.member.is_some();
        report.check(&text, is_new || gap < LIMIT);
    }
    Ok(())
}

fn wait_until_ready(cluster: &dyn Cluster, site: &Site, watch: &Watch) -> Result<()> {
    let serving = site.serving(cluster);
    for _ in 0..600 {
        if serving.iter().all(|node| watch.is_ready(&node.name)) {
            return Ok(());
        }
        sleep(Duration::from_millis(50));
    }
    let away: Vec<_> =
        serving.iter().filter(|node| !watch.is_ready(&node.name)).map(|node| node.name.as_str()).collect();
    Err(format!("not within 30 s: {}", away.join(", ")))
}

fn seconds(time: &Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
