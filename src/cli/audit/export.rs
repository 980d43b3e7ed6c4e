//! `doorward audit export`: the whole audit trail or a selection, read in pages, in chronological order.

use clap::{Args, ValueEnum};

use super::{
    display,
    page::{FIRST, LAST, PAGE},
    selection::{Moment, SelectionArguments, moment},
};
use crate::{
    Result,
    app::App,
    cli::{
        outcome::{CommandOutcome, refused},
        output,
    },
    model::{AuditEvent, Uid},
    store::audit_events::{self, Order, Stretch},
};

#[derive(Args)]
pub(in crate::cli) struct ExportArguments {
    /// Only events at or after this instant, as in 2026-11-22T12:00:00Z, or of this time before now, as in 1h
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    since: Option<Moment>,
    /// Only events before this instant
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    until: Option<Moment>,
    #[command(flatten)]
    selection: SelectionArguments,
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

pub(super) async fn run(app: &App, arguments: ExportArguments) -> Result<CommandOutcome> {
    let Some(filter) = arguments.selection.filter(app).await? else {
        return refused("no such user; a deleted user is found by id");
    };
    let now = app.clock.now();
    let mut stretch = Stretch {
        after: arguments.since.map_or(FIRST, |since| Uid::first_of(since.instant(now))),
        before: arguments.until.map_or(LAST, |until| Uid::first_of(until.instant(now))),
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
