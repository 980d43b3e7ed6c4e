//! The rows of `dw_audit_events`, with any time and any text.

use super::Database;

/// An event to insert. Identifiers are 32 hexadecimal digits.
pub struct EventRow {
    uid: String,
    occurred_at: i64,
    event: &'static str,
    outcome: &'static str,
    reason: Option<String>,
    address: Option<String>,
    actor: Option<(String, String)>,
    subject: Option<(String, String)>,
    client: Option<String>,
    request_id: Option<String>,
}

impl EventRow {
    /// A successful event by the system.
    pub fn new(uid: String, occurred_at: i64, event: &'static str) -> Self {
        let (reason, address, actor, subject, client, request_id) = Default::default();
        Self { uid, occurred_at, event, outcome: "success", reason, address, actor, subject, client, request_id }
    }

    /// The same with another outcome.
    pub fn outcome(mut self, outcome: &'static str) -> Self {
        self.outcome = outcome;
        self
    }

    /// The same, refused for this reason, in a request from this address.
    pub fn refused(mut self, reason: &str, address: &str) -> Self {
        (self.outcome, self.reason, self.address) = ("refused", Some(reason.to_owned()), Some(address.to_owned()));
        self
    }

    /// The same by the user with this identifier and this name.
    pub fn by(mut self, uid: String, name: &str) -> Self {
        self.actor = Some((uid, name.to_owned()));
        self
    }

    /// The same about the user with this identifier and this name.
    pub fn about(mut self, uid: String, name: &str) -> Self {
        self.subject = Some((uid, name.to_owned()));
        self
    }

    /// The same in the request `request_id` of this `client`.
    pub fn of_request(mut self, client: &str, request_id: &str) -> Self {
        (self.client, self.request_id) = (Some(client.to_owned()), Some(request_id.to_owned()));
        self
    }

    /// The row in SQL, in the order of the columns of [`Database::insert_events`].
    fn values(&self, database: &Database) -> String {
        let text = |text: &Option<String>| text.as_ref().map_or("NULL".to_owned(), |text| database.text(text));
        let user = |user: &Option<(String, String)>| match user {
            Some((uid, name)) => format!("X'{uid}', {}", database.text(name)),
            None => "NULL, NULL".to_owned(),
        };
        let (uid, at, event, outcome) = (&self.uid, self.occurred_at, self.event, self.outcome);
        let kind = if self.actor.is_some() { "user" } else { "system" };
        let users = format!("'{kind}', {}, {}", user(&self.actor), user(&self.subject));
        let more = [&self.reason, &self.address, &self.client, &self.request_id].map(text).join(", ");
        format!("(X'{uid}', {at}, '{event}', '{outcome}', {users}, {more})")
    }
}

impl Database {
    /// Inserts these events.
    pub async fn insert_events(&self, events: &[EventRow]) {
        let columns = "uid, occurred_at, event, outcome, actor_kind, actor_uid, actor_name, subject_uid, subject_name,
                       reason, address, client, request_id";
        for batch in events.chunks(500) {
            let rows: Vec<String> = batch.iter().map(|event| event.values(self)).collect();
            self.execute(&format!("INSERT INTO dw_audit_events ({columns}) VALUES {}", rows.join(", "))).await;
        }
    }
}
