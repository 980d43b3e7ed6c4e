//! The name of a version of a secret.

use crate::app::Purpose;

/// Returns the name of a version in the database and in the audit trail.
pub(super) fn name(purpose: Purpose, version: u32) -> String {
    format!("{}.{version}", purpose.word())
}
