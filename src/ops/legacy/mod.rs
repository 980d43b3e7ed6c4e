//! Adoption: users of the legacy table become local users, with their ids and their passwords.
//!
//! Invariants. The legacy table is only read, unless passwords are written back. A local user is never merged with a
//! legacy row. A user who was deleted locally does not return from the legacy table.

mod batch;
mod batch_known;
mod candidate;
pub mod census;
pub mod export;
mod hashing;
pub mod legacy_view;
mod look_up;
mod missing;
mod namesakes;
mod numbers;
mod pages;
pub(super) mod password_source;
mod plan;
mod report;
mod roles;
pub mod run;
pub mod scan;
pub(super) mod shut_out;
mod standing;
pub mod states;
pub mod status;
mod take_over;
pub(super) mod write_back;

pub(super) use self::look_up::{KnownUser, look_up};
pub use self::{
    candidate::{Candidate, HIGHEST_NUMBER, KEY_ATTRIBUTE, LeftBehind, LegacyCredential, PlainText},
    legacy_view::{LegacyView, moved, open},
    numbers::reserve_numbers,
    report::{AdoptionReport, LeftRow},
    write_back::check::{bring_up_link, check_write_back},
};
