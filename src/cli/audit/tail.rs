//! `doorward audit tail`: shows the newest events, and follows.
//!
//! An event gets its position before its transaction commits, so it may appear behind events that were already shown.
//! Each poll therefore starts earlier than the longest transaction and skips events already shown.

use std::{collections::HashSet, time::Duration};

use clap::Args;
use tokio::time::sleep;

use super::{
    display,
    page::{FIRST, LAST, PAGE},
    selection::SelectionArguments,
};
use crate::{
    Error, Result,
    app::App,
    cli::{
        outcome::{CommandOutcome, refused},
        output,
    },
    model::{AuditEvent, Uid, UnixMillis},
    store::audit_events::{self, Filter, Order, Stretch},
};

/// The interval between polls.
const POLL: Duration = Duration::from_secs(1);
/// The largest clock difference between nodes.
const CLOCKS: Duration = Duration::from_secs(10);
/// The most earlier events to show.
const MOST: u32 = 10_000;

#[derive(Args)]
pub(in crate::cli) struct TailArguments {
    /// The number of events
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST)))]
    lines: u32,
    /// Continue with new events until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    selection: SelectionArguments,
}

/// What is printed, and how.
struct Output {
    filter: Filter,
    as_json: bool,
}

pub(super) async fn run(app: &App, arguments: &TailArguments) -> Result<CommandOutcome> {
    let Some(filter) = arguments.selection.filter(app).await? else {
        return refused("no such user; a deleted user is found by id");
    };
    let shown = Output { filter, as_json: arguments.json };
    let mut follower = Follower { known: HashSet::new(), from: FIRST };
    if arguments.follow {
        let newest = follower.begin(app, &shown.filter, arguments.lines).await?;
        if !shown.print(&newest) {
            return Ok(CommandOutcome::Done);
        }
        tokio::select! {
            outcome = follow(app, follower, &shown) => outcome?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.map_err(|error| Error::system("cannot listen for signals", error))?;
            }
        }
        return Ok(CommandOutcome::Done);
    }
    let newest = newest(app, &shown.filter, arguments.lines).await?;
    shown.print(&newest);
    Ok(CommandOutcome::Done)
}

async fn follow(app: &App, mut follower: Follower, shown: &Output) -> Result<()> {
    let mut is_away = false;
    loop {
        sleep(POLL).await;
        match follower.look(app).await {
            Ok(events) if shown.print(&events) => is_away = false,
            Ok(_) => return Ok(()),
            Err(error) if error.may_pass() => {
                if !std::mem::replace(&mut is_away, true) {
                    output::error(format_args!("{error}; trying again"));
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Returns the `lines` newest events that the filter admits, oldest first.
async fn newest(app: &App, filter: &Filter, lines: u32) -> Result<Vec<AuditEvent>> {
    let most = usize::try_from(lines).unwrap_or(usize::MAX);
    let rows = if filter.is_all_in_the_index() { lines } else { PAGE };
    let mut stretch = Stretch { after: FIRST, before: LAST, rows };
    let mut events = Vec::new();
    while events.len() < most {
        let page = audit_events::page(&mut app.db.read().await?, filter, stretch, Order::NewestFirst).await?;
        events.extend(page.events);
        let Some(last) = page.seen else { break };
        stretch.before.copy_from_slice(last.as_bytes());
    }
    events.truncate(most);
    events.reverse();
    Ok(events)
}

/// The state of following the trail.
struct Follower {
    /// Events after `from` that must not be shown, or not again.
    known: HashSet<Uid>,
    /// No event before this position can still appear.
    from: [u8; 16],
}

impl Follower {
    /// Returns the newest events; older events are never shown later.
    async fn begin(&mut self, app: &App, filter: &Filter, lines: u32) -> Result<Vec<AuditEvent>> {
        if let Some(latest) = newest(app, &Filter::default(), 1).await?.pop() {
            self.go_on_from(app, latest.occurred_at);
        }
        // The order matters: an event committed between the two queries is among the newest, or the next poll finds it.
        let before = self.look(app).await?;
        let newest = newest(app, filter, lines).await?;
        self.known.extend(before.iter().chain(&newest).map(|event| event.uid));
        Ok(newest)
    }

    /// Returns the events since the last poll, in order.
    async fn look(&mut self, app: &App) -> Result<Vec<AuditEvent>> {
        let mut stretch = Stretch { after: self.from, before: LAST, rows: PAGE };
        let mut fresh = Vec::new();
        let mut latest = None;
        loop {
            let page = {
                let mut conn = app.db.read().await?;
                audit_events::page(&mut conn, &Filter::default(), stretch, Order::OldestFirst).await?
            };
            latest = page.events.last().map(|event| event.occurred_at).or(latest);
            fresh.extend(page.events.into_iter().filter(|event| !self.known.contains(&event.uid)));
            let Some(last) = page.seen else { break };
            stretch.after.copy_from_slice(last.as_bytes());
        }
        self.known.extend(fresh.iter().map(|event| event.uid));
        if let Some(latest) = latest {
            self.go_on_from(app, latest);
        }
        Ok(fresh)
    }

    /// Moves the start of the next poll to some time before the latest event, or before now if that is earlier, and
    /// forgets older events. The local clock may be ahead of the nodes' clocks, so now alone is not enough.
    fn go_on_from(&mut self, app: &App, latest: UnixMillis) {
        let from = Uid::first_of(latest.min(app.clock.now()).minus(reach(app)));
        if from > self.from {
            self.from = from;
            self.known.retain(|uid| uid.as_bytes() > from.as_slice());
        }
    }
}

/// A transaction ends within `database.timeout`, including its retries.
fn reach(app: &App) -> Duration {
    app.config.database.timeout + CLOCKS
}

impl Output {
    /// Prints the events that the filter admits; returns false when the output failed.
    fn print(&self, events: &[AuditEvent]) -> bool {
        let line = |event: &AuditEvent| match self.as_json {
            true => output::json_line(&event.to_json()),
            false => display::line(event),
        };
        let admitted = events.iter().filter(|event| self.filter.admits(event));
        output::text(&admitted.map(|event| line(event) + "\n").collect::<String>())
    }
}
