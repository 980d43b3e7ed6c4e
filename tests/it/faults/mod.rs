//! What happens when something breaks: the database goes away, the process is killed, hashing is full.

mod canaries;
mod database_away;
mod full_pool;
mod killed;
mod panicked;
pub mod proxy;
mod slow_clients;
mod stopped;
mod two_processes;
