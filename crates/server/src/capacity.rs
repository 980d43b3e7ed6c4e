//! The number of connections: the file descriptors of the process, minus those for all other uses.
//!
//! Invariant: connections never use the descriptors of the database, because every request needs it.

/// The maximum number of connections of a process.
pub const MOST: usize = 10_000;
/// The minimum number of connections for a usable service.
const LEAST: usize = 8;
/// The descriptors of the process itself: the listener, the log, the runtime, and files that are open briefly.
const OWN: usize = 48;
/// The descriptors of a database connection: with SQLite, the file, its log and the log's index.
const EACH_DATABASE_CONNECTION: usize = 4;

/// Returns the limit of connections for this number of database connections. Raises the soft limit of open files as far
/// as the system allows.
#[must_use]
pub fn connections(database_connections: usize) -> usize {
    let reserve = OWN + EACH_DATABASE_CONNECTION * database_connections;
    within(open_files(MOST + reserve), reserve)
}

fn within(open_files: Option<usize>, reserve: usize) -> usize {
    open_files.map_or(MOST, |files| files.saturating_sub(reserve).max(files / 4).clamp(LEAST, MOST))
}

/// Returns the limit of open files, raised to `wanted` if possible; `None` without a limit.
#[cfg(unix)]
fn open_files(wanted: usize) -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let raised = maximum.map_or(wanted, |most| most.min(wanted));
    if current.is_some_and(|current| current < raised) {
        // Some sandboxes reject this. The limit then stays the same.
        let _refused = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    }
    getrlimit(Resource::Nofile).current.map(|current| usize::try_from(current).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn open_files(_wanted: usize) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_keeps_its_share() {
        for (open_files, reserve, connections) in [
            (Some(1024), 112, 912),
            (Some(256), 112, 144),
            (Some(1_000_000), 112, MOST),
            (None, 112, MOST),
            // Too few for everything: a quarter is better than none.
            (Some(128), 4000, 32),
            (Some(0), 112, LEAST),
        ] {
            assert_eq!(within(open_files, reserve), connections, "{open_files:?}");
        }
    }
}
