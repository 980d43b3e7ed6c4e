//! The form of the lines that the log writes beside events: announcements, errors, and the count of dropped lines.
//!
//! Invariant: a JSON line has the members of an event: `timestamp`, `level`, `message`, `target`.

use serde_json::{Map, Value, json};

use crate::{
    config::LogFormat,
    model::{Clock, UnixMillis},
};

/// A line with its level and fields.
pub(super) struct LogLine<'a> {
    pub level: &'static str,
    pub message: &'a str,
    pub fields: &'a [(&'static str, &'a str)],
}

impl LogLine<'_> {
    /// Returns the line as JSON, with its line feed.
    pub fn json(&self) -> String {
        let mut members = Map::new();
        members.insert("timestamp".to_owned(), now().to_string().into());
        members.insert("level".to_owned(), self.level.into());
        members.insert("message".to_owned(), self.message.into());
        members.extend(self.fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        members.insert("target".to_owned(), "doorward".into());
        Value::Object(members).to_string() + "\n"
    }
}

/// Returns the line that counts dropped lines.
pub(super) fn dropped(format: LogFormat, lines: u64) -> String {
    const MESSAGE: &str = "log lines were dropped, because they could not be written in time";
    match format {
        LogFormat::Text => format!("{}  WARN doorward: {MESSAGE} dropped={lines}\n", now()),
        LogFormat::Json => {
            let line = json!({
                "timestamp": now().to_string(),
                "level": "WARN",
                "message": MESSAGE,
                "dropped": lines,
                "target": "doorward",
            });
            line.to_string() + "\n"
        }
    }
}

fn now() -> UnixMillis {
    Clock::System.now()
}
