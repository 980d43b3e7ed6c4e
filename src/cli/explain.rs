//! `doorward explain REQUEST_ID`: the recorded decisions of a request, and the rule of each.
//!
//! A rejected client has the request's id from `x-request-id`. Only the audit trail has the true reason.

use clap::Args;
use serde_json::{Value, json};

use super::{
    audit::{
        display,
        page::{FIRST, LAST},
    },
    outcome::CommandOutcome,
    output::{self, printable},
};
use crate::{
    Result,
    app::App,
    model::{AuditEvent, Reason},
    store::audit_events::{self, Filter, Order, Stretch},
};

/// More events than one request can cause.
const MOST: u32 = 1000;

#[derive(Args)]
pub(super) struct ExplainArguments {
    /// The response's x-request-id
    request_id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(app: &App, ExplainArguments { request_id, json }: ExplainArguments) -> Result<CommandOutcome> {
    let events = of_request(app, &request_id).await?;
    if json {
        output::json(&json!({ "request_id": request_id, "events": events.iter().map(as_json).collect::<Vec<_>>() }));
    } else {
        events.iter().for_each(print);
    }
    if !events.is_empty() {
        return Ok(CommandOutcome::Done);
    }
    output::error(format_args!("nothing is recorded for the request {}", printable(&request_id)));
    output::error(
        "Recorded are what was done and these refusals: logins, wrong current passwords, missing permissions, exceeded\n\
         authority, the last administrator's removal, a password that must be changed first, a login that is not recent, and\n\
         what an application asked of /api/v1/authorize. Others, as malformed input, a missing session or a cross-site\n\
         request, are in the server's log under the same number. Events older than audit.retention are gone.",
    );
    Ok(CommandOutcome::Refused)
}

async fn of_request(app: &App, request_id: &str) -> Result<Vec<AuditEvent>> {
    let filter = Filter { request_id: Some(request_id.to_owned()), ..Filter::default() };
    let stretch = Stretch { after: FIRST, before: LAST, rows: MOST };
    let mut conn = app.db.read().await?;
    Ok(audit_events::page(&mut conn, &filter, stretch, Order::OldestFirst).await?.events)
}

/// Returns the sentence about the rule, unless a later version wrote the event.
fn rule(event: &AuditEvent) -> Option<&'static str> {
    let word = event.reason.as_deref()?;
    Reason::ALL.into_iter().map(Reason::describe).find(|(known, _)| *known == word).map(|(_, sentence)| sentence)
}

fn as_json(event: &AuditEvent) -> Value {
    let mut value = event.to_json();
    if let Value::Object(members) = &mut value {
        members.insert("rule".to_owned(), rule(event).into());
    }
    value
}

fn print(event: &AuditEvent) {
    output::line(format_args!("{} {} {}", event.occurred_at, printable(&event.event), printable(&event.outcome)));
    let user = event.actor.as_ref().map(|party| format!(" (user {})", party.uid)).unwrap_or_default();
    let on = event.subject.as_ref().map(|party| format!("{} (user {})", display::name_of(party), party.uid));
    let reason = event.reason.as_deref().map(|word| match rule(event) {
        Some(sentence) => format!("{word}: {sentence}"),
        None => printable(word),
    });
    for (name, text) in [
        ("rule", reason),
        ("by", Some(display::actor(event) + &user)),
        ("on", on),
        ("from", event.address.as_deref().map(printable)),
        ("client", event.client.as_deref().map(printable)),
        ("details", display::details(event)),
    ] {
        if let Some(text) = text {
            output::line(format_args!("  {name:8} {text}"));
        }
    }
}
