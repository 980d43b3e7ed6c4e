//! A private MySQL 9 server; it ends with this process.
//!
//! Debian's stable releases have no MySQL. Its package `mysql-server-core` is in unstable, so the server runs in a folder
//! that `debootstrap` fills with that release, and `chroot` makes its root. Both need the root user. The folder stays in
//! `target/`, because filling it takes a minute.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    packages::{self, has, is_root},
    private_server::{DATABASE, PrivateServer, free_port, new_folder},
};

const ADVICE: &str = "MySQL needs the root user, Debian's package debootstrap and access to Debian's unstable release";

/// A running server.
pub struct MySql(PrivateServer);

impl MySql {
    /// Starts a server, after installing it if it is missing.
    pub fn start() -> Result<Self> {
        let root = root()?;
        let folder = new_folder(&root, "mysql")?;
        let inside = Path::new("/").join(folder.file_name().unwrap_or_default());
        let datadir = format!("--datadir={}", inside.join("data").display());
        let initialise = ["--no-defaults", "--user=root", "--initialize-insecure", &datadir];
        let done = Command::new("chroot").arg(&root).arg("mysqld").args(initialise).output();
        let done = done.map_err(|error| format!("chroot: {error}"))?;
        if !done.status.success() {
            drop(std::fs::remove_dir_all(&folder));
            return Err(format!("mysqld --initialize: {}", String::from_utf8_lossy(&done.stderr)));
        }
        let first = folder.join("first.sql");
        // The data folder has only a root user who uses the socket.
        let sql = format!(
            "CREATE DATABASE {DATABASE};\nCREATE USER 'root'@'%';\nGRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;\n"
        );
        std::fs::write(&first, sql).map_err(|error| format!("{}: {error}", first.display()))?;
        let port = free_port()?;
        let mut command: Vec<String> = vec!["chroot".into(), root.display().to_string(), "mysqld".into()];
        command.extend(["--no-defaults", "--user=root", &datadir].map(Into::into));
        command.push(format!("--socket={}", inside.join("socket").display()));
        command.push(format!("--pid-file={}", inside.join("pid").display()));
        command.push(format!("--init-file={}", inside.join("first.sql").display()));
        command.push(format!("--port={port}"));
        command.extend(
            ["--bind-address=127.0.0.1", "--mysqlx=OFF", "--skip-log-bin", "--secure-file-priv=NULL"].map(Into::into),
        );
        command.extend(["--max-connections=500", "--innodb-buffer-pool-size=256M"].map(Into::into));
        // No TLS, as on the private MariaDB.
        command.extend(["--tls-version=", "--innodb-doublewrite=OFF"].map(Into::into));
        // Nothing here outlives a crash of the machine, and each test creates a schema.
        command.push("--innodb-flush-log-at-trx-commit=2".into());
        PrivateServer::start(&folder, port, &command).map(Self)
    }

    /// Returns its URL, without a database.
    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}", self.0.port)
    }
}

/// Returns the folder with Debian's unstable release and MySQL, and fills it if necessary.
pub fn root() -> Result<PathBuf> {
    let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let root = std::path::absolute(target).map_err(|error| error.to_string())?.join("mysql-root");
    if root.join("usr/sbin/mysqld").is_file() {
        return Ok(root);
    }
    if !is_root() {
        return Err(ADVICE.to_owned());
    }
    if !has("debootstrap") {
        packages::install(&["debootstrap"], ADVICE)?;
    }
    println!("installing MySQL from Debian's unstable release into {}", root.display());
    let unfinished = root.with_extension("unfinished");
    drop(std::fs::remove_dir_all(&unfinished));
    let done = Command::new("debootstrap")
        .args(["--variant=minbase", "--include=mysql-server-core", "sid"])
        .arg(&unfinished)
        .output()
        .map_err(|error| format!("{ADVICE} (debootstrap: {error})"))?;
    if !done.status.success() {
        return Err(format!("{ADVICE}\n{}", String::from_utf8_lossy(&done.stdout)));
    }
    std::fs::rename(&unfinished, &root).map_err(|error| format!("{}: {error}", root.display()))?;
    Ok(root)
}
