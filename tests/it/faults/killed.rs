//! J1: SIGKILL during sign-ups and logins. Acknowledged changes survive, and others exist completely or not at all.

use doorward_test_macros::async_test;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::json;

use crate::support::{Database, Program, TcpClient, eventually};

const CLIENTS: usize = 6;
const ACKNOWLEDGED: usize = 25;

/// The attempts of the clients, and the acknowledged ones.
#[derive(Default)]
struct Log {
    tried: Vec<String>,
    signed_up: Vec<String>,
    logged_in: Vec<(String, TcpClient)>,
}

fn storm(web: &TcpClient, log: &Arc<Mutex<Log>>, number: &Arc<AtomicUsize>) -> Vec<thread::JoinHandle<()>> {
    let client = |_| {
        let (mut web, log, number) = (web.clone(), Arc::clone(log), Arc::clone(number));
        thread::spawn(move || {
            loop {
                // A login would end the session of its request.
                web.cookie = None;
                let name = format!("person {}", number.fetch_add(1, Ordering::Relaxed));
                log.lock().unwrap().tried.push(name.clone());
                let body = json!({ "username": name, "password": format!("secret of {name}") });
                let Ok(answer) = web.send("POST", "/signup", Some(&body)) else { return };
                if answer.status == 201 {
                    log.lock().unwrap().signed_up.push(name.clone());
                }
                let Ok(answer) = web.send("POST", "/login", Some(&body)) else { return };
                if answer.status == 200 {
                    log.lock().unwrap().logged_in.push((name, web.clone()));
                }
            }
        })
    };
    (0..CLIENTS).map(client).collect()
}

// J1
#[async_test]
async fn acknowledged_changes_survive_a_kill() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let log = Arc::new(Mutex::new(Log::default()));
    let number = Arc::new(AtomicUsize::new(0));
    for round in 1..=3 {
        let server = program.serve();
        let clients = storm(&server.web, &log, &number);
        eventually("enough sign-ups", || (log.lock().unwrap().signed_up.len() >= round * ACKNOWLEDGED).then_some(()));
        server.kill();
        clients.into_iter().for_each(|client| client.join().unwrap());
    }
    let server = program.serve();
    let log = std::mem::take(&mut *log.lock().unwrap());
    assert!(log.logged_in.len() > ACKNOWLEDGED);
    for name in &log.signed_up {
        server
            .web
            .clone()
            .log_in(name, &format!("secret of {name}"))
            .assert_json(200, json!({ "message": "Login successful" }));
    }
    for (name, web) in &log.logged_in {
        let id = database.value(&format!("SELECT id FROM dw_users WHERE name = '{name}'")).await;
        web.at(&server.web).get(&format!("/user/{id}")).assert_json(200, json!({ "username": name }));
    }
    for name in log.tried.iter().filter(|name| !log.signed_up.contains(name)) {
        // An unacknowledged user exists with its password, or not at all.
        let known = database.rows(&format!("SELECT id FROM dw_users WHERE name = '{name}'")).await.len();
        let answer = server.web.clone().log_in(name, &format!("secret of {name}"));
        assert_eq!(answer.status, if known == 1 { 200 } else { 401 }, "{name}");
    }
    assert_eq!(server.stop().0.code(), Some(0));
    if database.is_sqlite() {
        assert_eq!(database.value("PRAGMA integrity_check").await, "ok");
    }
}
