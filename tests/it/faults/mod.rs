//! Failures of the machine: an unavailable database, a killed process, a full hash pool, slow clients.

mod canaries;
mod database_away;
mod failing_files;
mod full_pool;
mod json_log;
mod killed;
mod left_log;
mod lost_file;
mod panicked;
pub mod proxy;
mod slow_clients;
mod stalled_log;
mod stopped;
mod two_processes;
