//! The bounds of a query of events.

/// The number of events in one database query.
pub(super) const PAGE: u32 = 1000;
/// The lower bound of all event keys.
pub(in crate::cli) const FIRST: [u8; 16] = [0; 16];
/// The upper bound of all event keys.
pub(in crate::cli) const LAST: [u8; 16] = [0xff; 16];
