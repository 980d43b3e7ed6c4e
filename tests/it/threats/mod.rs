//! Attacks that happened to others, one file a section of threats.md; the row's number stands at each test.

mod authority_races;
mod authorization;
mod cross_site;
mod enumeration;
mod exhaustion;
mod failures;
pub mod full_lane;
mod guessable;
mod injection;
pub mod login_races;
mod meanwhile;
mod names;
mod passwords;
mod races;
mod reserved;
mod session_end;
mod sessions;
