//! A MariaDB server of one test, with options of its own. Other tests share a server, whose settings must not change.
//!
//! Invariant: the server ends with its value, or with the process of the tests.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use mysql_async::prelude::Queryable;
use tempfile::TempDir;

use super::{
    Database,
    database::server,
    program::{PATIENCE, eventually},
};

/// The name of the database that every server has.
const NAME: &str = "doorward";

/// A running server with a database `doorward`, and the user `root` without a password.
pub struct MariaDb {
    child: Child,
    pub port: u16,
    folder: TempDir,
    options: Vec<String>,
}

impl MariaDb {
    /// Starts a server with these options; `None` if the engine of the run is SQLite.
    pub fn start(options: &[&str]) -> Option<Self> {
        server()?;
        let folder = TempDir::new().unwrap();
        let copied = Command::new("cp").arg("-a").arg(template()).arg(folder.path().join("data")).status().unwrap();
        assert!(copied.success());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options: Vec<_> = options.iter().map(|option| (*option).to_owned()).collect();
        let child = spawn(folder.path(), port, &options);
        let server = Self { child, port, folder, options };
        server.wait_until_it_answers();
        Some(server)
    }

    /// Its URL with the database `doorward`.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/{NAME}", self.port)
    }

    /// Its database `doorward`.
    pub fn database(&self) -> Database {
        Database::at(&self.url())
    }

    /// Executes a statement as `root`, on a connection without any of Doorward's settings.
    pub async fn execute(&self, sql: &str) {
        let url = format!("mysql://root@127.0.0.1:{}", self.port);
        let mut connection = mysql_async::Conn::from_url(&url).await.unwrap();
        connection.query_drop("SET SESSION TRANSACTION READ WRITE").await.unwrap();
        connection.query_drop(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.disconnect().await.unwrap();
    }

    /// Ends the connections of a user. They keep the rights with which they began.
    pub async fn kill_connections(&self, user: &str) {
        let sql =
            format!("SELECT id FROM information_schema.processlist WHERE user = '{user}' AND id <> CONNECTION_ID()");
        for row in self.database().rows(&sql).await {
            // It may have ended meanwhile, which is an error.
            self.execute(&format!(
                "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN END; KILL {}; END",
                row[0]
            ))
            .await;
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the server again after [`MariaDb::kill`], on the same data and port.
    pub fn restart(&mut self) {
        self.child = spawn(self.folder.path(), self.port, &self.options);
        self.wait_until_it_answers();
    }

    fn wait_until_it_answers(&self) {
        let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        eventually(&format!("MariaDB within {PATIENCE:?}"), || {
            assert!(!log().contains("[ERROR] Aborting"), "{}", log());
            greets(self.port).then_some(())
        });
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(folder: &Path, port: u16, options: &[String]) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    std::fs::create_dir_all(folder.join("tmp")).unwrap();
    Command::new(binary())
        .arg("--no-defaults")
        .args(as_root())
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        // A server removes the temporary tables of others in the same folder.
        .arg(format!("--tmpdir={}", folder.join("tmp").display()))
        .arg(format!("--port={port}"))
        .args(["--bind-address=127.0.0.1", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M"])
        .args(options)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Returns whether the server is up: its first packet starts with protocol version 10.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).is_ok() && head[4] == 10
}

/// The server does not run as root without this flag, and nobody else may set it.
fn as_root() -> &'static [&'static str] {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if is_root { &["--user=root"] } else { &[] }
}

/// Repeats `look` until it returns true. Only for states of another process.
pub async fn eventually_async(what: &str, look: impl AsyncFn() -> bool) {
    let started = std::time::Instant::now();
    while !look().await {
        assert!(started.elapsed() < PATIENCE, "timed out waiting for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn binary() -> &'static str {
    ["/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/bin/mariadbd"]
        .into_iter()
        .find(|path| Path::new(path).is_file())
        .expect("mariadbd is installed, because the suite runs on it")
}

/// A data folder that is created once for all servers of this process.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    let folder = TEMPLATE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let made = Command::new("mariadb-install-db")
            .arg("--no-defaults")
            .args(as_root())
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .args(["--skip-name-resolve", "--innodb-log-file-size=8M"])
            .arg(format!("--datadir={}", folder.path().display()))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        // A folder is a database. A statement would depend on the options of the server.
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        folder
    });
    folder.path()
}
