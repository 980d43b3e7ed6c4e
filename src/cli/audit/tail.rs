//! `doorward audit tail`: the newest events, and those that follow.
//!
//! An event gets its place in the order before its transaction commits, so one may appear behind others that are shown
//! already. Each look therefore goes back further than a transaction can last, and leaves out what was shown.

use std::{collections::HashSet, time::Duration};

use clap::Args;
use tokio::time::sleep;

use super::{FIRST, LAST, PAGE, display};
use crate::{
    Error, Result,
    app::App,
    cli::{Outcome, output},
    model::{AuditEvent, Uid, UnixMillis},
    store::audit_events::{self, Filter, Order, Stretch},
};

/// How often the trail is looked at.
const POLL: Duration = Duration::from_secs(1);
/// How far the clocks of nodes may differ.
const CLOCKS: Duration = Duration::from_secs(10);
/// Most events that are shown from before.
const MOST: u32 = 10_000;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// How many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=i64::from(MOST)))]
    lines: u32,
    /// Go on with those that follow, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(app: &App, arguments: &Arguments) -> Result<Outcome> {
    let mut follower = Follower { known: HashSet::new(), from: FIRST };
    if arguments.follow {
        let newest = follower.begin(app, arguments.lines).await?;
        if !print(&newest, arguments.json)? {
            return Ok(Outcome::Done);
        }
        tokio::select! {
            outcome = follow(app, follower, arguments.json) => outcome?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.map_err(|error| Error::system("cannot listen for signals", error))?;
            }
        }
        return Ok(Outcome::Done);
    }
    let newest = newest(app, arguments.lines).await?;
    print(&newest, arguments.json)?;
    Ok(Outcome::Done)
}

async fn follow(app: &App, mut follower: Follower, as_json: bool) -> Result<()> {
    let mut is_away = false;
    loop {
        sleep(POLL).await;
        match follower.look(app).await {
            Ok(events) if print(&events, as_json)? => is_away = false,
            Ok(_) => return Ok(()),
            Err(error @ (Error::Unavailable(_) | Error::Conflict(_))) => {
                if !std::mem::replace(&mut is_away, true) {
                    output::error(format_args!("{error}; trying again"));
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// The `lines` newest events, the oldest of them first.
async fn newest(app: &App, lines: u32) -> Result<Vec<AuditEvent>> {
    let stretch = Stretch { after: FIRST, before: LAST, rows: lines };
    let mut conn = app.db.read().await?;
    let mut events = audit_events::page(&mut conn, &Filter::default(), stretch, Order::NewestFirst).await?.events;
    events.reverse();
    Ok(events)
}

/// What has been shown of the trail.
struct Follower {
    /// Events behind `from` that are not to be shown, or not again.
    known: HashSet<Uid>,
    /// Nothing that is to be shown can still appear before this.
    from: [u8; 16],
}

impl Follower {
    /// The newest events; what lies before them is not shown later either.
    async fn begin(&mut self, app: &App, lines: u32) -> Result<Vec<AuditEvent>> {
        if let Some(latest) = newest(app, 1).await?.pop() {
            self.go_on_from(app, latest.occurred_at);
        }
        // In this order: what is committed between the two is among the newest, or is found by the next look.
        let before = self.look(app).await?;
        let newest = newest(app, lines).await?;
        self.known.extend(before.iter().chain(&newest).map(|event| event.uid));
        Ok(newest)
    }

    /// The events that have appeared since the last look, in their order.
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

    /// Goes on some way before the latest event, or before now if that is earlier, and forgets what was shown before. Not
    /// before now alone: the clock here may be ahead of those of the nodes.
    fn go_on_from(&mut self, app: &App, latest: UnixMillis) {
        let from = Uid::first_of(latest.min(app.clock.now()).minus(reach(app)));
        if from > self.from {
            self.from = from;
            self.known.retain(|uid| uid.as_bytes() > from.as_slice());
        }
    }
}

/// A transaction ends within `database.timeout`, all its tries included.
fn reach(app: &App) -> Duration {
    app.config.database.timeout + CLOCKS
}

/// False when nobody reads any more.
fn print(events: &[AuditEvent], as_json: bool) -> Result<bool> {
    let line = |event: &AuditEvent| if as_json { output::json_line(&event.to_json()) } else { display::line(event) };
    output::text(&events.iter().map(|event| line(event) + "\n").collect::<String>())
}
