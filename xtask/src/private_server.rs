//! A database server that belongs to this process: on a free port of 127.0.0.1, with a folder of its own.
//!
//! Invariant: the server ends, and its folder is removed, when this process ends for any reason.

use std::{
    ffi::OsStr,
    io::{BufReader, Read as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{Result, process};

/// The database that exists from the start.
pub const DATABASE: &str = "doorward";

const START_LIMIT: Duration = Duration::from_secs(60);

/// The shell that runs the server. It stops the server and removes its folder when its standard input ends, which
/// happens when this process ends for any reason.
const HOLDER: &str = r#"trap "" INT
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
server=$!
echo "$server" >"$folder/pid"
cat >/dev/null
kill "$server"; wait "$server"; rm -rf "$folder""#;

/// A running server.
pub struct PrivateServer {
    holder: Child,
    pub port: u16,
    folder: PathBuf,
}

impl PrivateServer {
    /// Runs `command` as the server, which must listen on `port` of 127.0.0.1, and waits until it answers. `folder` is
    /// removed when the server ends.
    pub fn start(folder: &Path, port: u16, command: &[impl AsRef<OsStr>]) -> Result<Self> {
        let holder = Command::new("sh")
            .args(["-c", HOLDER, "sh"])
            .arg(folder)
            .args(command)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        let server = Self { holder, port, folder: folder.to_owned() };
        server.wait_until_it_answers()?;
        Ok(server)
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
        Err(format!("the database server did not start:\n{log}"))
    }
}

impl PrivateServer {
    /// Returns the processor time of the server.
    pub fn processor_time(&self) -> Result<Duration> {
        let file = self.folder.join("pid");
        let id = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        process::processor_time(id.trim().parse().map_err(|_| format!("{} holds {id:?}", file.display()))?)
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            eprintln!("warning: the database server may still run: {error}");
        }
    }
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

/// Returns a port of 127.0.0.1 that is free at this moment.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("no free port: {error}"))?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

/// Makes a new, empty folder for a server. Servers of one process have different folders.
pub fn new_folder(parent: &Path, name: &str) -> Result<PathBuf> {
    let folder = parent.join(format!("doorward-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}
