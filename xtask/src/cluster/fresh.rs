//! Freshness: what was done through one node is asked of another one at once.
//!
//! Invariant: no answer depends on the node. A new session is known, and a dead one is not accepted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{
    account::{ROOT_PASSWORD, password},
    client::{Answer, Client},
    load,
    member::Cluster,
    report::{Counts, Report, Verdict},
    site::{Node, Site},
};
use crate::Result;

const THREADS: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    LogIn,
    SignUp,
    LogOut,
    Disable,
    Password,
    Role,
}

const KINDS: [(Kind, &str); 6] = [
    (Kind::LogIn, "log-in, then the session"),
    (Kind::SignUp, "sign-up, then a log-in"),
    (Kind::LogOut, "log-out, then the dead session"),
    (Kind::Disable, "disable, then the dead session and a log-in"),
    (Kind::Password, "new password, then dead session and log-ins"),
    (Kind::Role, "new role, then the session's role"),
];

/// Roles without administrative permissions, whose change ends no session.
pub const ROLES: [&str; 2] = ["clerk", "porter"];

/// Asks `rounds` questions of each kind, on an idle cluster and under load.
pub fn run(cluster: &dyn Cluster, site: &Site, rounds: usize, report: &mut Report) -> Result<()> {
    load::prepare(cluster)?;
    create_roles(&site.serving(cluster))?;
    println!("done through node A, asked of node B at once, idle");
    ask_all(cluster, site, rounds, "", report)?;
    println!("the same under load");
    let (ends, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let primary = cluster.primary();
    let writer = cluster.members().iter().rfind(|member| primary.is_none_or(|number| number == member.number));
    let outcome = std::thread::scope(|scope| {
        for (number, node) in site.serving(cluster).into_iter().enumerate() {
            let (ends, served) = (&ends, &served);
            scope.spawn(move || load::users(node, number, ends, served));
        }
        if let Some(writer) = writer {
            scope.spawn(|| load::bulk(writer, &ends));
        }
        let outcome = ask_all(cluster, site, rounds, " (load)", report);
        ends.store(true, Ordering::Relaxed);
        outcome
    });
    println!("  requests of the load                             served {:>5}", served.load(Ordering::Relaxed));
    outcome
}

fn ask_all(cluster: &dyn Cluster, site: &Site, rounds: usize, note: &str, report: &mut Report) -> Result<()> {
    let nodes = site.serving(cluster);
    for (kind, name) in KINDS {
        let root = root_token(&nodes)?;
        let counts = Counts::default();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (nodes, counts, root) = (&nodes, &counts, root.as_str());
                let prefix = format!("fresh{}-{}-{thread}", note.len(), kind as u8);
                scope.spawn(move || {
                    let mut asker = Asker::new(nodes, root, prefix);
                    for round in 0..rounds.div_ceil(THREADS) {
                        counts.add(asker.ask(kind, thread + round));
                    }
                });
            }
        });
        // An idle cluster serves every request. Under load a request may be rejected, but not often.
        let most = if note.is_empty() { 0 } else { rounds / 20 };
        report.counts(&format!("{name}{note}"), &counts, Some(most));
    }
    Ok(())
}

/// Logs the administrator in.
pub fn root_token(nodes: &[&Node]) -> Result<String> {
    let mut last = String::new();
    for node in nodes {
        let answer = Client::new(node.address).log_in("root", ROOT_PASSWORD);
        if let Some(token) = answer.member("token") {
            return Ok(token.to_owned());
        }
        last = format!("{} answered {} {}", node.name, answer.status, answer.body);
    }
    Err(format!("the administrator cannot log in: {last}"))
}

/// Creates the roles, unless they exist.
pub fn create_roles(nodes: &[&Node]) -> Result<()> {
    let root = root_token(nodes)?;
    let node = nodes.first().ok_or("no node serves")?;
    for role in ROLES {
        let body = format!(r#"{{"name":"{role}","permissions":["invoices:read"]}}"#);
        let answer = Client::new(node.address).send("POST", "/api/v1/roles", Some(&root), Some(&body));
        if !matches!(answer.status, 201 | 409) {
            return Err(format!("the role {role}: {} {}", answer.status, answer.body));
        }
    }
    Ok(())
}

/// A user, and a client for each node.
struct Asker<'a> {
    clients: Vec<Client>,
    root: &'a str,
    prefix: String,
    /// The id of the user, and the number of the password.
    user: Option<String>,
    secret: u64,
    count: usize,
}

