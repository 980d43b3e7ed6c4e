//! Variables, secrets and files that the operator did not write by hand.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use doorward_test_macros::async_test;

use super::{from_keys, read, refusal};
use crate::support::{Database, Program};

/// What Kubernetes sets in each container for services named `doorward` and `doorward-server`, and what compose files
/// and images set.
const FOREIGN: [&str; 16] = [
    "DOORWARD_SERVICE_HOST",
    "DOORWARD_SERVICE_PORT",
    "DOORWARD_SERVICE_PORT_HTTP",
    "DOORWARD_PORT",
    "DOORWARD_PORT_80_TCP",
    "DOORWARD_PORT_80_TCP_PROTO",
    "DOORWARD_PORT_80_TCP_PORT",
    "DOORWARD_PORT_80_TCP_ADDR",
    "DOORWARD_SERVER_SERVICE_HOST",
    "DOORWARD_SERVER_PORT_5000_TCP_ADDR",
    "DOORWARD_VERSION",
    "DOORWARD_IMAGE",
    "DOORWARD_HTTP_PORT",
    "DOORWARD_PASSWORD_FILE",
    "DOORWARD_",
    "DOORWARD__X_PORT",
];

#[test]
fn variables_of_orchestrators_are_ignored_with_one_line() {
    let variables: Vec<_> = FOREIGN.iter().map(|name| (*name, "tcp://10.0.0.1:80 canary")).collect();
    let values = read(None, &variables, &[]).unwrap();
    let line = values.ignored_variables().unwrap();
    assert!(FOREIGN.iter().all(|name| line.contains(name)) && !line.contains("canary"), "{line}");
    assert!(!line.contains("did you mean") && line.lines().count() == 1, "{line}");
    assert!(
        read(None, &[("COMPOSE_PROJECT_NAME", "x"), ("DATABASE_URL_FALLBACK", "x")], &[])
            .unwrap()
            .ignored_variables()
            .is_none()
    );
    let line = read(None, &[("DOORWARD_DATABASE_URL", "canary")], &[]).unwrap().ignored_variables().unwrap();
    assert!(line.contains("did you mean DOORWARD_DATABASE__URL?") && !line.contains("canary"), "{line}");
}

