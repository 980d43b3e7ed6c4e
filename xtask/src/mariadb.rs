//! A private MariaDB server in a temporary folder, on a free port of 127.0.0.1; it ends with this process.

use std::{
    io::{BufReader, Read as _, stdin},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    Result,
    packages::{self, has, is_root},
};

/// The database that exists from the start.
pub const DATABASE: &str = "doorward";

const START_LIMIT: Duration = Duration::from_secs(60);

/// The shell that runs the server. It stops the server and removes its folder when its standard input ends, which
/// happens when this process ends for any reason.
const HOLDER: &str = r#"trap "" INT
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
server=$!
cat >/dev/null
kill "$server"; wait "$server"; rm -rf "$folder""#;

/// A running server.
pub struct MariaDb {
    holder: Child,
    port: u16,
    folder: PathBuf,
}

impl MariaDb {
    /// Starts a server, after installing it if it is missing and installation is possible.
    pub fn start() -> Result<Self> {
        let server = find_or_install()?;
        let folder = std::env::temp_dir().join(format!("doorward-mariadb-{}", std::process::id()));
        let data = folder.join("data");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        make_data(&data).inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))?;
        let first = folder.join("first.sql");
        std::fs::write(&first, format!("CREATE DATABASE {DATABASE};\n"))
            .map_err(|error| format!("{}: {error}", first.display()))?;
        let port = free_port()?;
        let holder = Command::new("sh")
            .args(["-c", HOLDER, "sh"])
            .arg(&folder)
            .arg(server)
            .arg("--no-defaults")
            .args(as_root())
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", folder.join("socket").display()))
            .arg(format!("--port={port}"))
            .arg(format!("--init-file={}", first.display()))
            .args(["--bind-address=127.0.0.1", "--skip-log-bin", "--max-connections=500"])
            .args(["--innodb-buffer-pool-size=256M", "--innodb-log-file-size=64M"])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let server = Self { holder, port, folder };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// Returns its URL, without a database.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}", self.port)
    }

    /// Runs statements with the server's own client.
    pub fn execute(&self, sql: &str) -> Result<()> {
        let done = Command::new("mariadb")
            .args(["--no-defaults", "--host=127.0.0.1", "--user=root", DATABASE, "--execute", sql])
            .arg(format!("--port={}", self.port))
            .output()
            .map_err(|error| format!("mariadb: {error}"))?;
        if done.status.success() { Ok(()) } else { Err(format!("mariadb: {}", String::from_utf8_lossy(&done.stderr))) }
    }

    fn wait_until_it_answers(&self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if greets(self.port) {
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("MariaDB did not start:\n{log}"))
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            eprintln!("warning: MariaDB may still run: {error}");
        }
    }
}

/// `cargo xtask mariadb`
pub fn hold() -> Result<()> {
    let server = MariaDb::start()?;
    println!("{}", server.url());
    let mut ignored = Vec::new();
    stdin().read_to_end(&mut ignored).map_err(|error| error.to_string())?;
    Ok(())
}

/// Returns whether the server is up: its first packet starts with protocol version 10.
fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    if stream.set_read_timeout(Some(Duration::from_secs(2))).is_err() {
        return false;
    }
    let mut head = [0; 5];
    BufReader::new(stream).read_exact(&mut head).is_ok() && head.last() == Some(&10)
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("no free port: {error}"))?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

fn make_data(folder: &Path) -> Result<()> {
    let made = Command::new("mariadb-install-db")
        .arg("--no-defaults")
        .args(as_root())
        .arg(format!("--datadir={}", folder.display()))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .output()
        .map_err(|error| format!("mariadb-install-db: {error}"))?;
    if made.status.success() {
        Ok(())
    } else {
        Err(format!("mariadb-install-db: {}", String::from_utf8_lossy(&made.stderr)))
    }
}

/// The server does not run as root without this flag.
fn as_root() -> &'static [&'static str] {
    if is_root() { &["--user=root"] } else { &[] }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/libexec".into()]);
    let has_tools = has("mariadb-install-db") && has("my_print_defaults");
    folders.map(|folder| folder.join("mariadbd")).find(|file| has_tools && file.is_file())
}

fn find_or_install() -> Result<PathBuf> {
    /// The server, and the tools that create its data folder. Neither package contains a service, so nothing starts by
    /// itself.
    const PACKAGES: [&str; 2] = ["mariadb-server-core", "mariadb-client-core"];
    if let Some(server) = find() {
        return Ok(server);
    }
    let packages = PACKAGES.join(" ");
    let advice = format!("no MariaDB server found: install Debian's packages {packages}, or run with --sqlite");
    packages::install(&PACKAGES, &advice)?;
    find().ok_or(advice)
}
