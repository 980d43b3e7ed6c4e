//! A server that cannot be used is refused by name, and never by a panic.

use doorward_test_macros::async_test;

use crate::support::{
    Database, MariaDb, Program,
    database::server,
    fake_mysql::{Answer, FakeMySql},
};

/// What `doctor` says about the database of `url`.
fn doctor(url: &str) -> String {
    let ran = Program::new(&Database::at(url)).set("database.timeout", "10s").run(&["doctor"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!said.contains("panicked") && !said.contains("secret-canary"), "{said}");
    said
}

#[async_test]
async fn an_error_at_the_login_names_what_to_do() {
    if server().is_none() {
        return;
    }
    for (answer, named) in [
        (Answer::Refuse(1040, "Too many connections"), "max_connections"),
        (Answer::Reject(1203, "User app already has more than 'max_user_connections'"), "max_user_connections"),
        (
            Answer::Reject(1226, "User 'app' has exceeded the 'max_connections_per_hour' resource"),
            "database.connections",
        ),
        (Answer::Reject(1820, "You must reset your password"), "expired"),
        (Answer::Reject(1862, "Your password has expired"), "expired"),
        (Answer::Reject(3118, "Access denied. Account is locked."), "ACCOUNT UNLOCK"),
        (Answer::Reject(4151, "Access denied, this account is locked"), "ACCOUNT UNLOCK"),
        (Answer::Reject(3159, "Connections using insecure transport are prohibited"), "ssl-mode"),
        (Answer::Reject(1045, "Access denied for user 'app'"), "the user or the password"),
        (Answer::Refuse(1129, "Host is blocked because of many connection errors"), "from this host"),
        (Answer::Reject(1049, "Unknown database 'app'"), "does not exist"),
        (Answer::Reject(3032, "The server is currently in offline mode"), "read-only or offline"),
        (Answer::Reject(9999, "A future error"), "A future error"),
        (Answer::Switch("auth_gssapi_client"), "auth_gssapi_client"),
        (Answer::Switch("dialog"), "dialog"),
        (Answer::Switch("sha256_password"), "sha256_password"),
        (Answer::Switch("mysql_clear_password"), "mysql_clear_password"),
        (Answer::Switch("mysql_old_password"), "mysql_old_password"),
        // The login by ed25519 is supported, so the server's answer is shown.
        (Answer::Switch("client_ed25519"), "the user or the password"),
    ] {
        let fake = FakeMySql::start(answer);
        let said = doctor(&fake.url());
        assert!(said.contains(named), "{named}: {said}");
    }
}

/// The driver knows this plugin without supporting it, and panics.
#[async_test]
async fn a_panic_of_the_driver_at_the_login_is_an_error() {
    if server().is_none() {
        return;
    }
    let fake = FakeMySql::start(Answer::Switch("parsec"));
    let ran = Program::new(&Database::at(&fake.url())).run(&["doctor"]);
    assert!(ran.code == 1 && !ran.stdout.contains("internal"), "{ran:?}");
}

#[async_test]
async fn a_server_with_statement_binlogs_is_refused_by_name() {
    let Some(server) = MariaDb::start(&["--log-bin=binlog", "--binlog-format=STATEMENT"]) else { return };
    let said = doctor(&server.url());
    assert!(said.contains("binlog_format"), "{said}");
    let ran = Program::new(&server.database()).run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(ran.code == 1 && ran.stderr.contains("binlog_format"), "{ran:?}");
}

#[async_test]
async fn a_table_without_transactions_is_refused_by_name() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let program = Program::new(&server.database());
    assert_eq!(program.run(&["migrate", "up"]).code, 0);
    server.execute("ALTER TABLE doorward.dw_sessions ENGINE = MyISAM").await;
    let said = doctor(&server.url());
    assert!(said.contains("dw_sessions") && said.contains("MyISAM"), "{said}");
    let ran = program.run(&["migrate", "up"]);
    assert!(ran.code == 1 && ran.stderr.contains("dw_sessions"), "{ran:?}");
}
