//! The real binary: commands that end, and servers that run until they are stopped or killed.
//!
//! Invariant: no process outlives its value, and none inherits the environment of the tests.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{Database, tcp_client::TcpClient};

/// The longest time to wait for anything that must happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The binary and its configuration, with cheap hashes.
#[derive(Clone)]
pub struct Program {
    variables: Vec<(String, String)>,
    database: Database,
    /// The limit on its open files.
    open_files: Option<u32>,
}

/// The output and the exit code of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A running command. Killed when dropped.
pub struct Started(Option<Child>);

/// A running `doorward serve`. Killed when dropped.
pub struct Server {
    child: Child,
    /// A client of its address.
    pub web: TcpClient,
    printed: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    /// Keeps the folder of the database until the server ends.
    _database: Database,
}

impl Program {
    /// The binary with `database`.
    pub fn new(database: &Database) -> Self {
        let mut program = Self { variables: Vec::new(), database: database.clone(), open_files: None };
        for (key, value) in [
            ("hashing.argon2_memory_kib", "64"),
            ("hashing.argon2_iterations", "1"),
            ("hashing.threads", "2"),
            ("database.url", database.url.as_str()),
        ] {
            program = program.set(key, value);
        }
        program
    }

    /// The binary without any configuration, run in the folder of `database`.
    pub fn bare(database: &Database) -> Self {
        Self { variables: Vec::new(), database: database.clone(), open_files: None }
    }

    /// Sets a configuration key.
    pub fn set(self, key: &str, value: &str) -> Self {
        self.variable(&doorward::config::variable(key), value)
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a limit on open files.
    pub fn with_open_files(mut self, most: u32) -> Self {
        self.open_files = Some(most);
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_doorward");
        let mut command = match self.open_files {
            None => Command::new(binary),
            Some(most) => {
                let mut command = Command::new("/bin/sh");
                command.args(["-c", &format!("ulimit -n {most} && exec \"$0\" \"$@\""), binary]);
                command
            }
        };
        command.args(arguments).env_clear().envs(self.variables.iter().cloned());
        command.current_dir(self.database.folder()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end, with nothing on its standard input.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, b"")
    }

    /// Runs a command to its end.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A command that does not read its input may have ended.
        drop(child.stdin.take().unwrap().write_all(input));
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a shell script to its end or to the first command that fails, with `doorward` as a command.
    pub fn run_shell(&self, script: &str) -> Ran {
        let folder = Path::new(env!("CARGO_BIN_EXE_doorward")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([folder.into()].into_iter().chain(std::env::split_paths(&path))).unwrap();
        let mut command = Command::new("sh");
        command.args(["-euc", script]).env_clear().envs(self.variables.iter().cloned()).env("PATH", path);
        let output = command.current_dir(self.database.folder()).stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a command with nothing on its standard input. Its output must fit into a pipe's buffer.
    pub fn start(&self, arguments: &[&str]) -> Started {
        Started(Some(self.command(arguments).stdin(Stdio::null()).spawn().unwrap()))
    }

    /// As [`Program::start`], for a command with more output, which goes into the file at `path`.
    pub fn start_into(&self, arguments: &[&str], path: &Path) -> Started {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(File::create(path).unwrap());
        Started(Some(command.spawn().unwrap()))
    }

    /// Runs a command with this standard output.
    pub fn run_to(&self, arguments: &[&str], output: impl Into<Stdio>) -> Ran {
        Started(Some(self.command(arguments).stdin(Stdio::null()).stdout(output).spawn().unwrap())).wait()
    }

    /// Starts a server on a free port and waits until it prints its address.
    pub fn serve(&self) -> Server {
        let (mut server, stderr) = self.serve_with_unread_log();
        server.readers.push(collect(stderr, &server.printed, None));
        server
    }

    /// As [`Program::serve`], but nothing reads its standard error.
    pub fn serve_with_unread_log(&self) -> (Server, ChildStderr) {
        let mut child = self.command(&["serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let (first_line, is_there) = mpsc::channel();
        let mut stderr = child.stderr.take().unwrap();
        let readers = vec![collect(child.stdout.take().unwrap(), &printed, Some(first_line))];
        let Ok(line) = is_there.recv_timeout(PATIENCE) else {
            drop(child.kill());
            let mut errors = String::new();
            drop(stderr.read_to_string(&mut errors));
            panic!("the server did not print its address: {errors}");
        };
        let address = line.rsplit_once("://").unwrap().1.split('"').next().unwrap().trim().parse().unwrap();
        let (web, _database) = (TcpClient::new(address), self.database.clone());
        (Server { child, web, printed, readers, _database }, stderr)
    }
}

impl Started {
    /// SIGKILL.
    pub fn kill(mut self) {
        let mut child = self.0.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends a signal, as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.0.as_ref().unwrap().id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until the command ends.
    pub fn wait(mut self) -> Ran {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // Both fail only when it has ended already.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Server {
    /// All output so far, of both streams.
    pub fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// SIGKILL. Requests in flight are lost.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal, as `HUP`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until the server ends. Returns its exit status and all its output.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = eventually("the end of the process", || self.child.try_wait().unwrap());
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status, self.printed())
    }

    /// Sends SIGTERM and waits until the server ends.
    pub fn stop(self) -> (ExitStatus, String) {
        self.terminate();
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Repeats `look` until it finds something. Only for events in other processes.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "timed out waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn collect(
    stream: impl Read + Send + 'static,
    printed: &Arc<Mutex<String>>,
    mut first_line: Option<mpsc::Sender<String>>,
) -> JoinHandle<()> {
    let printed = Arc::clone(printed);
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            printed.lock().unwrap().push_str(&text);
            line.clear();
            if let Some(sender) = first_line.take() {
                // The receiver is gone when the test has failed.
                drop(sender.send(text));
            }
        }
    })
}
