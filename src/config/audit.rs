//! `[audit]`: the retention of the audit trail.

use std::time::Duration;

use super::{sections::DAY, values::RawValues};
use crate::Result;

/// Reads the retention of events; `None` keeps them for ever.
pub(super) fn retention(values: &RawValues) -> Result<Option<Duration>> {
    let path = "audit.retention";
    let retention = values.duration(path, Duration::ZERO..=DAY * 3650)?;
    if !retention.is_zero() && retention < DAY {
        // Such a short retention is probably a mistake in the unit: the trail would be empty before an operator reads
        // it.
        return Err(values.problem(path, "must be 0s, or at least a day"));
    }
    Ok((!retention.is_zero()).then_some(retention))
}
