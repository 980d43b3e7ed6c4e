//! `doorward audit export`: the whole audit trail or a selection, read in pages, in chronological order.

use clap::{Args, ValueEnum};

use super::{
    display,
    page::{FIRST, LAST, PAGE},
};
use crate::{
    Result,
    app::App,
    cli::{
        outcome::{CommandOutcome, refused},
        output,
    },
    model::{AuditEvent, Event, NameKey, Uid, UnixMillis},
    store::{
        audit_events::{self, Filter, Order, Stretch},
        users,
    },
};

#[derive(Args)]
pub(in crate::cli) struct ExportArguments {
    /// Only events at or after this instant, as in 2026-11-22T12:00:00Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    since: Option<UnixMillis>,
    /// Only events before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<UnixMillis>,
    /// Only events of this kind, as in authn_login_fail
    #[arg(long, value_name = "EVENT", value_parser = event_word)]
    event: Option<String>,
    /// Only events with this user as the actor; a deleted user is found only by id
    #[arg(long, value_name = "NAME|ID")]
    actor: Option<String>,
    /// Only events that concern this user
    #[arg(long, value_name = "NAME|ID")]
    subject: Option<String>,
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    format: ExportFormat,
}

/// The output format.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
}

fn instant(text: &str) -> std::result::Result<UnixMillis, String> {
    text.parse().map_err(|_| "must be an instant such as 2026-11-22T12:00:00Z or 2026-11-22T13:00:00+01:00".to_owned())
}

fn event_word(text: &str) -> std::result::Result<String, String> {
    let words = Event::WORDS;
    if words.contains(&text) { Ok(text.to_owned()) } else { Err(format!("must be one of {}", words.join(", "))) }
}

pub(super) async fn run(app: &App, arguments: ExportArguments) -> Result<CommandOutcome> {
    let mut filter = Filter { event: arguments.event, ..Filter::default() };
    for (who, wanted) in [(&arguments.actor, &mut filter.actor), (&arguments.subject, &mut filter.subject)] {
        if let Some(who) = who {
            *wanted = uid_of(app, who).await?;
            if wanted.is_none() {
                return refused("no such user; a deleted user is found by id");
            }
        }
    }
    let mut stretch = Stretch {
        after: arguments.since.map_or(FIRST, Uid::first_of),
        before: arguments.until.map_or(LAST, Uid::first_of),
        rows: PAGE,
    };
    if arguments.format == ExportFormat::Csv && !output::text(&format!("{}\r\n", display::COLUMNS.join(","))) {
        return Ok(CommandOutcome::Done);
    }
    loop {
        let page = {
            let mut conn = app.db.read().await?;
            audit_events::page(&mut conn, &filter, stretch, Order::OldestFirst).await?
        };
        let records: String = page.events.iter().map(|event| record(event, arguments.format)).collect();
        if !output::text(&records) {
            return Ok(CommandOutcome::Done);
        }
        match page.seen {
            Some(last) => stretch.after.copy_from_slice(last.as_bytes()),
            None => return Ok(CommandOutcome::Done),
        }
    }
}

fn record(event: &AuditEvent, format: ExportFormat) -> String {
    match format {
        ExportFormat::Jsonl => output::json_line(&event.to_json()) + "\n",
        ExportFormat::Csv => display::csv(event) + "\r\n",
    }
}

/// Returns the public identifier of the user with this name or identifier. The user may be deleted.
async fn uid_of(app: &App, who: &str) -> Result<Option<Uid>> {
    if let Ok(uid) = who.parse() {
        return Ok(Some(uid));
    }
    let Ok(key) = NameKey::to_find(who) else { return Ok(None) };
    Ok(users::by_key(&mut app.db.read().await?, &key).await?.map(|user| user.uid))
}
