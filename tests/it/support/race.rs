//! Races: contenders that start at one moment, round after round, on one node or on two over the same database.
//!
//! What a meeting comes to is left to chance. Invariant: after each round the harness asks of the database what must be so
//! whatever came of it, and of every session that was seen to be dead whether it still is. Twenty rounds unless
//! `DW_TEST_ROUNDS` says otherwise, as `cargo xtask test --rounds N` does.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
};

use doorward::model::Name;
use tokio::sync::Barrier;

use super::{Client, Site};

/// How often a race is run when nobody says otherwise.
const ROUNDS: usize = 20;
/// Dead sessions that are asked for again: the latest, so that a thousand rounds take a thousand times as long as one.
const GRAVES: usize = 40;
/// Users whose names are looked at after a round, for the same reason: the newest.
const NEWEST: usize = 100;

/// Nobody is refused because the machine is slow, or because those who race log in more often, and more often in vain, than
/// the throttle would let them.
const PATIENT: &[(&str, &str)] =
    &[("throttle.enabled", "false"), ("hashing.max_wait", "60s"), ("database.timeout", "60s")];

/// What is done at the same moment as what the others do.
pub type Contender<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A contender.
pub fn contender<T>(work: impl Future<Output = T> + Send + 'static) -> Contender<T> {
    Box::pin(work)
}

/// How many rounds a race has.
pub fn rounds() -> std::ops::Range<usize> {
    let rounds = std::env::var("DW_TEST_ROUNDS").ok().map(|text| text.parse().expect("DW_TEST_ROUNDS is a number"));
    0..rounds.unwrap_or(ROUNDS)
}

/// Nodes over one database, on which an administrator called root exists from the start.
pub struct Race {
    nodes: Vec<Site>,
    pub root: Client,
    dead: Mutex<VecDeque<Client>>,
}

impl Race {
    /// So many nodes.
    pub async fn over(nodes: usize) -> Self {
        Self::of(nodes, &[], &[]).await
    }

    /// So many nodes: the first with these settings, the others with those.
    pub async fn of(nodes: usize, first: &[(&str, &str)], others: &[(&str, &str)]) -> Self {
        let builder =
            [PATIENT, first].concat().into_iter().fold(Site::builder(), |site, (key, value)| site.set(key, value));
        let mut all = vec![builder.start().await];
        while all.len() < nodes {
            all.push(all[0].another_node(&[PATIENT, others].concat()).await);
        }
        all[0].create("root", "admin").await;
        let root = all[0].bearer("root").await;
        Self { nodes: all, root, dead: Mutex::default() }
    }

    /// The first node, to prepare on and to look with.
    pub fn site(&self) -> &Site {
        &self.nodes[0]
    }

    /// The node of the contender of this number: they take turns.
    pub fn node(&self, number: usize) -> &Site {
        &self.nodes[number % self.nodes.len()]
    }

    /// `client` as the contender of this number.
    pub fn client(&self, number: usize, client: &Client) -> Client {
        client.through(&self.node(number).router)
    }

    /// Starts them all at one moment; what each came to, in their order. Then asks what must be so.
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
        self.holds().await;
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

    /// Asserts that this session is dead on every node, and will be asked for again.
    pub async fn is_dead(&self, client: &Client) {
        self.ask(client).await;
        let mut dead = self.dead.lock().unwrap();
        dead.push_back(client.clone());
        if dead.len() > GRAVES {
            dead.pop_front();
        }
    }

    async fn ask(&self, client: &Client) {
        for node in &self.nodes {
            client.through(&node.router).get("/api/v1/sessions/current").await.assert_problem(401, "not_signed_in");
        }
    }

    /// What is so after any race.
    async fn holds(&self) {
        let dead = self.dead.lock().unwrap().clone();
        for client in &dead {
            self.ask(client).await;
        }
        let database = &self.site().database;
        for (never, sql) in [
            (
                "a session of nobody or of a disabled user",
                "SELECT COUNT(*) FROM dw_sessions s LEFT JOIN dw_users u ON u.id = s.user_id
                 WHERE u.id IS NULL OR u.disabled_at IS NOT NULL",
            ),
            ("a role that is gone", "SELECT COUNT(*) FROM dw_users WHERE role_id NOT IN (SELECT id FROM dw_roles)"),
            (
                "an account that was made or deleted more or less than once by the audit trail",
                "SELECT ABS((SELECT COUNT(*) FROM dw_users)
                     - (SELECT COUNT(*) FROM dw_audit_events WHERE event = 'user_created' AND outcome = 'success')
                     + (SELECT COUNT(*) FROM dw_audit_events WHERE event = 'user_deleted' AND outcome = 'success'))",
            ),
        ] {
            assert_eq!(database.value(sql).await, "0", "there is {never}");
        }
        let administrators = "SELECT COUNT(*) FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
             WHERE u.disabled_at IS NULL AND r.permissions LIKE '%roles:write%'";
        assert_ne!(database.value(administrators).await, "0", "nobody can manage roles");
        let names = format!("SELECT name, HEX(name_key) FROM dw_users ORDER BY id DESC LIMIT {NEWEST}");
        for row in database.rows(&names).await {
            let key: String =
                Name::new(&row[0]).unwrap().key().as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(key, row[1], "{} is found by another name", row[0]);
        }
    }
}
