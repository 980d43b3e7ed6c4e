//! Attacks on other products, one file for each section of threats.md. A comment at each test gives the number of its row.

mod addresses;
mod authorization;
mod bodies;
mod browsers;
mod choke_point;
mod clocks;
mod cors;
mod cross_site;
mod devices;
mod enumeration;
mod exhaustion;
mod failures;
mod framing;
mod guessable;
mod guessing;
mod hosts;
mod injection;
mod mismatches;
mod names;
mod passwords;
mod proxy_protocol;
pub mod races;
mod reserved;
mod session_end;
mod sessions;
mod strictness;
mod tls;
