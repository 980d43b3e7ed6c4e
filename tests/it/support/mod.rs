//! What tests use: a site to talk to, personas to talk as, and the database to look into.

pub mod client;
pub mod database;
pub mod site;

pub use client::{Client, Reply};
pub use database::Database;
pub use site::{Site, SiteBuilder};
