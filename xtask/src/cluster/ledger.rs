//! The long run: changes through all nodes while members are killed, partitioned and paused.
//!
//! Every acknowledged change is recorded and compared with the rows of every member at the end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    audit::compare,
    client::Client,
    failures::Failure,
    fresh::{create_roles, root_token},
    member::Cluster,
    person::{Person, Tally},
    random::Random,
    report::Report,
    site::Site,
};
use crate::Result;

const WORKERS: u64 = 6;
/// How long the token of an administrator is used.
const ROOT_LASTS: Duration = Duration::from_secs(60);

/// The length and the seed of the run.
#[derive(Clone, Copy)]
pub struct Length {
    pub seconds: u64,
    pub seed: u64,
}

/// Changes accounts for `length`, and compares them.
pub fn run(cluster: &dyn Cluster, site: &Site, length: Length, report: &mut Report) -> Result<()> {
    println!("a ledger of {} s with the seed {}, while members fail", length.seconds, length.seed);
    create_roles(&site.serving(cluster))?;
    let ends = AtomicBool::new(false);
    let (people, tallies, failures) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|number| {
                let ends = &ends;
                scope.spawn(move || work(site, number, length.seed, ends))
            })
            .collect();
        let failures = fail(cluster, length);
        ends.store(true, Ordering::Relaxed);
        let mut people = Vec::new();
        let mut tallies = Vec::new();
        for (own, tally) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            people.extend(own);
            tallies.push(tally);
        }
        (people, tallies, failures)
    });
    let sum = |count: fn(&Tally) -> usize| tallies.iter().map(count).sum::<usize>();
    let (done, refused, unknown) =
        (sum(|tally| tally.acknowledged), sum(|tally| tally.refused), sum(|tally| tally.unknown));
    println!("  changes: acknowledged {done}, refused with 503 {refused}, with an unknown outcome {unknown}");
    report.step("failures of members", failures, |names| format!("{}: {}", names.len(), names.join(", ")));
    let lies: Vec<_> = tallies.iter().flat_map(|tally| &tally.lies).collect();
    for lie in lies.iter().take(10) {
        println!("      {lie}");
    }
    report.check(&format!("false answers during the run: {}", lies.len()), lies.is_empty());
    report.check(&format!("{} workers ended normally", tallies.len()), tallies.len() as u64 == WORKERS);
    compare(cluster, site, people, report)
}

/// Makes one member after another fail, until the time is over. All members work at the end.
fn fail(cluster: &dyn Cluster, length: Length) -> Result<Vec<String>> {
    let started = Instant::now();
    let mut random = Random::new(length.seed);
    let mut names = Vec::new();
    let all: Vec<_> = cluster.members().iter().collect();
    while started.elapsed().as_secs() < length.seconds {
        sleep(Duration::from_millis(1000 + random.below(3000)));
        let failure = Failure::ALL.into_iter().cycle().nth(random.below(20) as usize % 9).unwrap_or(Failure::Killed);
        let first = cluster.primary().unwrap_or(1) - 1;
        // The member with most of the work fails in half of the cases.
        let at = if random.below(2) == 0 { first } else { random.below(3) as usize };
        let Some(member) = cluster.members().get(at) else { continue };
        names.push(format!("{failure:?} {}", member.number));
        failure.begin(cluster, member)?;
        sleep(Duration::from_millis(500 + random.below(14_000)));
        failure.end(cluster, member)?;
        cluster.wait_until_whole(&all)?;
    }
    Ok(names)
}

/// Changes own accounts until the end. No other worker changes them.
fn work(site: &Site, number: u64, seed: u64, ends: &AtomicBool) -> (Vec<Person>, Tally) {
    let mut random = Random::new(seed * 1000 + number + 1);
    let mut clients: Vec<_> = site.nodes.iter().map(|node| Client::new(node.address)).collect();
    let all: Vec<_> = site.nodes.iter().collect();
    let (mut people, mut tally): (Vec<Person>, Tally) = (Vec::new(), Tally::default());
    let mut root: Option<(String, Instant)> = None;
    let mut count = 0;
    while !ends.load(Ordering::Relaxed) {
        if root.as_ref().is_none_or(|(_, since)| since.elapsed() > ROOT_LASTS) {
            root = root_token(&all).ok().map(|token| (token, Instant::now()));
        }
        let nodes = clients.len() as u64;
        // The last node knows all members, so it serves most of the time.
        let pick = |random: &mut Random| if random.below(3) == 0 { nodes - 1 } else { random.below(nodes) } as usize;
        let (at, other) = (pick(&mut random), pick(&mut random));
        let action = random.below(12);
        if people.len() < 10 || action == 0 {
            count += 1;
            let Some(client) = clients.get_mut(at) else { continue };
            people.extend(Person::sign_up(client, &format!("ledger-{seed}-{number}-{count}"), &mut tally));
            continue;
        }
        let index = random.below(people.len() as u64) as usize;
        let (Some(person), Some(root)) = (people.get_mut(index), root.as_ref()) else { continue };
        act(person, &mut clients, (at, other), (action, &root.0), &mut tally);
    }
    (people, tally)
}

fn act(
    person: &mut Person,
    clients: &mut [Client],
    (at, other): (usize, usize),
    (action, root): (u64, &str),
    tally: &mut Tally,
) {
    if matches!(action, 7 | 8) && at != other {
        if let Ok([one, two]) = clients.get_disjoint_mut([at, other]) {
            person.log_out(one, two, tally);
        }
        return;
    }
    let Some(client) = clients.get_mut(at) else { return };
    match action {
        1..=4 => person.change_password(client, tally),
        5 => person.set_disabled(client, root, true, tally),
        6 => person.set_disabled(client, root, false, tally),
        9 => person.set_role(client, root, tally),
        _ => person.ask_dead(client, tally, other * 3),
    }
}
