//! Attacks that happened to others, one file a section of threats.md; the row's number stands at each test.
