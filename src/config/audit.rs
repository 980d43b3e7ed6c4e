//! `[audit]`: how long the audit trail is kept.

use std::time::Duration;

use super::{sections::DAY, values::RawValues};
use crate::Result;

/// `[audit]`: how long events stay; `None` for ever.
pub(super) fn retention(values: &RawValues) -> Result<Option<Duration>> {
    let path = "audit.retention";
    let retention = values.duration(path, Duration::ZERO..=DAY * 3650)?;
    if !retention.is_zero() && retention < DAY {
        // Such a trail would be empty by the time that somebody looks; more likely the unit is a slip.
        return Err(values.problem(path, "must be 0s, or a day at least"));
    }
    Ok((!retention.is_zero()).then_some(retention))
}
