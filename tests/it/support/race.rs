//! Races: contenders that start at the same moment, round after round, on one or two nodes with the same database.
//!
//! The interleaving is random. Invariant: after each round the harness checks the common rules in the database, and that
//! ended sessions are still ended. A race has twenty rounds unless `DW_TEST_ROUNDS` says otherwise, as
//! `cargo xtask test --rounds N` does.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
};

use doorward::model::Name;
use tokio::sync::Barrier;

use super::{Client, Site};

/// The default number of rounds.
const ROUNDS: usize = 20;
/// The number of ended sessions that are checked again: the latest ones, so that the time of a round does not grow.
const CHECKED_SESSIONS: usize = 40;
/// The number of users whose names are checked after a round: the newest, for the same reason.
const NEWEST: usize = 100;

/// Settings under which no request is refused because the machine is slow or because of throttling.
const PATIENT: &[(&str, &str)] =
    &[("throttle.enabled", "false"), ("hashing.max_wait", "60s"), ("database.timeout", "60s")];

/// A request that runs at the same time as the other contenders.
pub type Contender<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes a contender of a future.
pub fn contender<T>(work: impl Future<Output = T> + Send + 'static) -> Contender<T> {
    Box::pin(work)
}

/// The rounds of a race.
pub fn rounds() -> std::ops::Range<usize> {
    let rounds = std::env::var("DW_TEST_ROUNDS").ok().map(|text| text.parse().expect("DW_TEST_ROUNDS is a number"));
    0..rounds.unwrap_or(ROUNDS)
}

/// Nodes with one database, which has an administrator called root from the start.
pub struct Race {
    nodes: Vec<Site>,
    pub root: Client,
    ended: Mutex<VecDeque<Client>>,
}

impl Race {
    /// This number of nodes.
    pub async fn over(nodes: usize) -> Self {
        Self::of(nodes, &[], &[]).await
    }

    /// This number of nodes: the first with the settings `first`, the others with `others`.
    pub async fn of(nodes: usize, first: &[(&str, &str)], others: &[(&str, &str)]) -> Self {
        let builder =
            [PATIENT, first].concat().into_iter().fold(Site::builder(), |site, (key, value)| site.set(key, value));
        let mut all = vec![builder.start().await];
        while all.len() < nodes {
            all.push(all[0].another_node(&[PATIENT, others].concat()).await);
        }
        all[0].create("root", "admin").await;
        let root = all[0].bearer("root").await;
        Self { nodes: all, root, ended: Mutex::default() }
    }

    /// The first node, for preparations and look-ups.
    pub fn site(&self) -> &Site {
        &self.nodes[0]
    }

    /// The node of the contender with this number. Contenders alternate between the nodes.
    pub fn node(&self, number: usize) -> &Site {
        &self.nodes[number % self.nodes.len()]
    }

    /// `client` on the node of the contender with this number.
    pub fn client(&self, number: usize, client: &Client) -> Client {
        client.through(&self.node(number).router)
    }

    /// Starts all contenders at once, checks the invariants, and returns the outcomes in order.
    pub async fn round<T: Send + 'static>(&self, contenders: Vec<Contender<T>>) -> Vec<T> {
        let start = Arc::new(Barrier::new(contenders.len()));
        let tasks: Vec<_> = contenders
            .into_iter()
            .map(|contender| {
                let start = Arc::clone(&start);
                tokio::spawn(async move {
                    start.wait().await;
                    contender.await
                })
            })
            .collect();
        let mut outcomes = Vec::with_capacity(tasks.len());
        for task in tasks {
            outcomes.push(task.await.unwrap());
        }
        self.check_invariants().await;
        outcomes
    }

    /// Two contenders.
    pub async fn meet<T: Send + 'static>(
        &self,
        one: impl Future<Output = T> + Send + 'static,
        two: impl Future<Output = T> + Send + 'static,
    ) -> [T; 2] {
        let both = self.round(vec![contender(one), contender(two)]).await;
        both.try_into().unwrap_or_else(|_| panic!("two contenders"))
    }

    /// Asserts that this session has ended on every node, and checks it again after later rounds.
    pub async fn assert_ended(&self, client: &Client) {
        self.assert_not_signed_in(client).await;
        let mut ended = self.ended.lock().unwrap();
        ended.push_back(client.clone());
        if ended.len() > CHECKED_SESSIONS {
            ended.pop_front();
        }
    }

    async fn assert_not_signed_in(&self, client: &Client) {
        for node in &self.nodes {
            client.through(&node.router).get("/api/v1/sessions/current").await.assert_problem(401, "not_signed_in");
        }
    }

    /// Checks the rules that hold after any race.
    async fn check_invariants(&self) {
        let ended = self.ended.lock().unwrap().clone();
        for client in &ended {
            self.assert_not_signed_in(client).await;
        }
        let database = &self.site().database;
        for (never, sql) in [
            (
                "a session without a user or of a disabled user",
                "SELECT COUNT(*) FROM dw_sessions s LEFT JOIN dw_users u ON u.id = s.user_id
                 WHERE u.id IS NULL OR u.disabled_at IS NOT NULL",
            ),
            (
                "a user with a deleted role",
                "SELECT COUNT(*) FROM dw_users WHERE role_id NOT IN (SELECT id FROM dw_roles)",
            ),
            (
                "a difference between the accounts and the audit trail",
                "SELECT ABS((SELECT COUNT(*) FROM dw_users)
                     - (SELECT COUNT(*) FROM dw_audit_events WHERE event = 'user_created' AND outcome = 'success')
                     + (SELECT COUNT(*) FROM dw_audit_events WHERE event = 'user_deleted' AND outcome = 'success'))",
            ),
        ] {
            assert_eq!(database.value(sql).await, "0", "the race left {never}");
        }
        let administrators = "SELECT COUNT(*) FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
             WHERE u.disabled_at IS NULL AND r.permissions LIKE '%roles:write%'";
        assert_ne!(database.value(administrators).await, "0", "no user can manage roles");
        let names = format!("SELECT name, HEX(name_key) FROM dw_users ORDER BY id DESC LIMIT {NEWEST}");
        for row in database.rows(&names).await {
            let key: String =
                Name::new(&row[0]).unwrap().key().as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(key, row[1], "{} is found by another name", row[0]);
        }
    }
}
