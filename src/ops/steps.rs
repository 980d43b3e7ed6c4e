//! The steps of an operation inside its transaction. They end with a commit, a refusal or a failure.
//!
//! Invariant: a refusal rolls the transaction back, and its audit record is written afterwards. Nothing else of a
//! refused operation remains.

use crate::{
    Error, Result,
    app::App,
    model::Reason,
    ops::{
        audit::{AuditContext, AuditEntry, record_refusal},
        outcome::{Denied, OpResult},
    },
    store::{Ended, Tx},
};

/// The reason why the steps stop before the commit.
pub(super) enum Stop<R> {
    Refused(Refusal<R>),
    Failed(Error),
}

/// A refusal, with its audit record, if any.
pub(super) struct Refusal<R> {
    why: R,
    entry: Option<AuditEntry>,
}

/// The end of the steps.
pub(super) type Steps<D, R> = std::result::Result<D, Stop<R>>;

impl<R> Stop<R> {
    /// Stops with a refusal that is not recorded.
    pub(super) fn refused(why: R) -> Self {
        Self::Refused(Refusal { why, entry: None })
    }

    /// Stops with a refusal that is recorded.
    pub(super) fn recorded(why: R, entry: AuditEntry) -> Self {
        Self::Refused(Refusal { why, entry: Some(entry) })
    }
}

impl<R> Stop<R> {
    /// Wraps the refusal of an inner step in that of the operation.
    pub(super) fn map<Q>(self, wrap: impl FnOnce(R) -> Q) -> Stop<Q> {
        match self {
            Self::Refused(Refusal { why, entry }) => Stop::Refused(Refusal { why: wrap(why), entry }),
            Self::Failed(error) => Stop::Failed(error),
        }
    }
}

impl<R: From<Denied>> Stop<R> {
    /// Stops for lack of authority. The audit trail gets `refused` with the reason, unless the session ended.
    pub(super) fn denied(denied: Denied, refused: impl FnOnce(Reason) -> AuditEntry) -> Self {
        match denied {
            Denied::Lost => Self::refused(denied.into()),
            Denied::Exceeded => Self::recorded(denied.into(), refused(Reason::AuthorityExceeded)),
        }
    }
}

impl<R> From<Error> for Stop<R> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Commits the steps, or rolls them back.
pub(super) async fn end<D, R>(tx: Tx, steps: Steps<D, R>) -> Result<Ended<std::result::Result<D, Refusal<R>>>> {
    match steps {
        Ok(done) => tx.commit(Ok(done)).await,
        Err(Stop::Refused(refusal)) => tx.roll_back(Err(refusal)).await,
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Records the refusal of an operation that did not begin a transaction.
pub(super) async fn refuse<D, R>(app: &App, by: &AuditContext, stop: Stop<R>) -> OpResult<D, R> {
    match stop {
        Stop::Refused(refusal) => conclude(app, by, Err(refusal)).await,
        Stop::Failed(error) => Err(error),
    }
}

/// Records the refusal of a transaction that was rolled back, if it has a record.
pub(super) async fn conclude<D, R>(
    app: &App,
    by: &AuditContext,
    ended: std::result::Result<D, Refusal<R>>,
) -> OpResult<D, R> {
    match ended {
        Ok(done) => Ok(Ok(done)),
        Err(Refusal { why, entry }) => {
            if let Some(entry) = entry {
                record_refusal(app, by, entry).await?;
            }
            Ok(Err(why))
        }
    }
}
