//! The events that a command selects: by kind, user, address and time.

use clap::Args;
use ipnet::IpNet;

use crate::{
    Result,
    app::App,
    config::parse_duration,
    model::{Event, NameKey, Outcome, Uid, UnixMillis},
    store::{audit_events::Filter, users},
};

/// The filters of events.
#[derive(Args)]
pub(in crate::cli) struct SelectionArguments {
    /// Only events of this kind, as in authn_login_fail
    #[arg(long, value_name = "EVENT", value_parser = event_word)]
    event: Option<String>,
    /// Only events with this outcome: success or refused
    #[arg(long, value_name = "OUTCOME", value_parser = outcome_word)]
    outcome: Option<String>,
    /// Only events with this user as the actor; a deleted user is found only by id
    #[arg(long, value_name = "NAME|ID")]
    actor: Option<String>,
    /// Only events that concern this user
    #[arg(long, visible_alias = "account", value_name = "NAME|ID")]
    subject: Option<String>,
    /// Only events of requests from this address or network, as in 192.0.2.7 or 192.0.2.0/24
    #[arg(long, value_name = "ADDRESS", value_parser = network)]
    address: Option<IpNet>,
}

/// A point in time: an instant, or a duration before now.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) enum Moment {
    At(UnixMillis),
    Ago(std::time::Duration),
}

impl SelectionArguments {
    /// Returns the filter; `None` if a user does not exist.
    pub(super) async fn filter(&self, app: &App) -> Result<Option<Filter>> {
        let mut filter = Filter {
            event: self.event.clone(),
            outcome: self.outcome.clone(),
            network: self.address,
            ..Filter::default()
        };
        for (who, wanted) in [(&self.actor, &mut filter.actor), (&self.subject, &mut filter.subject)] {
            if let Some(who) = who {
                *wanted = uid_of(app, who).await?;
                if wanted.is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(filter))
    }
}

impl Moment {
    /// Returns the instant.
    pub(super) fn instant(self, now: UnixMillis) -> UnixMillis {
        match self {
            Self::At(instant) => instant,
            Self::Ago(duration) => now.minus(duration),
        }
    }
}

/// Reads an instant or a duration.
pub(super) fn moment(text: &str) -> std::result::Result<Moment, String> {
    let ago = || parse_duration(text).map(Moment::Ago);
    text.parse().map(Moment::At).ok().or_else(ago).ok_or_else(|| {
        "must be an instant such as 2026-11-22T12:00:00Z or 2026-11-22T13:00:00+01:00, or a time before now such as 1h"
            .to_owned()
    })
}

fn event_word(text: &str) -> std::result::Result<String, String> {
    one_of(text, &Event::WORDS)
}

fn outcome_word(text: &str) -> std::result::Result<String, String> {
    one_of(text, &[Outcome::Success.word(), Outcome::Refused.word()])
}

fn one_of(text: &str, words: &[&str]) -> std::result::Result<String, String> {
    if words.contains(&text) { Ok(text.to_owned()) } else { Err(format!("must be one of {}", words.join(", "))) }
}

fn network(text: &str) -> std::result::Result<IpNet, String> {
    let address = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(address).ok_or_else(|| "must be an address or a network, as in 192.0.2.0/24".to_owned())
}

/// Returns the public identifier of the user with this name or identifier. The user may be deleted.
async fn uid_of(app: &App, who: &str) -> Result<Option<Uid>> {
    if let Ok(uid) = who.parse() {
        return Ok(Some(uid));
    }
    let Ok(key) = NameKey::to_find(who) else { return Ok(None) };
    Ok(users::by_key(&mut app.db.read().await?, &key).await?.map(|user| user.uid))
}
