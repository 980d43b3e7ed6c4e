//! With `log.format = "json"`, every line on both streams of `doorward serve` is JSON.

use std::{fs, net::TcpListener, process::Command};

use doorward::{
    config::{Log, LogFormat},
    log::ServiceLog,
};
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Database, Program};

/// Asserts that every line is JSON with the members of an event, and returns the events.
#[track_caller]
fn events(lines: &str) -> Vec<Value> {
    let event = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(event["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
        for member in ["level", "target"] {
            assert!(event[member].is_string(), "{member} is missing: {line}");
        }
        event
    };
    lines.lines().map(event).collect()
}

fn has(events: &[Value], level: &str, message: &str) -> bool {
    events
        .iter()
        .any(|event| event["level"] == level && event["message"].as_str().is_some_and(|text| text.starts_with(message)))
}

#[async_test]
async fn every_line_of_a_run_is_json() {
    let database = Database::new().await;
    let program = Program::new(&database)
        .set("log.format", "json")
        .set("log.level", "debug")
        .set("throttle.enabled", "false")
        .set("server.public_url", "http://accounts.example.com");
    let server = program.serve();
    // 421, for the host is another.
    server.web.clone().get("/user");
    server.web.clone().post("/login", &json!({ "username": "ann\n\u{1b}[0m", "password": "no" }));
    server.signal("HUP");
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0));
    let events = events(&printed);
    for message in ["Doorward ", "database ", "POST /login speaks", "password guessing", "stopping", "stopped"] {
        assert!(has(&events, "INFO", message), "{message} is missing:\n{printed}");
    }
    assert!(has(&events, "WARN", "throttle.enabled is false") && has(&events, "INFO", "request refused"), "{printed}");
    let start = events.iter().find(|event| event["url"].is_string()).unwrap();
    assert!(start["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{start}");
    assert_eq!(start["version"], env!("CARGO_PKG_VERSION"));
}

#[async_test]
async fn a_start_that_fails_is_one_json_line() {
    let database = Database::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let program = Program::new(&database).set("log.format", "json").set("server.listen", "127.0.0.1:0");
    for (program, message) in [
        (program.clone().set("server.listen", "nowhere"), "`server.listen`"),
        (program.clone().set("server.listen", &taken.local_addr().unwrap().to_string()), "cannot listen on"),
        (program.clone().set("database.url", "postgres://canary"), "`database.url`"),
        (program.clone().variable("DOORWARD_SERVER__NO_SUCH_KEY", "1"), "the environment variable"),
        (program.clone().variable("DOORWARD_CONFIG", "missing.toml"), "missing.toml: cannot be read"),
        (program.clone().set("secrets.path", "/dev/null/nowhere"), "/dev/null/nowhere"),
    ] {
        fails(&program, message);
    }
    // The format may be in the file, which may have mistakes elsewhere.
    for (file, message) in [
        ("[log]\nformat = \"json\"\n[server]\nlisten = \"nowhere\"\n", "`server.listen`"),
        ("[log]\nformat = \"json\"\nno_such_key = 1\n", "doorward.toml: "),
    ] {
        fs::write(database.folder().join("doorward.toml"), file).unwrap();
        fails(&Program::bare(&database), message);
    }
}

#[track_caller]
fn fails(program: &Program, message: &str) {
    let ran = program.run(&["serve"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    let events = events(&ran.stderr);
    assert_eq!(events.len(), 1, "{ran:?}");
    assert!(has(&events, "ERROR", message), "{message}: {ran:?}");
    assert!(!ran.stderr.contains("canary"), "{ran:?}");
}

/// Runs itself again in a process of its own, because the hook of panics concerns the whole process.
#[test]
fn panics_are_json_lines_without_their_message() {
    if let Ok(mode) = std::env::var("DW_TEST_PANIC") {
        return panic_in_a_thread(&mode);
    }
    let run = |mode: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "faults::json_log::panics_are_json_lines_without_their_message";
        command.args(["--exact", name, "--nocapture"]);
        let output = command.env("RUST_BACKTRACE", "1").env("DW_TEST_PANIC", mode).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("canary"), "{stderr}");
        let events = events(&stderr);
        assert_eq!(events.len(), 1, "{stderr}");
        assert_eq!(events[0]["level"], "ERROR");
        assert!(events[0].to_string().contains("json_log.rs"), "{stderr}");
    };
    run("before the configuration");
    run("after the configuration");
}

fn panic_in_a_thread(mode: &str) {
    let log = ServiceLog::start(LogFormat::Json).unwrap();
    if mode == "after the configuration" {
        log.subscribe(&Log { level: tracing::Level::INFO, format: LogFormat::Json });
    }
    let panicked = std::thread::spawn(|| panic!("canary of a secret")).join();
    assert!(panicked.is_err());
    log.flush();
}
