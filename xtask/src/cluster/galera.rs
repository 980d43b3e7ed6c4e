//! A Galera cluster of Debian's MariaDB on 127.0.0.1, with private data folders.
//!
//! What each option prevents is written beside it. None of them is obvious, and without them a member does not join.

use std::{fs, path::Path, process::Command};

use super::{
    keeper::{Keeper, output, run},
    member::{ACCOUNT, Cluster, DATABASE, Member},
};
use crate::{
    Result,
    packages::{self, has, is_root},
};

const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";
/// The packages, and a file of each.
const PACKAGES: [(&str, &str); 7] = [
    ("mariadb-server", "/usr/bin/wsrep_sst_rsync"),
    ("galera-4", PROVIDER),
    ("rsync", "/usr/bin/rsync"),
    ("socat", "/usr/bin/socat"),
    ("lsof", "/usr/bin/lsof"),
    ("iproute2", "/usr/bin/ss"),
    ("nftables", "/usr/sbin/nft"),
];
const STATE: &str = "SELECT CONCAT(MAX(IF(VARIABLE_NAME = 'WSREP_READY', VARIABLE_VALUE, '')), \
     MAX(IF(VARIABLE_NAME = 'WSREP_LOCAL_STATE_COMMENT', VARIABLE_VALUE, '')), \
     MAX(IF(VARIABLE_NAME = 'WSREP_CLUSTER_SIZE', VARIABLE_VALUE, ''))) FROM information_schema.GLOBAL_STATUS";

/// The cluster.
pub struct Galera {
    members: Vec<Member>,
    template: std::path::PathBuf,
    _keeper: Keeper,
}

impl Drop for Galera {
    fn drop(&mut self) {
        for member in &self.members {
            member.discard();
        }
        drop(fs::remove_dir_all(&self.template));
    }
}

impl Galera {
    /// Forms a new cluster of three members.
    pub fn start() -> Result<Self> {
        install()?;
        let keeper = Keeper::new("galera")?;
        let folder = keeper.folder.clone();
        let members = Member::describe(&folder, &folder, 3)?;
        let galera = Self { members, template: folder.join("template"), _keeper: keeper };
        make_data(&galera.template)?;
        for (at, member) in galera.members.iter().enumerate() {
            fs::create_dir_all(&member.data).map_err(|error| error.to_string())?;
            if at == 0 {
                let from = format!("{}/.", galera.template.display());
                run("cp", ["-a", &from, &member.data.display().to_string()])?;
                galera.launch(member, &["--wsrep-new-cluster".to_owned()])?;
                galera.wait_for_size(member, 1)?;
                member.sql(&format!(
                    "CREATE DATABASE {DATABASE}; CREATE USER '{ACCOUNT}'@'127.0.0.1' IDENTIFIED BY '{ACCOUNT}'; \
                     GRANT ALL PRIVILEGES ON {DATABASE}.* TO '{ACCOUNT}'@'127.0.0.1'"
                ))?;
            } else {
                galera.launch(member, &[])?;
                galera.wait_for_size(member, at + 1)?;
            }
        }
        Ok(galera)
    }

