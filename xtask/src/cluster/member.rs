//! A database server of a cluster: its ports, its process, and how it is cut off from the others.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use super::keeper::{Process, output, run, table};
use crate::{Result, packages::is_root};

/// The account of Doorward, with its password.
pub const ACCOUNT: &str = "doorward";
/// The database.
pub const DATABASE: &str = "doorward";

/// A member.
pub struct Member {
    pub number: usize,
    /// The port for clients.
    pub sql: u16,
    /// The port for the group.
    pub group: u16,
    /// The ports for state transfers on Galera: incremental and full.
    pub transfer: (u16, u16),
    /// The data folder.
    pub data: PathBuf,
    pub process: Process,
}

impl Member {
    /// Describes members with free ports. Their data is in folders of `parent`.
    pub fn describe(folder: &Path, parent: &Path, count: usize) -> Result<Vec<Self>> {
        // All ports are taken at the same time, so that they differ.
        let mut listeners = Vec::new();
        let mut port = || {
            let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("no free port: {error}"))?;
            let port = listener.local_addr().map_err(|error| error.to_string())?.port();
            listeners.push(listener);
            Ok::<u16, String>(port)
        };
        let mut members = Vec::new();
        for number in 1..=count {
            members.push(Self {
                number,
                sql: port()?,
                group: port()?,
                transfer: (port()?, port()?),
                data: parent.join(format!("n{number}")),
                process: Process::new(folder, &format!("db{number}")),
            });
        }
        Ok(members)
    }

    /// Returns the user id of its process, by which nft knows its new connections.
    pub fn uid(&self) -> u32 {
        u32::from(self.sql)
    }

    /// Returns Doorward's URL of these members, in order.
    pub fn url(members: &[&Self]) -> String {
        let hosts: Vec<_> = members.iter().map(|member| format!("127.0.0.1:{}", member.sql)).collect();
        format!("mysql://{ACCOUNT}:{ACCOUNT}@{}/{DATABASE}", hosts.join(","))
    }

    /// Runs statements as the operator and returns the rows, with tabs between their values.
    pub fn sql(&self, sql: &str) -> Result<String> {
        let mut command = Command::new("timeout");
        command.args(["20", "mariadb", "--no-defaults", "--connect-timeout=3", "--host=127.0.0.1", "--user=root"]);
        command.args([&format!("--port={}", self.sql), "--skip-ssl", "-NBe", sql]);
        output(&mut command).map_err(|error| format!("{}: {error}", self.process.name))
    }

    /// Gives its folders to the user of its process.
    pub fn own(&self, folder: &Path) -> Result<()> {
        if !is_root() {
            return Ok(());
        }
        run("chown", ["-R".to_owned(), format!("{0}:{0}", self.uid()), folder.display().to_string()])
    }

    /// Creates its folder for temporary files, which must be outside of its data.
    pub fn temporary(&self) -> Result<PathBuf> {
        let folder = self.data.with_extension("tmp");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(folder)
    }

    /// Ends it and removes its data. Its log stays.
    pub fn discard(&self) {
        self.process.kill();
        drop(fs::remove_dir_all(&self.data));
        drop(fs::remove_dir_all(self.data.with_extension("tmp")));
    }

    /// Returns the end of its log.
    pub fn log_tail(&self) -> String {
        let log = fs::read(self.process.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }

    fn ports(&self) -> [u16; 3] {
        [self.group, self.transfer.0, self.transfer.1]
    }

    /// Cuts it off from the other `members`, in both directions. Clients can still reach it.
    pub fn cut_off(&self, members: &[Self]) -> Result<()> {
        let join = |ports: &BTreeSet<String>| ports.iter().cloned().collect::<Vec<_>>().join(", ");
        let mine: BTreeSet<_> = self.ports().map(|port| port.to_string()).into();
        let others = members.iter().filter(|member| member.number != self.number);
        let others: BTreeSet<_> = others.flat_map(Self::ports).map(|port| port.to_string()).collect();
        let chain = format!("p{}", self.number);
        let table = table();
        let mut rules = format!(
            "add table inet {table}\nadd chain inet {table} {chain} {{ type filter hook output priority 0; policy accept; }}\n"
        );
        let mut rule = |text: String| rules.push_str(&format!("add rule inet {table} {chain} {text} drop\n"));
        rule(format!("tcp dport {{ {} }}", join(&mine)));
        rule(format!("tcp sport {{ {} }}", join(&mine)));
        rule(format!("meta skuid {} tcp dport {{ {} }}", self.uid(), join(&others)));
        let opened = self.opened(&others)?;
        if !opened.is_empty() {
            rule(format!("tcp dport {{ {} }}", join(&opened)));
            rule(format!("tcp sport {{ {} }}", join(&opened)));
        }
        let script = self.process.log().with_extension("nft");
        fs::write(&script, rules).map_err(|error| format!("{}: {error}", script.display()))?;
        run("nft", ["-f".as_ref(), script.as_os_str()])
    }

    /// Returns the local ports of the connections that it opened to `others`.
    fn opened(&self, others: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let id = self.process.id().ok_or(format!("{} does not run", self.process.name))?;
        let mark = format!("pid={id},");
        let sockets = output(Command::new("ss").args(["-Htnp", "state", "established"]))?;
        let port = |text: &str| text.rsplit(':').next().unwrap_or_default().to_owned();
        let opened = sockets.lines().filter(|line| line.contains(&mark)).filter_map(|line| {
            let mut words = line.split_whitespace().skip(2);
            let (local, peer) = (words.next()?, words.next()?);
            others.contains(&port(peer)).then(|| port(local))
        });
        Ok(opened.collect())
    }

    /// Ends [`Member::cut_off`].
    pub fn reconnect(&self) {
        let chain = format!("p{}", self.number);
        drop(run("nft", ["delete", "chain", "inet", &table(), &chain]));
    }
}

/// The operations in which kinds of clusters differ.
pub trait Cluster: Sync {
    /// Returns its members.
    fn members(&self) -> &[Member];

    /// Starts a member that has stopped. It joins the others.
    fn restart(&self, member: &Member) -> Result<()>;

    /// Removes the data of a member that has stopped, so that it must copy that of another one.
    fn wipe(&self, member: &Member) -> Result<()>;

    /// Lets a member join again that was cut off or paused, if it does not do so by itself.
    fn rejoin(&self, member: &Member) -> Result<()>;

    /// Returns whether the member is a working part of a cluster of all members.
    fn is_whole(&self, member: &Member) -> bool;

    /// Returns the number of the only member that may write, if only one may.
    fn primary(&self) -> Option<usize>;

    /// Waits until the whole cluster works.
    fn wait_until_whole(&self, members: &[&Member]) -> Result<()> {
        for _ in 0..1200 {
            if members.iter().all(|member| self.is_whole(member)) {
                return Ok(());
            }
            if let Some(ended) = members.iter().find(|member| member.process.id().is_none()) {
                return Err(format!("{} ended:\n{}", ended.process.name, ended.log_tail()));
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let logs: Vec<_> = members.iter().map(|member| member.log_tail()).collect();
        Err(format!("the cluster did not form within two minutes:\n{}", logs.join("\n---\n")))
    }
}