type Failed = Verdict;

/// Requires the status of a response.
fn require(answer: Answer, status: u16, what: &str) -> std::result::Result<Answer, Failed> {
    let said = || format!("{what}: {} instead of {status} {}", answer.status, answer.body);
    match answer.status {
        found if found == status => Ok(answer),
        0 | 503 => Err(Verdict::Unavailable(said())),
        _ => Err(Verdict::Wrong(said())),
    }
}

fn token_of(answer: &Answer) -> String {
    answer.member("token").unwrap_or_default().to_owned()
}

impl<'a> Asker<'a> {
    fn new(nodes: &[&Node], root: &'a str, prefix: String) -> Self {
        let clients = nodes.iter().map(|node| Client::new(node.address)).collect();
        Self { clients, root, prefix, user: None, secret: 0, count: 0 }
    }

    fn client(&mut self, number: usize) -> std::result::Result<&mut Client, Failed> {
        let count = self.clients.len().max(1);
        self.clients.get_mut(number % count).ok_or_else(|| Verdict::Wrong("no node serves".to_owned()))
    }

    fn ask(&mut self, kind: Kind, at: usize) -> Verdict {
        // Every ordered pair of different nodes has its turn.
        let other = at + 1 + at / self.clients.len().max(1) % self.clients.len().saturating_sub(1).max(1);
        let outcome = match kind {
            Kind::SignUp => self.sign_up(at, other),
            _ => self.prepare(at).and_then(|id| self.change(kind, &id, at, other)),
        };
        outcome.err().unwrap_or(Verdict::Right)
    }

    /// Returns the id of the user, who is created first.
    fn prepare(&mut self, at: usize) -> std::result::Result<String, Failed> {
        if let Some(id) = &self.user {
            return Ok(id.clone());
        }
        let (name, secret) = (self.prefix.clone(), password(self.secret));
        let created = require(self.client(at)?.sign_up(&name, &secret), 201, "sign-up")?;
        Ok(self.user.insert(created.member("id").unwrap_or_default().to_owned()).clone())
    }

    fn sign_up(&mut self, at: usize, other: usize) -> std::result::Result<(), Failed> {
        self.count += 1;
        let name = format!("{}-{}", self.prefix, self.count);
        require(self.client(at)?.sign_up(&name, &password(1)), 201, "sign-up")?;
        require(self.client(other)?.log_in(&name, &password(1)), 201, "log-in after the sign-up").map(drop)
    }

    fn change(&mut self, kind: Kind, id: &str, at: usize, other: usize) -> std::result::Result<(), Failed> {
        let (name, secret, root) = (self.prefix.clone(), password(self.secret), self.root);
        let token = token_of(&require(self.client(at)?.log_in(&name, &secret), 201, "log-in")?);
        match kind {
            Kind::LogIn | Kind::SignUp => {}
            Kind::LogOut => drop(require(self.client(at)?.log_out(&token), 204, "log-out")?),
            Kind::Disable => drop(require(self.client(at)?.set_disabled(root, id, true), 200, "disable")?),
            Kind::Role => {
                self.count += 1;
                let role = ROLES.into_iter().cycle().nth(self.count).unwrap_or_default();
                require(self.client(at)?.set_role(root, id, role), 200, "role")?;
                let seen = require(self.client(other)?.session(&token), 200, "session")?;
                if seen.member("role") != Some(role) {
                    return Err(Verdict::Wrong(format!("the role is not {role}: {}", seen.body)));
                }
                return Ok(());
            }
            Kind::Password => {
                let next = password(self.secret + 1);
                let changed = require(self.client(at)?.change_password(&token, &secret, &next), 200, "new password")?;
                self.secret += 1;
                require(self.client(other)?.session(&token_of(&changed)), 200, "new session")?;
                require(self.client(other)?.log_in(&name, &next), 201, "log-in with the new password")?;
                require(self.client(other)?.log_in(&name, &secret), 401, "log-in with the old password")?;
            }
        }
        let (status, what) = if kind == Kind::LogIn { (200, "new session") } else { (401, "dead session") };
        require(self.client(other)?.session(&token), status, what)?;
        if kind == Kind::Disable {
            let refused = require(self.client(other)?.log_in(&name, &secret), 401, "log-in of the disabled user");
            require(self.client(at)?.set_disabled(root, id, false), 200, "enable")?;
            refused?;
        }
        Ok(())
    }
}
