//! J2, J3: each operation on the files of an SQLite database fails once, for each kind of request.
//!
//! A shim in C fails the Nth operation, for N = 1, 2, 3 … until a request passes untouched. Invariants: an acknowledged
//! change is there after the files are opened again. A refused one was made completely or not at all. The next request
//! works, and no answer is 500.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::json;

use crate::support::{Database, Program, Server, TcpClient, eventually};

/// The failures of `failing_files.c`: an error of the disk, a full disk, a short write, a failed sync.
const FAILURES: [i32; 4] = [1, 2, 3, 4];
/// The disk stays full.
const FULL: i32 = 5;
/// The process ends in the middle of a write.
const KILL: i32 = 6;
/// The power fails: the writes since the last sync are lost or torn.
const POWER: i32 = 7;
/// More operations than any request needs.
const MOST: i32 = 400;

/// The shim, compiled once.
static SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/faults/failing_files.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("failing_files_{}.so", std::process::id()));
    let compiler =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(compiler.unwrap().success());
    library
});

/// A server whose files fail on demand.
struct Failing {
    database: Database,
    program: Program,
    control: File,
}

impl Failing {
    fn new() -> Self {
        let database = Database::sqlite();
        let path = database.folder().join("control");
        std::fs::write(&path, [0; 16]).unwrap();
        let control = File::options().read(true).write(true).open(&path).unwrap();
        let program = Program::new(&database)
            .set("throttle.enabled", "false")
            .variable("LD_PRELOAD", SHIM.to_str().unwrap())
            .variable("FAILING_CONTROL", path.to_str().unwrap())
            .variable("FAILING_NAME", "doorward.db");
        Self { database, program, control }
    }

    /// From now on, the operation with this number fails.
    fn arm(&self, failure: i32, number: i32) {
        let words = [failure, number, 0, 0].map(i32::to_ne_bytes).concat();
        self.control.write_all_at(&words, 0).unwrap();
    }

    /// Ends the failures. Returns whether one was caused.
    fn disarm(&self) -> bool {
        let mut caused = [0; 4];
        self.control.read_exact_at(&mut caused, 12).unwrap();
        self.arm(0, 0);
        i32::from_ne_bytes(caused) != 0
    }
}

fn password(name: &str) -> String {
    format!("the password of {name}")
}

fn new_user(server: &Server, name: &str) -> TcpClient {
    let mut client = server.web.clone();
    assert_eq!(client.sign_up(name, &password(name)).status, 201, "{name}");
    client
}

fn logged_in(server: &Server, name: &str) -> TcpClient {
    let mut client = new_user(server, name);
    assert_eq!(client.log_in(name, &password(name)).status, 200, "{name}");
    client
}

fn status_of_login(server: &Server, name: &str, password: &str) -> u16 {
    server.web.clone().log_in(name, password).status
}

/// A kind of request.
struct Kind {
    name: &'static str,
    /// Prepares the user, without failures.
    prepare: fn(&Server, &str) -> TcpClient,
    /// Sends the request. Returns its status.
    send: fn(&mut TcpClient, &str) -> u16,
    /// The status of success.
    success: u16,
    /// Asserts the state: that of success, or for a refused request also the one before.
    check: fn(&Server, &TcpClient, &str, bool),
}

fn is_usable(client: &TcpClient) -> bool {
    match client.send_once("/api/v1/sessions/current").unwrap().status {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    }
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "sign-up",
        prepare: |server, _| server.web.clone(),
        send: |client, name| client.sign_up(name, &password(name)).status,
        success: 201,
        check: |server, _, name, is_done| {
            let status = status_of_login(server, name, &password(name));
            assert!(status == 200 || (status == 401 && !is_done), "{status}");
            // The name is taken or free, and never half of both.
            let again = server.web.clone().sign_up(name, &password(name)).status;
            assert_eq!(again == 201, status == 401, "{again}");
        },
    },
    Kind {
        name: "log-in",
        prepare: new_user,
        send: |client, name| client.log_in(name, &password(name)).status,
        success: 200,
        check: |_, client, _, is_done| assert_eq!(client.cookie.is_some() && is_usable(client), is_done),
    },
    Kind {
        name: "password change",
        prepare: logged_in,
        send: |client, name| {
            let body = json!({ "current_password": password(name), "new_password": format!("{} + 1", password(name)) });
            client.send("PUT", "/api/v1/users/me/password", Some(&body)).unwrap().status
        },
        success: 200,
        check: |server, client, name, is_done| {
            let old = status_of_login(server, name, &password(name));
            let new = status_of_login(server, name, &format!("{} + 1", password(name)));
            assert!((old, new) == (401, 200) || ((old, new) == (200, 401) && !is_done), "{old} {new}");
            // The answer to a change has a new token; without an answer, the old session may have ended.
            assert!(is_usable(client) || !is_done);
        },
    },
    Kind {
        name: "log-out",
        prepare: logged_in,
        send: |client, _| {
            let before = client.cookie.clone();
            let status = client.send("DELETE", "/api/v1/sessions/current", None).unwrap().status;
            client.cookie = before;
            status
        },
        success: 204,
        check: |_, client, _, is_done| assert!(!(is_usable(client) && is_done)),
    },
    Kind {
        name: "session check",
        prepare: logged_in,
        send: |client, _| client.get("/api/v1/sessions/current").status,
        success: 200,
        check: |_, client, _, _| assert!(is_usable(client)),
    },
];

