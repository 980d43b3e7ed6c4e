//! The configuration: what is accepted, what is refused, and the reference against the code.
