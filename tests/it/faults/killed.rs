//! J1: SIGKILL during changes. Acknowledged changes survive, and others exist completely or not at all.
//!
//! `cargo xtask kills` runs many rounds.

use std::{
    collections::HashSet,
    io::{ErrorKind, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Database, Program, TcpClient, eventually};

const CLIENTS: usize = 6;
/// The acknowledged changes after which a server is killed, at least.
const ACKNOWLEDGED: usize = 100;
/// The number of rounds, if `cargo xtask kills` names no other.
const ROUNDS: usize = 3;

/// The changes of a person, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Nothing,
    SignUp,
    LogIn,
    ChangePassword,
    LogOut,
}

const STEPS: [Step; 4] = [Step::SignUp, Step::LogIn, Step::ChangePassword, Step::LogOut];

/// A person, the last change that was tried, and the last one that was acknowledged.
#[derive(Clone)]
struct Person {
    name: String,
    tried: Step,
    acknowledged: Step,
    web: TcpClient,
}

/// What the clients of one server did.
#[derive(Default)]
struct Log {
    persons: Mutex<Vec<Person>>,
    changes: AtomicUsize,
}

impl Person {
    fn new(name: String, web: &TcpClient) -> Self {
        let web = TcpClient::new(web.address);
        Self { name, tried: Step::Nothing, acknowledged: Step::Nothing, web }
    }

    fn old_password(&self) -> String {
        format!("the password of {}", self.name)
    }

    fn new_password(&self) -> String {
        format!("the other password of {}", self.name)
    }

    /// Tries a change. Returns whether it was acknowledged, or an error if the server has ended.
    fn tries(&mut self, step: Step) -> Result<bool, ()> {
        self.tried = step;
        let known = json!({ "username": self.name, "password": self.old_password() });
        let change = json!({ "current_password": self.old_password(), "new_password": self.new_password() });
        let cookie = self.web.cookie.clone();
        let sent = match step {
            Step::Nothing => return Ok(true),
            Step::SignUp => self.web.send("POST", "/signup", Some(&known)),
            Step::LogIn => self.web.send("POST", "/login", Some(&known)),
            Step::ChangePassword => self.web.send("PUT", "/api/v1/users/me/password", Some(&change)),
            Step::LogOut => self.web.send("DELETE", "/api/v1/sessions/current", None),
        };
        if step == Step::LogOut {
            self.web.cookie = cookie;
        }
        match sent {
            Ok(answer) if (200..300).contains(&answer.status) => self.acknowledged = step,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Err(()),
            // A busy server refuses, and a killed one does not answer.
            Ok(_) | Err(_) => {}
        }
        Ok(self.acknowledged == step)
    }

    /// Asserts that the state is that of the acknowledged changes, or that of the last one that was tried.
    fn assert_kept(&self, web: &TcpClient) {
        let logs_in = |password: &str| match TcpClient::new(web.address).log_in(&self.name, password).status {
            200 => true,
            401 => false,
            status => panic!("{status} for {}", self.name),
        };
        let what = format!("{}: tried {:?}, acknowledged {:?}", self.name, self.tried, self.acknowledged);
        let (old, new) = (logs_in(&self.old_password()), logs_in(&self.new_password()));
        assert!(!(old && new), "half: {what}");
        if self.acknowledged >= Step::SignUp {
            assert!(old || new, "lost: {what}");
        }
        assert!(!new || self.tried >= Step::ChangePassword, "{what}");
        assert!(new || self.acknowledged < Step::ChangePassword, "lost: {what}");
        if self.acknowledged < Step::LogIn {
            return;
        }
        let is_live = match self.web.at(web).get("/api/v1/sessions/current").status {
            200 => true,
            401 => false,
            status => panic!("{status}: {what}"),
        };
        match (self.acknowledged, self.tried) {
            (Step::LogOut, _) => assert!(!is_live, "lost: {what}"),
            // The unacknowledged change may have ended the session.
            (acknowledged, tried) if acknowledged == tried => assert!(is_live, "lost: {what}"),
            _ => {}
        }
    }
}

fn storm(web: &TcpClient, log: &Arc<Log>, number: &Arc<AtomicUsize>) -> Vec<thread::JoinHandle<()>> {
    let client = |_| {
        let (web, log, number) = (web.clone(), Arc::clone(log), Arc::clone(number));
        thread::spawn(move || {
            loop {
                let mut person = Person::new(format!("person {}", number.fetch_add(1, Ordering::Relaxed)), &web);
                let mut outcome = Ok(true);
                for step in STEPS {
                    outcome = person.tries(step);
                    log.changes.fetch_add(usize::from(outcome == Ok(true)), Ordering::Relaxed);
                    if outcome != Ok(true) {
                        break;
                    }
                }
                log.persons.lock().unwrap().push(person);
                if outcome.is_err() {
                    return;
                }
            }
        })
    };
    (0..CLIENTS).map(client).collect()
}

// J1
#[async_test]
async fn acknowledged_changes_survive_a_kill() {
    let rounds = std::env::var("DW_TEST_KILLS").map_or(ROUNDS, |text| text.parse().unwrap());
    let database = Database::new().await;
    let program = Program::new(&database).set("throttle.enabled", "false");
    let number = Arc::new(AtomicUsize::new(0));
    let (mut signed_up, mut acknowledged) = (Vec::new(), 0);
    let mut server = program.serve();
    for round in 0..rounds {
        let log = Arc::new(Log::default());
        let clients = storm(&server.web, &log, &number);
        // The moment differs from round to round.
        let enough = ACKNOWLEDGED + round * 7 % 31;
        eventually("enough changes", || (log.changes.load(Ordering::Relaxed) >= enough).then_some(()));
        server.kill();
        clients.into_iter().for_each(|client| client.join().unwrap());
        server = program.serve();
        let persons = std::mem::take(&mut *log.persons.lock().unwrap());
        for person in &persons {
            person.assert_kept(&server.web);
        }
        acknowledged += log.changes.load(Ordering::Relaxed);
        signed_up
            .extend(persons.into_iter().filter(|person| person.acknowledged >= Step::SignUp).map(|person| person.name));
    }
    let rows = database.rows("SELECT name FROM dw_users").await;
    let known: HashSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let lost: Vec<_> = signed_up.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert_eq!(server.stop().0.code(), Some(0));
    if database.is_sqlite() {
        assert_eq!(database.value("PRAGMA integrity_check").await, "ok");
    }
    writeln!(std::io::stdout(), "{rounds} kills, {acknowledged} acknowledged changes: 0 lost, 0 half").unwrap();
}
