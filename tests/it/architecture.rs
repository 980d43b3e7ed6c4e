//! The floors: who may import whom, read from the `use` lines.
