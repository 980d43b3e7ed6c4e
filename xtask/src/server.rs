//! A server under measurement: starts it, waits until it is ready, measures it from outside, and stops it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{Result, process};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server process.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts `program`, which prints its listening address.
    pub fn start(program: &Path, arguments: &[&str], variables: &[(&str, &str)], folder: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let output = process.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(output);
        let mut line = String::new();
        lines.read_line(&mut line).map_err(|error| error.to_string())?;
        let address = line.trim().rsplit_once("http://").and_then(|(_, address)| address.parse().ok());
        let address = address.ok_or_else(|| format!("{} printed {line:?}", program.display()))?;
        // The pipe is drained, so that the server never blocks on it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok(Self { process, address })
    }

    /// Waits until `/readyz` returns 200.
    pub fn wait_until_ready(&self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if self.is_ready() {
                return Ok(());
            }
            sleep(Duration::from_millis(1));
        }
        Err("the server did not become ready".to_owned())
    }

    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address) else { return false };
        let request = b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        stream.write_all(request).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// Returns its processor time.
    pub fn processor_time(&self) -> Result<Duration> {
        process::processor_time(self.process.id())
    }

    /// Returns the resident memory in MiB.
    pub fn memory_mib(&self) -> Result<f64> {
        self.mib("VmRSS:")
    }

    /// Returns the peak of resident memory in MiB.
    pub fn peak_memory_mib(&self) -> Result<f64> {
        self.mib("VmHWM:")
    }

    /// Reads a field of `/proc/PID/status`.
    fn mib(&self, field: &str) -> Result<f64> {
        let status = process::read(self.process.id(), "status")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or(format!("no {field}"))?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| format!("{field} is {line}"))?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("warning: a server may still run: {error}");
        }
    }
}
