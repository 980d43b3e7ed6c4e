//! An account in the ledger: what the acknowledged changes make of it, and one change after another.

use super::{
    account::password,
    client::{Answer, Client},
    fresh::ROLES,
};

/// The text of a response after which the change may have been made.
const UNCERTAIN: &str = "may have been made";

/// The possible values of something: one, unless an answer was lost.
#[derive(Debug, Clone)]
pub struct Belief<T>(Vec<T>);

impl<T: Copy + PartialEq> Belief<T> {
    pub fn new(value: T) -> Self {
        Self(vec![value])
    }

    /// Returns the value, if it is certain.
    pub fn certain(&self) -> Option<T> {
        match self.0.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Returns whether the value is possible.
    pub fn allows(&self, value: T) -> bool {
        self.0.contains(&value)
    }

    pub fn values(&self) -> &[T] {
        &self.0
    }

    /// Learns from the answer to a change to `value`.
    fn learn(&mut self, value: T, outcome: Outcome) {
        match outcome {
            Outcome::Done => self.0 = vec![value],
            Outcome::Unknown if !self.allows(value) => self.0.push(value),
            Outcome::Unknown | Outcome::NotDone => {}
        }
    }
}

/// What an answer says about its change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    NotDone,
    Unknown,
}

fn outcome(answer: &Answer) -> Outcome {
    match answer.status {
        200..=299 => Outcome::Done,
        // Such an answer says that the change was not made, so it is held to it.
        503 if !answer.body.contains(UNCERTAIN) => Outcome::NotDone,
        0 | 500.. => Outcome::Unknown,
        _ => Outcome::NotDone,
    }
}

/// An account.
pub struct Person {
    pub name: String,
    pub id: String,
    pub password: Belief<u64>,
    pub disabled: Belief<bool>,
    pub role: Belief<&'static str>,
    /// The tokens of sessions whose end was acknowledged.
    pub ended: Vec<String>,
    /// The number of acknowledged changes of the password, and of disablings.
    pub changed: usize,
    pub shut_out: usize,
    next: u64,
}

/// The counts of a worker.
#[derive(Default)]
pub struct Tally {
    pub acknowledged: usize,
    pub refused: usize,
    pub unknown: usize,
    pub lies: Vec<String>,
}

impl Tally {
    /// Counts an answer, and returns what it says. `allowed` are the other statuses that may be true.
    fn count(&mut self, answer: &Answer, what: &str, allowed: &[u16]) -> Outcome {
        let said = outcome(answer);
        match (said, answer.status) {
            (Outcome::Done, _) => self.acknowledged += 1,
            (Outcome::Unknown, 0 | 503) => self.unknown += 1,
            (_, 503) => self.refused += 1,
            (_, status) if allowed.contains(&status) => self.refused += 1,
            (_, status) => self.lies.push(format!("{what}: {status} {}", answer.body)),
        }
        said
    }
}

impl Person {
    /// Signs a new user up; `None` unless it was acknowledged.
    pub fn sign_up(client: &mut Client, name: &str, tally: &mut Tally) -> Option<Self> {
        let answer = client.sign_up(name, &password(0));
        if tally.count(&answer, &format!("sign-up of {name}"), &[]) != Outcome::Done {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            id: answer.member("id").unwrap_or_default().to_owned(),
            password: Belief::new(0),
            disabled: Belief::new(false),
            role: Belief::new("user"),
            ended: Vec::new(),
            changed: 0,
            shut_out: 0,
            next: 0,
        })
    }

    /// Logs in with the possible passwords; `None` if none is accepted now.
    pub fn log_in(&self, client: &mut Client, tally: &mut Tally) -> Option<(String, u64)> {
        let is_certain = self.disabled.certain() == Some(false);
        let mut is_away = false;
        for number in self.password.values().iter().rev() {
            let answer = client.log_in(&self.name, &password(*number));
            match answer.status {
                201 if self.disabled.certain() == Some(true) => {
                    tally.lies.push(format!("{} is disabled and logged in", self.name));
                    return None;
                }
                201 => return Some((answer.member("token")?.to_owned(), *number)),
                0 | 503 => is_away = true,
                401 => {}
                status => tally.lies.push(format!("log-in of {}: {status} {}", self.name, answer.body)),
            }
        }
        if is_certain && !is_away {
            tally.lies.push(format!("{}: the password {:?} was rejected", self.name, self.password.values()));
        }
        None
    }

    /// Changes the password.
    pub fn change_password(&mut self, client: &mut Client, tally: &mut Tally) {
        let Some((token, now)) = self.log_in(client, tally) else { return };
        self.next += 1;
        let next = self.next;
        let answer = client.change_password(&token, &password(now), &password(next));
        // The possible second value may still come true until a change is acknowledged.
        let allowed: &[u16] = if self.password.certain().is_some() && self.disabled.certain() == Some(false) {
            &[]
        } else {
            &[401, 403, 409]
        };
        let said = tally.count(&answer, &format!("password of {}", self.name), allowed);
        self.password.learn(next, said);
        if said == Outcome::Done {
            self.changed += 1;
            self.ended.push(token);
        }
    }

    /// Logs in and out.
    pub fn log_out(&mut self, client: &mut Client, other: &mut Client, tally: &mut Tally) {
        let Some((token, _)) = self.log_in(client, tally) else { return };
        let allowed: &[u16] = if self.disabled.certain() == Some(false) { &[] } else { &[401] };
        let answer = other.log_out(&token);
        if tally.count(&answer, &format!("log-out of {}", self.name), allowed) == Outcome::Done {
            self.ended.push(token);
        }
    }

    /// Disables or enables the account.
    pub fn set_disabled(&mut self, client: &mut Client, root: &str, wanted: bool, tally: &mut Tally) {
        let token = self.log_in(client, tally).map(|(token, _)| token).filter(|_| wanted);
        let answer = client.set_disabled(root, &self.id, wanted);
        let said = tally.count(&answer, &format!("disable {wanted} of {}", self.name), &[]);
        // An account that is disabled already is not disabled again, so nothing is recorded.
        let is_change = self.disabled.certain() == Some(false);
        self.disabled.learn(wanted, said);
        if said == Outcome::Done && wanted {
            self.shut_out += usize::from(is_change);
            self.ended.extend(token);
        }
    }

    /// Gives the account the other role.
    pub fn set_role(&mut self, client: &mut Client, root: &str, tally: &mut Tally) {
        let role = ROLES.into_iter().find(|role| !self.role.allows(role)).unwrap_or("user");
        let answer = client.set_role(root, &self.id, role);
        let said = tally.count(&answer, &format!("role of {}", self.name), &[]);
        self.role.learn(role, said);
    }

    /// Asks for a session that has ended.
    pub fn ask_dead(&self, client: &mut Client, tally: &mut Tally, number: usize) {
        let Some(token) = self.ended.iter().rev().cycle().nth(number).filter(|_| !self.ended.is_empty()) else {
            return;
        };
        let status = client.session(token).status;
        if !matches!(status, 0 | 401 | 503) {
            tally.lies.push(format!("an ended session of {} was accepted: {status}", self.name));
        }
    }
}
