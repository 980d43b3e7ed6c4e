//! Questions to every node while something fails: about sessions that live, and about sessions that are dead.
//!
//! Invariant: a session is known to be live or dead before a node is asked, so each false answer counts.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    account::password,
    client::Client,
    report::{Counts, Verdict},
    site::Node,
};

const PAUSE: Duration = Duration::from_millis(20);

/// The sessions that a node may be asked about.
#[derive(Default)]
struct Known {
    live: Vec<String>,
    dead: Vec<String>,
}

/// The answers so far.
#[derive(Default)]
pub struct Watch {
    known: Mutex<Known>,
    ends: AtomicBool,
    pub live: Counts,
    pub dead: Counts,
    seen: Mutex<Vec<Seen>>,
}

/// One look at a node.
struct Seen {
    node: String,
    at: Instant,
    readiness: u16,
    /// Whether it served a live session.
    serves: bool,
}

impl Watch {
    /// Ends all threads of the watch.
    pub fn end(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Relaxed)
    }

    /// Creates sessions through `nodes` in turn, keeps one half of them and ends the other one.
    pub fn make_sessions(&self, nodes: &[&Node], name: &str) {
        let mut clients: Vec<_> = nodes.iter().map(|node| Client::new(node.address)).collect();
        let mut is_known = false;
        while self.goes_on() {
            for client in &mut clients {
                is_known = is_known || matches!(client.sign_up(name, &password(0)).status, 201 | 409);
                let live = client.log_in(name, &password(0)).member("token").map(str::to_owned);
                let dead = client.log_in(name, &password(0)).member("token").map(str::to_owned);
                let ended = dead.filter(|token| client.log_out(token).status == 204);
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                known.live.extend(live);
                known.dead.extend(ended);
            }
            sleep(PAUSE);
        }
    }

    /// Asks `node` for its readiness, for the newest sessions and for some older ones.
    pub fn ask(&self, node: &Node) {
        let mut client = Client::new(node.address);
        let mut round = 0;
        while self.goes_on() {
            round += 1;
            let (live, dead) = {
                let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                let pick = |tokens: &Vec<String>| tokens.iter().rev().nth(round % 4 * 5).cloned();
                (pick(&known.live), pick(&known.dead))
            };
            let readiness = node.readiness();
            let mut serves = false;
            if let Some(token) = live {
                let answer = client.session(&token);
                serves = answer.status == 200;
                self.live.add(verdict(node, answer.status, 200));
            }
            if let Some(token) = dead {
                let status = client.session(&token).status;
                self.dead.add(verdict(node, status, 401));
            }
            let seen = Seen { node: node.name.clone(), at: Instant::now(), readiness, serves };
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
            sleep(PAUSE);
        }
    }

    /// Returns when `/readyz` of a node was not 200 for the first time after `since`.
    pub fn unready_after(&self, node: &str, since: Instant) -> Option<Duration> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = seen.iter().find(|seen| seen.node == node && seen.at >= since && seen.readiness != 200)?;
        Some(first.at.duration_since(since))
    }

    /// Returns whether `/readyz` of a node was last 200.
    pub fn is_ready(&self, node: &str) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().rev().find(|seen| seen.node == node).is_some_and(|seen| seen.readiness == 200 && seen.serves)
    }

    /// Returns the longest time in which a node served no live session.
    pub fn longest_gap(&self, node: &str) -> Duration {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = seen.iter().filter(|seen| seen.node == node);
        let mut last = own.next().map(|seen| seen.at);
        let mut longest = Duration::ZERO;
        for seen in own {
            longest = longest.max(last.map_or(Duration::ZERO, |last| seen.at.duration_since(last)));
            if seen.serves {
                last = Some(seen.at);
            }
        }
        longest
    }
}

fn verdict(node: &Node, status: u16, right: u16) -> Verdict {
    match status {
        found if found == right => Verdict::Right,
        0 | 503 => Verdict::Unavailable(format!("{} answered {status}", node.name)),
        _ => Verdict::Wrong(format!("{} answered {status} instead of {right}", node.name)),
    }
}
