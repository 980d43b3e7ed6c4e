//! MySQL and MariaDB servers with other settings, states and faults than the one of the suite. Each test has a server
//! of its own.

mod fail_over;
mod lost_commit;
mod refused;
mod sessions;
mod tls;
mod unready;
