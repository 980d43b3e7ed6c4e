//! Load on all nodes, and large transactions on one member, which delay the others.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{
    account::password,
    client::Client,
    member::{Cluster, Member},
    site::Node,
};
use crate::Result;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bulk_rows (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)";
const INSERT: &str = "INSERT INTO bulk_rows (v) WITH RECURSIVE s AS (SELECT 1 AS v UNION ALL SELECT v + 1 FROM s \
     WHERE v < 900) SELECT a.v FROM s AS a JOIN s AS b WHERE b.v <= 3; DELETE FROM bulk_rows";

/// Creates the table of the large transactions.
pub fn prepare(cluster: &dyn Cluster) -> Result<()> {
    let primary = cluster.primary();
    let writer = cluster.members().iter().find(|member| primary.is_none_or(|number| number == member.number));
    writer.ok_or("no member may write".to_owned())?.sql(&format!("USE doorward; {TABLE}")).map(drop)
}

/// Signs users up, logs them in and out on `node` until `ends`. No two threads use the same account.
pub fn users(node: &Node, number: usize, ends: &AtomicBool, served: &AtomicUsize) {
    let mut client = Client::new(node.address);
    let mut round = 0;
    while !ends.load(Ordering::Relaxed) {
        round += 1;
        let name = format!("load-{number}-{round}");
        let created = client.sign_up(&name, &password(round)).status;
        let entered = client.log_in(&name, &password(round));
        if let Some(token) = entered.member("token").map(str::to_owned) {
            client.session(&token);
            client.log_out(&token);
        }
        served.fetch_add(usize::from(created == 201) * 4, Ordering::Relaxed);
    }
}

/// Commits large transactions on `member` until `ends`.
pub fn bulk(member: &Member, ends: &AtomicBool) {
    while !ends.load(Ordering::Relaxed) {
        drop(member.sql(&format!("USE doorward; {INSERT}")));
    }
}
