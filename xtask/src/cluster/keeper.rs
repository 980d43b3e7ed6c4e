//! The processes of a cluster and their folder, which end with this process.
//!
//! Invariant: every process that was started here is killed by its id when this process ends for any reason.

use std::{
    ffi::OsStr,
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use crate::Result;

/// The shell that cleans up when its standard input ends. It kills the processes whose ids are in the folder.
const HOLDER: &str = r#"trap "" INT TERM
cat >/dev/null
for file in "$1"/*.pid; do [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
nft delete table inet "$2" 2>/dev/null; true"#;

/// The folder of a cluster, and the shell that cleans up.
pub struct Keeper {
    holder: Child,
    pub folder: PathBuf,
}

impl Keeper {
    /// Creates an empty folder `target/cluster/NAME`.
    pub fn new(name: &str) -> Result<Self> {
        let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
        let target = std::path::absolute(target).map_err(|error| error.to_string())?;
        let folder = target.join("cluster").join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let holder = Command::new("sh")
            .args(["-c", HOLDER, "sh"])
            .arg(&folder)
            .arg(table())
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("sh: {error}"))?;
        Ok(Self { holder, folder })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        drop(self.holder.wait());
    }
}

/// Returns the name of the table of nft for the partitions of this process.
pub fn table() -> String {
    format!("doorward_{}", std::process::id())
}

/// A process that may be killed and started again.
pub struct Process {
    pub name: String,
    folder: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Process {
    /// Describes a process whose log is `NAME.log` in `folder`.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), folder: folder.to_owned(), child: Mutex::new(None) }
    }

    /// Starts `command`.
    pub fn start(&self, command: &mut Command) -> Result<()> {
        let log = self.log();
        let file = File::options().create(true).append(true).open(&log);
        let file = file.map_err(|error| format!("{}: {error}", log.display()))?;
        let clone = file.try_clone().map_err(|error| error.to_string())?;
        let child = command.stdin(Stdio::null()).stdout(file).stderr(clone).process_group(0).spawn();
        let child = child.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let path = self.folder.join(format!("{}.pid", self.name));
        fs::write(&path, child.id().to_string()).map_err(|error| format!("{}: {error}", path.display()))?;
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        Ok(())
    }

    /// Returns the path of its log.
    pub fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    /// Returns its id while it runs.
    pub fn id(&self) -> Option<u32> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let running = child.as_mut()?;
        matches!(running.try_wait(), Ok(None)).then(|| running.id())
    }

    /// Sends a signal, such as `STOP`.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let id = self.id().ok_or(format!("{} does not run", self.name))?;
        run("kill", [format!("-{signal}"), id.to_string()])
    }

    /// Kills it at once and waits for its end.
    pub fn kill(&self) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut child) = child {
            drop(child.kill());
            drop(child.wait());
        }
        drop(fs::remove_file(self.folder.join(format!("{}.pid", self.name))));
    }

    /// Asks it to end and waits for its end.
    pub fn terminate(&self) -> Result<()> {
        self.signal("CONT")?;
        self.signal("TERM")?;
        for _ in 0..600 {
            if self.id().is_none() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Err(format!("{} did not end within 30 s after SIGTERM", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command and fails with its error output.
pub fn run(program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<()> {
    output(Command::new(program).args(arguments)).map(drop)
}

/// Runs a command and returns its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(format!("{name}: {}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)))
    }
}
