//! Randomness: the operating system's generator, or a test's own.
//!
//! Invariant: nothing else in the program draws random bits (ASVS 11.5.1).

use std::{fmt, sync::Arc};

use crate::{Error, Result};

type Fill = dyn Fn(&mut [u8]) -> Result<()> + Send + Sync;

/// A source of random bits.
#[derive(Clone)]
pub struct Rng(Arc<Fill>);

impl Rng {
    /// The operating system's generator.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that draws from the system's generator")]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            getrandom::fill(bytes).map_err(|error| Error::system("the system's random generator failed", error))
        }))
    }

    /// A source of a test's own.
    pub fn from_fn(fill: impl Fn(&mut [u8]) -> Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// When the source fails; nothing may then be made that should be unguessable.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Rng")
    }
}
