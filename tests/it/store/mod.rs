//! The store on both engines: the schema, its migrations, and the guarantees of transactions.

mod abandoned;
mod conflicts;
mod idempotency_keys;
mod migrations;
mod plans;
mod rows;
mod schema;
mod session_lookups;
mod snapshots;
mod sql;
mod tables;
mod tls;
mod users;
