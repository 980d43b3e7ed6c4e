//! Attacks that happened to others, one file a section of threats.md; the row's number stands at each test.

mod addresses;
mod authority_races;
mod authorization;
mod browsers;
mod choke_point;
mod clocks;
mod cors;
mod cross_site;
mod devices;
mod enumeration;
mod exhaustion;
mod failures;
mod guessable;
mod guessing;
mod hosts;
mod injection;
pub mod login_races;
mod meanwhile;
mod names;
mod passwords;
mod proxy_protocol;
mod races;
mod reserved;
mod session_end;
mod sessions;
mod strictness;
mod tls;
