//! Test support: sites, clients, personas and databases. `README.md` explains them.

mod accounts;
pub mod client;
mod counted_events;
mod credentials;
pub mod database;
mod events;
mod failures;
pub mod fake_mysql;
pub mod full_pool;
pub mod listening_site;
pub mod mariadb;
pub mod mysql_proxy;
pub mod personas;
pub mod program;
pub mod race;
mod roles;
pub mod routes;
mod sessions;
pub mod site;
pub mod tcp_client;

pub use client::{Client, Reply};
pub use counted_events::count_events;
pub use database::Database;
pub use events::EventRow;
pub use listening_site::ListeningSite;
pub use mariadb::{MariaDb, eventually_async};
pub use personas::{MANAGER, items};
pub use program::{Program, Server, eventually};
pub use race::Race;
pub use routes::routes;
pub use site::Site;
pub use tcp_client::TcpClient;
