//! Group Replication of MySQL 9 on 127.0.0.1, in the same root folder as `cargo xtask mysql`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    keeper::{Keeper, output, run},
    member::{ACCOUNT, Cluster, DATABASE, Member},
};
use crate::{
    Result, mysql,
    packages::{self, has},
};

const NAME: &str = "6f1b6bd6-3b1a-4c8e-9d0a-0d6f7a1c2e11";
const STATE: &str = "SELECT CONCAT((SELECT member_state FROM performance_schema.replication_group_members \
     WHERE member_id = @@server_uuid), (SELECT COUNT(*) FROM performance_schema.replication_group_members \
     WHERE member_state = 'ONLINE'))";
const PRIMARY: &str = "SELECT member_port FROM performance_schema.replication_group_members \
     WHERE member_role = 'PRIMARY' AND member_state = 'ONLINE'";
/// The accounts of each member from the start, so that no member has a transaction that the others lack.
const ACCOUNTS: &str = "CREATE USER 'root'@'127.0.0.1'; GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
CREATE USER 'copy'@'127.0.0.1' IDENTIFIED BY 'copy';
GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO 'copy'@'127.0.0.1';\n";

/// The cluster.
pub struct Group {
    members: Vec<Member>,
    root: PathBuf,
    /// Whether all members may write.
    is_multi_primary: bool,
    data: PathBuf,
    _keeper: Keeper,
}

impl Drop for Group {
    fn drop(&mut self) {
        for member in &self.members {
            member.discard();
        }
        drop(fs::remove_dir_all(&self.data));
    }
}

impl Group {
    /// Forms a new group of three members.
    pub fn start(is_multi_primary: bool) -> Result<Self> {
        let root = mysql::root()?;
        let programs = [("iproute2", "ss"), ("nftables", "nft"), ("mariadb-client-core", "mariadb")];
        let missing: Vec<_> = programs.iter().filter(|(_, file)| !has(file)).map(|(package, _)| *package).collect();
        if !missing.is_empty() {
            packages::install(&missing, &format!("install Debian's packages {}", missing.join(" ")))?;
        }
        let keeper = Keeper::new("group")?;
        let data = root.join(format!("doorward-group-{}", std::process::id()));
        fs::create_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
        let members = Member::describe(&keeper.folder, &data, 3)?;
        let group = Self { members, root, is_multi_primary, data, _keeper: keeper };
        group.make_template()?;
        for member in &group.members {
            group.wipe(member)?;
            group.launch(member)?;
        }
        for (at, member) in group.members.iter().enumerate() {
            group.wait_for_sql(member)?;
            let bootstrap = "SET GLOBAL group_replication_bootstrap_group";
            if at == 0 {
                member.sql(&format!("{bootstrap} = ON; START GROUP_REPLICATION; {bootstrap} = OFF"))?;
                group.grant(member)?;
            } else {
                member.sql("START GROUP_REPLICATION")?;
            }
        }
        Ok(group)
    }

    /// Creates the database and Doorward's account, which may also read the state of the members.
    fn grant(&self, member: &Member) -> Result<()> {
        member.sql(&format!(
            "CREATE DATABASE {DATABASE}; CREATE USER '{ACCOUNT}'@'127.0.0.1' IDENTIFIED BY '{ACCOUNT}'; \
             GRANT ALL PRIVILEGES ON {DATABASE}.* TO '{ACCOUNT}'@'127.0.0.1'; \
             GRANT SELECT ON performance_schema.replication_group_members TO '{ACCOUNT}'@'127.0.0.1'"
        ))?;
        Ok(())
    }

    fn template(&self) -> PathBuf {
        self.data.join("template")
    }

    fn inside(&self, path: &Path) -> String {
        Path::new("/").join(path.strip_prefix(&self.root).unwrap_or(path)).display().to_string()
    }

    fn make_template(&self) -> Result<()> {
        let accounts = self.data.join("accounts.sql");
        fs::write(&accounts, ACCOUNTS).map_err(|error| format!("{}: {error}", accounts.display()))?;
        let mut command = Command::new("chroot");
        command.arg(&self.root).args(["mysqld", "--no-defaults", "--user=root", "--initialize-insecure"]);
        command.args(["--skip-log-bin", &format!("--datadir={}", self.inside(&self.template()))]);
        command.arg(format!("--init-file={}", self.inside(&accounts)));
        output(&mut command)?;
        // Each server makes its own identity.
        drop(fs::remove_file(self.template().join("auto.cnf")));
        Ok(())
    }