#[async_test]
async fn a_pod_beside_a_service_named_doorward_starts() {
    let database = Database::new().await;
    let mut program = Program::new(&database);
    for name in FOREIGN {
        program = program.variable(name, "tcp://10.0.0.1:80");
    }
    let (status, printed) = program.serve().stop();
    assert_eq!(status.code(), Some(0), "{printed}");
    assert_eq!(printed.matches("DOORWARD_PORT_80_TCP_ADDR").count(), 1, "{printed}");
    let ran = program.run(&["config", "check"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (0, 1), "{ran:?}");
    assert!(program.run(&["doctor"]).stdout.contains("DOORWARD_PORT"));
}

#[test]
fn invisible_characters_in_texts_and_secrets_are_named() {
    for (text, told) in [
        ("sqlite:canary.db\r", "carriage return"),
        ("sqlite:canary.db\r\n", "carriage return"),
        ("\u{feff}sqlite:canary.db", "byte order mark"),
        (" sqlite:canary.db", "blank"),
        ("sqlite:canary.db ", "blank"),
        ("sqlite:canary.db\t", "blank"),
        ("sqlite:canary.db\u{a0}", "blank"),
        ("sqlite:canary\u{200b}.db", "invisible"),
        ("sqlite:canary\n.db", "invisible"),
        ("sqlite:canary.db\0", "invisible"),
    ] {
        for key in ["database.url", "adopt.from"] {
            let message = refusal(from_keys(&[(key, text)]));
            assert!(message.contains(&format!("`{key}`")) && message.contains(told), "{text:?}: {message}");
            assert!(!message.contains("canary"), "{message}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, format!("{text}\n")).unwrap();
        let message = refusal(read(None, &[("DATABASE_URL_FILE", path.to_str().unwrap())], &[]));
        assert!(message.contains("DATABASE_URL_FILE") && message.contains(told), "{text:?}: {message}");
        assert!(!message.contains("canary"), "{message}");
    }
    for key in ["secrets.path", "server.public_url", "server.tls_certificate", "password.blocklist"] {
        let message = refusal(from_keys(&[(key, "https://canary\r")]));
        assert!(message.contains(&format!("`{key}`")) && message.contains("carriage return"), "{message}");
    }
}

/// A configuration file from an editor on Windows.
#[test]
fn a_configuration_file_with_a_byte_order_mark_is_read() {
    let database = Database::sqlite();
    let path = database.folder().join("doorward.toml");
    fs::write(&path, "\u{feff}[server]\r\nlisten = \"127.0.0.1:1\"\r\n").unwrap();
    let ran = Program::bare(&database).run(&["config", "show"]);
    assert!(ran.code == 0 && ran.stdout.contains("127.0.0.1:1"), "{ran:?}");
}

/// Every key and variable that names a file, with files that never end, block or are huge.
#[test]
fn files_that_the_configuration_names_are_read_with_a_bound() {
    let database = Database::sqlite();
    let folder = database.folder();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    fs::create_dir(at("folder")).unwrap();
    fs::File::create(at("huge")).unwrap().set_len(10 << 30).unwrap();
    fs::set_permissions(at("huge"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("/dev/zero", at("link")).unwrap();
    let program = Program::new(&database).set("server.public_url", "https://x.example");
    for path in ["/dev/zero".to_owned(), "/dev/stdin".to_owned(), at("pipe"), at("folder"), at("huge"), at("link")] {
        let uses = [
            (program.clone().variable("DOORWARD_CONFIG", &path), path.as_str()),
            (program.clone().variable("DATABASE_URL_FILE", &path), "DATABASE_URL_FILE"),
            (program.clone().set("password.blocklist", &path), "password.blocklist"),
            (program.clone().set("secrets.path", &path), path.as_str()),
            (
                program.clone().set("server.tls_certificate", &path).set("server.tls_key", &path),
                "server.tls_certificate",
            ),
        ];
        for (program, named) in uses {
            let ran = program.start(&["config", "check"]).wait();
            assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{path} as {named}: {ran:?}");
            assert!(ran.stderr.contains(named), "{path} as {named}: {ran:?}");
            let is_told = ["regular file", "not a file", "too large", "not a file of"]
                .iter()
                .any(|told| ran.stderr.contains(told));
            assert!(is_told, "{path} as {named}: {ran:?}");
        }
    }
}

/// One rule for the modes of the database, its log, the secrets file and the TLS key.
#[async_test]
async fn one_rule_judges_the_modes_of_files_with_secrets() {
    let database = Database::sqlite();
    let program = Program::new(&database);
    drop(program.serve().stop());
    let state = || {
        let ran = program.run(&["doctor", "--json"]);
        let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let found = findings.as_array().unwrap().iter().find(|finding| finding["about"] == "file modes").cloned();
        found.map(|found| (found["state"].as_str().unwrap().to_owned(), found["detail"].as_str().unwrap().to_owned()))
    };
    let path = database.folder().join("doorward.db");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(state().unwrap().0, "ok");
    for (mode, judged) in
        [(0o644, "weak"), (0o604, "weak"), (0o666, "wrong"), (0o620, "wrong"), (0o400, "ok"), (0o600, "ok")]
    {
        set(&path, mode);
        let (state, detail) = state().unwrap();
        assert_eq!(state, judged, "{mode:o}: {detail}");
        if judged != "ok" {
            assert!(detail.contains(&format!("chmod 600 {}", path.display())), "{detail}");
            let (_, printed) = program.serve().stop();
            assert!(printed.contains(&format!("chmod 600 {}", path.display())), "{printed}");
        }
    }
}
