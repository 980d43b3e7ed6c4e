//! `doorward audit top`: the refusals of a time by account, address, network and reason, as an attack shows.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

use clap::Args;
use ipnet::IpNet;
use serde_json::{Value, json};

use super::{
    page::{LAST, PAGE},
    selection::{Moment, SelectionArguments, moment},
};
use crate::{
    Result,
    app::App,
    cli::{
        outcome::{CommandOutcome, refused},
        output::{self, printable},
    },
    model::{AuditEvent, Outcome, Uid},
    store::audit_events::{self, Order, Stretch},
};

/// The bits of a network.
const V4_BITS: u8 = 24;
const V6_BITS: u8 = 48;
/// The most values of one kind that are counted apart, so that the memory is bounded.
const MOST_VALUES: usize = 100_000;
/// The title of the values beyond these.
const OTHERS: &str = "(others)";

#[derive(Args)]
pub(in crate::cli) struct TopArguments {
    /// Only events at or after this instant, or of this time before now
    #[arg(long, value_name = "INSTANT|TIME", value_parser = moment, default_value = "1h")]
    since: Moment,
    /// Only events before this instant, or before this time ago
    #[arg(long, value_name = "INSTANT|TIME", value_parser = moment)]
    until: Option<Moment>,
    /// The number of rows of each table
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    rows: usize,
    #[command(flatten)]
    selection: SelectionArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The number of events by one of their values.
struct Ranking {
    /// The name in JSON, and the head of the column.
    name: &'static str,
    counts: HashMap<String, u64>,
}

pub(super) async fn run(app: &App, arguments: TopArguments) -> Result<CommandOutcome> {
    let Some(mut filter) = arguments.selection.filter(app).await? else {
        return refused("no such user; a deleted user is found by id");
    };
    filter.outcome.get_or_insert_with(|| Outcome::Refused.word().to_owned());
    let now = app.clock.now();
    let since = arguments.since.instant(now);
    let mut stretch = Stretch {
        after: Uid::first_of(since),
        before: arguments.until.map_or(LAST, |until| Uid::first_of(until.instant(now))),
        rows: PAGE,
    };
    let mut total = 0_u64;
    let mut rankings = ["reason", "account", "address", "network"].map(Ranking::new);
    loop {
        let page = audit_events::page(&mut app.db.read().await?, &filter, stretch, Order::OldestFirst).await?;
        for event in &page.events {
            total += 1;
            count(&mut rankings, event);
        }
        let Some(last) = page.seen else { break };
        stretch.after.copy_from_slice(last.as_bytes());
    }
    if arguments.json {
        let head = [("since".to_owned(), json!(since.to_string())), ("events".to_owned(), json!(total))];
        let lists = rankings.into_iter().map(|ranking| (ranking.name.to_owned(), ranking.into_json(arguments.rows)));
        output::json(&head.into_iter().chain(lists).collect());
        return Ok(CommandOutcome::Done);
    }
    output::line(format_args!("{total} events since {since}"));
    for ranking in rankings {
        ranking.print(arguments.rows, total);
    }
    Ok(CommandOutcome::Done)
}

fn count(rankings: &mut [Ranking; 4], event: &AuditEvent) {
    let [reasons, accounts, addresses, networks] = rankings;
    reasons.add(format!("{} {}", event.event, event.reason.as_deref().unwrap_or("-")));
    let account = event.subject.as_ref().or(event.actor.as_ref());
    accounts.add(account.map_or_else(|| "(unknown name)".to_owned(), |party| printable(&party.name)));
    let address = event.address.clone();
    networks.add(address.as_deref().and_then(network_of).unwrap_or_else(|| "-".to_owned()));
    addresses.add(address.map_or_else(|| "-".to_owned(), |address| printable(&address)));
}

fn network_of(address: &str) -> Option<String> {
    let address: IpAddr = address.parse().ok()?;
    let bits = match address.to_canonical() {
        IpAddr::V4(_) => V4_BITS,
        IpAddr::V6(Ipv6Addr { .. }) => V6_BITS,
    };
    IpNet::new(address.to_canonical(), bits).ok().map(|network| network.trunc().to_string())
}

impl Ranking {
    fn new(name: &'static str) -> Self {
        Self { name, counts: HashMap::new() }
    }

    fn add(&mut self, value: String) {
        let has_place = self.counts.len() < MOST_VALUES || self.counts.contains_key(&value);
        *self.counts.entry(if has_place { value } else { OTHERS.to_owned() }).or_default() += 1;
    }

    /// Returns the most frequent values; of equal ones, in alphabetical order.
    fn first(self, rows: usize) -> (Vec<(String, u64)>, usize) {
        let mut all: Vec<_> = self.counts.into_iter().collect();
        all.sort_unstable_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        let more = all.len().saturating_sub(rows);
        all.truncate(rows);
        (all, more)
    }

    fn into_json(self, rows: usize) -> Value {
        let name = self.name;
        self.first(rows).0.into_iter().map(|(value, count)| json!({ name: value, "events": count })).collect()
    }

    fn print(self, rows: usize, total: u64) {
        let head = self.name.to_uppercase();
        let (first, more) = self.first(rows);
        let row = |(value, count): (String, u64)| {
            vec![count.to_string(), format!("{} %", (count * 100).checked_div(total).unwrap_or(0)), value]
        };
        output::line("");
        output::table(&["EVENTS", "SHARE", &head], &first.into_iter().map(row).collect::<Vec<_>>());
        if more > 0 {
            output::line(format_args!("and {more} more"));
        }
    }
}