    fn launch(&self, member: &Member) -> Result<()> {
        member.own(&member.data)?;
        let data = self.inside(&member.data);
        let uid = member.uid();
        let seeds: Vec<_> = self.members.iter().map(|member| format!("127.0.0.1:{}", member.group)).collect();
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={uid}:{uid}")).arg(&self.root).args(["mysqld", "--no-defaults"]);
        command.args([
            format!("--datadir={data}"),
            format!("--tmpdir={data}"),
            format!("--port={}", member.sql),
            format!("--server-id={}", member.number),
            format!("--report-port={}", member.sql),
            format!("--group-replication-group-name={NAME}"),
            format!("--group-replication-local-address=127.0.0.1:{}", member.group),
            format!("--group-replication-group-seeds={}", seeds.join(",")),
        ]);
        command.args(["--socket=s", "--pid-file=pid", "--bind-address=127.0.0.1", "--report-host=127.0.0.1"]);
        command.args(["--mysqlx=OFF", "--secure-file-priv=NULL", "--max-connections=500"]);
        command.args(["--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog", "--relay-log=relay"]);
        command.args(["--innodb-buffer-pool-size=128M", "--plugin-load-add=group_replication.so"]);
        command.args(["--group-replication-start-on-boot=OFF", "--group-replication-recovery-get-public-key=ON"]);
        // The other stack uses the port of the clients, which a partition leaves open.
        command.arg("--group-replication-communication-stack=XCOM");
        if self.is_multi_primary {
            command.args(["--group-replication-single-primary-mode=OFF"]);
            command.args(["--group-replication-enforce-update-everywhere-checks=ON"]);
        }
        member.process.start(&mut command)
    }

    fn wait_for_sql(&self, member: &Member) -> Result<()> {
        for _ in 0..600 {
            if member.process.id().is_none() {
                return Err(format!("{} ended:\n{}", member.process.name, member.log_tail()));
            }
            if member.sql("SELECT 1").is_ok() {
                let recovery = "CHANGE REPLICATION SOURCE TO SOURCE_USER = 'copy', SOURCE_PASSWORD = 'copy' \
                                FOR CHANNEL 'group_replication_recovery'";
                return member.sql(recovery).map(drop);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(format!("{} did not start:\n{}", member.process.name, member.log_tail()))
    }
}

impl Cluster for Group {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn restart(&self, member: &Member) -> Result<()> {
        self.launch(member)?;
        self.wait_for_sql(member)?;
        member.sql("START GROUP_REPLICATION").map(drop)
    }

    fn wipe(&self, member: &Member) -> Result<()> {
        drop(fs::remove_dir_all(&member.data));
        run("cp", ["-a".as_ref(), self.template().as_os_str(), member.data.as_os_str()])
    }

    /// A member that was excluded tries to join again for itself only once in five minutes.
    fn rejoin(&self, member: &Member) -> Result<()> {
        std::thread::sleep(std::time::Duration::from_secs(5));
        for _ in 0..60 {
            let state = member.sql(STATE).unwrap_or_default();
            if state.starts_with("ONLINE") || state.starts_with("RECOVERING") {
                return Ok(());
            }
            drop(member.sql("STOP GROUP_REPLICATION"));
            drop(member.sql("START GROUP_REPLICATION"));
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        Err(format!("{} did not join again:\n{}", member.process.name, member.log_tail()))
    }

    fn is_whole(&self, member: &Member) -> bool {
        member.sql(STATE).is_ok_and(|state| state.trim() == format!("ONLINE{}", self.members.len()))
    }

    fn primary(&self) -> Option<usize> {
        if self.is_multi_primary {
            return None;
        }
        let ports: Vec<_> = self.members.iter().filter_map(|member| member.sql(PRIMARY).ok()).collect();
        let majority = ports.iter().find(|port| ports.iter().filter(|other| other == port).count() > 1)?;
        let port: u16 = majority.trim().parse().ok()?;
        self.members.iter().find(|member| member.sql == port).map(|member| member.number)
    }
}
