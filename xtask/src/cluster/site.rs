//! Nodes of Doorward in front of the cluster: one for each member, and one that knows all members.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::{
    account::ROOT_PASSWORD,
    client::Client,
    keeper::{Process, output},
    member::{Cluster, Member},
};
use crate::{Result, private_server::free_port};

/// A node of Doorward.
pub struct Node {
    pub name: String,
    pub address: SocketAddr,
    /// The number of its member; `None` for the node that knows all members.
    pub member: Option<usize>,
    url: String,
    process: Process,
}

/// All nodes.
pub struct Site {
    pub nodes: Vec<Node>,
    program: PathBuf,
    folder: PathBuf,
}

impl Site {
    /// Builds the program and starts all nodes at the same time, so that all of them migrate.
    pub fn start(cluster: &dyn Cluster) -> Result<Self> {
        let build = ["build", "--locked", "--package", "doorward", "--bin", "doorward"];
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        output(Command::new(cargo).args(build))?;
        let target = PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
        let program = std::path::absolute(target).map_err(|error| error.to_string())?.join("debug/doorward");
        let log = cluster.members().first().map(|member| member.process.log()).unwrap_or_default();
        let folder = log.parent().unwrap_or(Path::new(".")).to_owned();
        let members: Vec<&Member> = cluster.members().iter().collect();
        let mut nodes = Vec::new();
        for member in &members {
            nodes.push(Node::describe(&folder, &format!("node{}", member.number), Some(member.number), &[member])?);
        }
        nodes.push(Node::describe(&folder, "all", None, &members)?);
        let site = Self { nodes, program, folder };
        site.prepare()?;
        for node in &site.nodes {
            site.launch(node)?;
        }
        Ok(site)
    }

    /// Creates the file of secrets, which all nodes share.
    fn prepare(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        output(command.args(["secret", "init"]).current_dir(&self.folder).envs(settings(&self.folder))).map(drop)
    }

    fn launch(&self, node: &Node) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--listen", &node.address.to_string(), "--database-url", &node.url]);
        node.process.start(command.current_dir(&self.folder).envs(settings(&self.folder)))
    }

    /// Creates the administrator.
    pub fn create_root(&self) -> Result<()> {
        let url = self.nodes.last().map(|node| node.url.as_str()).unwrap_or_default();
        let password = self.folder.join("password");
        fs::write(&password, ROOT_PASSWORD).map_err(|error| error.to_string())?;
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" <password"]).arg(&self.program);
        command.args(["user", "create", "root", "--role", "admin", "--password-stdin", "--database-url", url]);
        output(command.current_dir(&self.folder).envs(settings(&self.folder))).map(drop)
    }

    /// Returns the node in front of a member.
    pub fn node_of(&self, member: usize) -> Option<&Node> {
        self.nodes.iter().find(|node| node.member == Some(member))
    }

    /// Returns the nodes that can serve: all of them, or only those whose member may write.
    pub fn serving(&self, cluster: &dyn Cluster) -> Vec<&Node> {
        let primary = cluster.primary();
        self.nodes.iter().filter(|node| primary.is_none() || node.member.is_none() || node.member == primary).collect()
    }

    /// Returns the lines of all logs that show a fault of the program.
    pub fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        for node in &self.nodes {
            let log = fs::read(node.process.log()).unwrap_or_default();
            for line in String::from_utf8_lossy(&log).lines() {
                if line.contains("panicked") || line.contains("status=500") {
                    found.push(format!("{}: {line}", node.name));
                }
            }
        }
        found
    }
}

impl Node {
    fn describe(folder: &Path, name: &str, member: Option<usize>, members: &[&Member]) -> Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let process = Process::new(folder, name);
        Ok(Self { name: name.to_owned(), address, member, url: Member::url(members), process })
    }

    /// Returns the status of `/readyz`; 0 without an answer.
    pub fn readiness(&self) -> u16 {
        Client::new(self.address).send("GET", "/readyz", None, None).status
    }

    /// Waits until `/readyz` has this status, and returns the time that it took.
    pub fn wait_for(&self, status: u16, limit: Duration) -> Result<Duration> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if self.readiness() == status {
                return Ok(started.elapsed());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = fs::read_to_string(self.process.log()).unwrap_or_default();
        let tail: Vec<_> = log.lines().rev().take(5).collect();
        Err(format!("/readyz of {} was not {status} within {limit:?}:\n{}", self.name, tail.join("\n")))
    }
}

fn settings(folder: &Path) -> Vec<(String, String)> {
    let secrets = folder.join("doorward.secrets").display().to_string();
    // Cheap hashes, and no throttling, because all attempts come from one address.
    let pairs = [
        ("SECRETS__PATH", secrets.as_str()),
        ("HASHING__ARGON2_MEMORY_KIB", "64"),
        ("HASHING__ARGON2_ITERATIONS", "1"),
        ("THROTTLE__ENABLED", "false"),
        ("LOG__LEVEL", "warn"),
    ];
    pairs.iter().map(|(name, value)| (format!("DOORWARD_{name}"), (*value).to_owned())).collect()
}