// J3
#[test]
fn each_failing_operation_of_a_request_is_answered_truly() {
    for kind in &KINDS {
        let failing = Failing::new();
        let server = failing.program.serve();
        let mut outcomes = Vec::new();
        for failure in FAILURES {
            for number in 1..=MOST {
                let name = format!("{failure} {number}");
                let mut client = (kind.prepare)(&server, &name);
                failing.arm(failure, number);
                let status = (kind.send)(&mut client, &name);
                let was_caused = failing.disarm();
                assert!([kind.success, 503].contains(&status), "{} {name}: {status} {}", kind.name, server.printed());
                assert!(was_caused || status == kind.success, "{} {name}", kind.name);
                (kind.check)(&server, &client, &name, status == kind.success);
                assert_eq!(server.web.clone().get("/readyz").status, 200, "{} {name}", kind.name);
                outcomes.push((name, client, status == kind.success));
                if !was_caused {
                    break;
                }
                assert!(number < MOST, "{}: the failures do not end", kind.name);
            }
        }
        // A session check may need no operation on a file.
        assert!(outcomes.iter().any(|(.., is_done)| !is_done) || kind.name == "session check", "{}", kind.name);
        server.kill();
        let server = failing.program.serve();
        for (name, client, is_done) in outcomes {
            if kind.name == "sign-up" {
                assert_eq!(status_of_login(&server, &name, &password(&name)), 200, "{name}");
            } else {
                (kind.check)(&server, &client.at(&server.web), &name, is_done);
            }
        }
        drop(server);
        let connection = rusqlite::Connection::open(failing.database.folder().join("doorward.db")).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "{}", kind.name);
    }
}

// J2
#[test]
fn a_process_that_ends_in_any_write_loses_nothing_acknowledged() {
    ends_in_each_operation(KILL);
}

// J2
#[test]
fn a_power_failure_that_loses_and_tears_writes_loses_nothing_acknowledged() {
    ends_in_each_operation(POWER);
}

fn ends_in_each_operation(failure: i32) {
    let failing = Failing::new();
    let mut known: Vec<String> = Vec::new();
    for number in 1..=MOST {
        let server = failing.program.serve();
        let name = format!("user {number}");
        failing.arm(failure, number);
        let answer =
            server.web.clone().send("POST", "/signup", Some(&json!({ "username": name, "password": password(&name) })));
        let was_caused = failing.disarm();
        let is_done = answer.is_ok_and(|answer| answer.status == 201);
        drop(server);
        let server = failing.program.serve();
        let status = status_of_login(&server, &name, &password(&name));
        assert!(status == 200 || (status == 401 && !is_done), "{name}: {status}");
        if status == 200 {
            known.push(name);
        }
        for name in known.iter().rev().take(3) {
            assert_eq!(status_of_login(&server, name, &password(name)), 200, "{name}");
        }
        if !was_caused {
            break;
        }
        assert!(number < MOST);
    }
    let server = failing.program.serve();
    for name in known {
        assert_eq!(status_of_login(&server, &name, &password(&name)), 200, "{name}");
    }
}

// J3
#[test]
fn a_full_disk_is_named_and_ends_readiness_until_space_is_free() {
    let failing = Failing::new();
    let server = failing.program.serve();
    let ann = logged_in(&server, "ann");
    failing.arm(FULL, 0);
    let ready = eventually("the end of readiness", || {
        Some(server.web.clone().get("/readyz")).filter(|answer| answer.status == 503)
    });
    assert!(ready.body.contains("unavailable"), "{ready:?}");
    let answer = server.web.clone().sign_up("bob", &password("bob"));
    assert_eq!((answer.status, answer.body.contains("connect")), (503, false), "{answer:?}");
    let answer = server.web.clone().post("/api/v1/users", &json!({ "name": "bob", "password": password("bob") }));
    assert!(answer.status == 503 && !answer.body.contains("reached"), "{answer:?}");
    // A check of a session writes nothing.
    assert!(is_usable(&ann));
    let doctor = failing.program.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("disk is full"), "{doctor:?}");
    failing.disarm();
    assert_eq!(server.web.clone().get("/readyz").status, 200);
    new_user(&server, "bob");
    let printed = server.stop().1;
    assert!(printed.contains("the disk is full, so free space"), "{printed}");
    assert!(!printed.contains("cannot be reached"), "{printed}");
}