    fn wait_for_size(&self, member: &Member, size: usize) -> Result<()> {
        for _ in 0..900 {
            if member.process.id().is_none() {
                return Err(format!("{} ended:\n{}", member.process.name, member.log_tail()));
            }
            if member.sql(STATE).is_ok_and(|state| state.trim() == format!("ONSynced{size}")) {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(format!("{} did not join:\n{}", member.process.name, member.log_tail()))
    }

    fn address(&self) -> String {
        let addresses: Vec<_> = self.members.iter().map(|member| format!("127.0.0.1:{}", member.group)).collect();
        format!("gcomm://{}", addresses.join(","))
    }

    fn launch(&self, member: &Member, more: &[String]) -> Result<()> {
        member.own(&member.data)?;
        member.own(&member.temporary()?)?;
        let (ist, sst) = member.transfer;
        let (group, sql, number) = (member.group, member.sql, member.number);
        // `ist.recv_bind` without a port is that of the group plus one, which another process may have.
        let provider = format!(
            "gmcast.listen_addr=tcp://127.0.0.1:{group};base_host=127.0.0.1;base_port={group};\
             ist.recv_addr=127.0.0.1:{ist};ist.recv_bind=127.0.0.1:{ist};gcache.size=64M;gcache.recover=yes"
        );
        let mut command = self.server(member);
        command.args([
            format!("--port={sql}"),
            format!("--server-id={number}"),
            format!("--wsrep-node-name=n{number}"),
            format!("--wsrep-node-address=127.0.0.1:{group}"),
            format!("--wsrep-node-incoming-address=127.0.0.1:{sql}"),
            format!("--wsrep-sst-receive-address=127.0.0.1:{sst}"),
            format!("--wsrep-provider-options={provider}"),
        ]);
        command.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--max-connections=500"]);
        command.args(["--wsrep-cluster-name=doorward", "--wsrep-slave-threads=2", "--wsrep-sst-method=rsync"]);
        // The server's log then shows which statements collide.
        command.args(["--wsrep-log-conflicts=ON"]);
        member.process.start(command.args(more))
    }

    /// Returns the command of a server, with the options that also the recovery of its position needs.
    fn server(&self, member: &Member) -> Command {
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                let uid = member.uid();
                command.args([format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()]);
                command.arg("mariadbd");
                command
            }
            false => Command::new("mariadbd"),
        };
        command.current_dir(&member.data);
        command.arg("--no-defaults").arg(format!("--datadir={}", member.data.display()));
        command.arg(format!("--tmpdir={}", member.data.with_extension("tmp").display()));
        // A relative path, because the path of a socket has at most 107 bytes.
        command.args(["--socket=s", "--pid-file=pid"]);
        command.args(["--lc-messages-dir=/usr/share/mysql", "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2"]);
        command.args(["--innodb-buffer-pool-size=96M", "--innodb-log-file-size=48M"]);
        command.args(["--wsrep-on=ON", &format!("--wsrep-provider={PROVIDER}")]);
        command.arg(format!("--wsrep-cluster-address={}", self.address()));
        command
    }

    /// Returns the position of a member that has stopped, if it is known. It then needs only what it missed. After a
    /// crash, the position must be read from InnoDB; otherwise the member copies everything.
    fn position(&self, member: &Member) -> Result<Option<String>> {
        let state = fs::read_to_string(member.data.join("grastate.dat")).unwrap_or_default();
        let value = |name: &str| state.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
        let (Some(uuid), Some(number)) = (value("uuid:"), value("seqno:")) else { return Ok(None) };
        if number != "-1" {
            return Ok(Some(format!("{uuid}:{number}")));
        }
        let server = self.server(member);
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", "60"]).arg(server.get_program()).args(server.get_args());
        let done = command.args(["--skip-networking", "--wsrep-recover"]).current_dir(&member.data).output();
        let done = done.map_err(|error| format!("timeout: {error}"))?;
        if !done.status.success() {
            println!("  mariadbd --wsrep-recover did not end within 60 s, so the member copies everything");
            return Ok(None);
        }
        let log = String::from_utf8_lossy(&done.stderr);
        let found = log.lines().filter_map(|line| line.split_once("Recovered position: ")).next_back();
        Ok(found.map(|(_, position)| position.trim().to_owned()).filter(|position| !position.ends_with(":-1")))
    }
}

impl Cluster for Galera {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn restart(&self, member: &Member) -> Result<()> {
        let position = self.position(member)?.map(|position| format!("--wsrep-start-position={position}"));
        self.launch(member, &Vec::from_iter(position))
    }

    fn wipe(&self, member: &Member) -> Result<()> {
        fs::remove_dir_all(&member.data).map_err(|error| error.to_string())?;
        fs::create_dir_all(&member.data).map_err(|error| error.to_string())
    }

    fn rejoin(&self, _member: &Member) -> Result<()> {
        Ok(())
    }

    fn is_whole(&self, member: &Member) -> bool {
        member.sql(STATE).is_ok_and(|state| state.trim() == format!("ONSynced{}", self.members.len()))
    }

    fn primary(&self) -> Option<usize> {
        None
    }
}

fn make_data(folder: &Path) -> Result<()> {
    let mut command = Command::new("mariadb-install-db");
    command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    command.args(["--skip-name-resolve", &format!("--datadir={}", folder.display())]);
    if is_root() {
        command.arg("--user=root");
    }
    output(&mut command).map(drop)
}

/// Installs the packages that are missing. The service of Debian's package is not used.
fn install() -> Result<()> {
    let missing: Vec<_> =
        PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| *package).collect();
    if missing.is_empty() && has("mariadb-install-db") {
        return Ok(());
    }
    let names: Vec<_> = PACKAGES.iter().map(|(package, _)| *package).collect();
    packages::install(&missing, &format!("a program is missing: install Debian's packages {}", names.join(" ")))
}
