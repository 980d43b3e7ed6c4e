//! A private MariaDB server in a temporary folder; it ends with this process.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

pub use crate::private_server::DATABASE;
use crate::{
    Result,
    packages::{self, has, is_root},
    private_server::{PrivateServer, free_port, new_folder},
};

/// A running server.
pub struct MariaDb(PrivateServer);

impl MariaDb {
    /// Starts a server, after installing it if it is missing and installation is possible.
    pub fn start() -> Result<Self> {
        let server = find_or_install()?;
        let folder = new_folder(&std::env::temp_dir(), "mariadb")?;
        let data = folder.join("data");
        make_data(&data).inspect_err(|_| drop(std::fs::remove_dir_all(&folder)))?;
        let first = folder.join("first.sql");
        std::fs::write(&first, format!("CREATE DATABASE {DATABASE};\n"))
            .map_err(|error| format!("{}: {error}", first.display()))?;
        let port = free_port()?;
        let mut command: Vec<OsString> = vec![server.into(), "--no-defaults".into()];
        command.extend(as_root().iter().map(Into::into));
        command.push(format!("--datadir={}", data.display()).into());
        command.push(format!("--socket={}", folder.join("socket").display()).into());
        command.push(format!("--port={port}").into());
        command.push(format!("--init-file={}", first.display()).into());
        command.extend(["--bind-address=127.0.0.1", "--skip-log-bin", "--max-connections=500"].map(Into::into));
        command.extend(["--innodb-buffer-pool-size=256M", "--innodb-log-file-size=64M"].map(Into::into));
        PrivateServer::start(&folder, port, &command).map(Self)
    }

    /// Returns its URL, without a database.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}", self.0.port)
    }

    /// Returns the processor time of the server.
    pub fn processor_time(&self) -> Result<Duration> {
        self.0.processor_time()
    }

    /// Runs statements with the server's own client.
    pub fn execute(&self, sql: &str) -> Result<()> {
        let done = Command::new("mariadb")
            .args(["--no-defaults", "--host=127.0.0.1", "--user=root", DATABASE, "--execute", sql])
            .arg(format!("--port={}", self.0.port))
            .output()
            .map_err(|error| format!("mariadb: {error}"))?;
        if done.status.success() { Ok(()) } else { Err(format!("mariadb: {}", String::from_utf8_lossy(&done.stderr))) }
    }
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
