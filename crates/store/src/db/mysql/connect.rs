//! Connections to one host: how they are opened, how long a call may take, and how failures of several hosts combine.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use mysql_async::{Conn, DriverError};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{failure::Failure, value::Param},
    failure, session,
    session::{ServerIdentity, Usage},
    url::HostOptions,
};
use crate::{Error, Remedy};

/// Opens a connection with a checked session.
pub(super) async fn establish(options: &HostOptions, usage: Usage) -> Result<(Conn, ServerIdentity), Failure> {
    let opened = match (open(options.opts.clone()).await?, &options.without_tls) {
        (Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer)), Some(plain)) => {
            open(plain.clone()).await?
        }
        (opened, _) => opened,
    };
    let mut conn = opened?;
    let server = session::establish(&mut conn, usage).await?;
    Ok((conn, server))
}

/// Opens a connection. A panic of the driver becomes a failure.
async fn open(opts: mysql_async::Opts) -> Result<mysql_async::Result<Conn>, Failure> {
    let mut opening = Conn::new(opts);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| opening.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(opened)) => Poll::Ready(Ok(opened)),
        Err(_panic) => Poll::Ready(Err(failure::from_panic())),
    })
    .await
}

/// Waits for `future`, at most until `deadline`.
pub(super) async fn by<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = mysql_async::Result<T>>,
) -> Result<T, Failure> {
    by_failure(deadline, async { future.await.map_err(Failure::from) }).await
}

pub(super) async fn by_failure<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = || Failure::Gone(Error::Unavailable("no answer before the deadline".to_owned()));
    match deadline {
        None => future.await,
        Some(deadline) => timeout_at(deadline, future).await.map_err(|_| late())?,
    }
}

/// Adds the name of the host to the reason, if the URL names several.
pub(super) fn name_host(name: &str, failure: Failure) -> Failure {
    let named = |error| match error {
        Error::Unavailable(reason) => Error::Unavailable(format!("{name}: {reason}")),
        Error::Unusable { reason, remedy } => Error::unusable(remedy, format!("{name}: {reason}")),
        error => error,
    };
    match failure {
        Failure::Gone(error) => Failure::Gone(named(error)),
        Failure::Limit(error) => Failure::Limit(named(error)),
        Failure::Other(error) => Failure::Gone(named(error)),
        other => other,
    }
}

/// Combines the failures of two hosts. The reasons of all hosts matter; the first remedy decides.
pub(super) fn more_telling(before: Option<Failure>, next: Failure) -> Failure {
    let (Some(Failure::Gone(first) | Failure::Limit(first)), Failure::Gone(next) | Failure::Limit(next)) =
        (before, &next)
    else {
        return next;
    };
    let reason = |error: &Error| match error {
        Error::Unavailable(reason) | Error::Unusable { reason, .. } => reason.clone(),
        other => other.to_string(),
    };
    let reasons = format!("{}; {}", reason(&first), reason(next));
    Failure::Gone(match (&first, next) {
        (Error::Unavailable(_), Error::Unavailable(_)) => Error::Unavailable(reasons),
        (Error::Unusable { remedy: Remedy::Settings, .. }, Error::Unusable { remedy: Remedy::Settings, .. }) => {
            Error::unusable(Remedy::Settings, reasons)
        }
        _ => Error::unusable(Remedy::Wait, reasons),
    })
}

/// The failure of a connection that is lost.
pub(super) fn gone() -> Failure {
    Failure::Gone(Error::Unavailable("the connection was lost".to_owned()))
}

/// Converts the parameters of a statement.
pub(super) fn positional(params: &[Param<'_>]) -> mysql_async::Params {
    if params.is_empty() {
        mysql_async::Params::Empty
    } else {
        mysql_async::Params::Positional(params.iter().map(Into::into).collect())
    }
}
