//! Randomness: the operating system's generator, or a source for a test.
//!
//! Invariant: no other code draws random bits (ASVS 11.5.1).

use std::{fmt, sync::Arc};

use crate::{Error, Result};

type Fill = dyn Fn(&mut [u8]) -> Result<()> + Send + Sync;

/// A source of random bits.
#[derive(Clone)]
pub struct Rng(Arc<Fill>);

impl Rng {
    /// Returns the operating system's generator.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that draws from the system's generator")]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            getrandom::fill(bytes).map_err(|error| Error::system("the system's random generator failed", error))
        }))
    }

    /// Returns a source for a test.
    pub fn from_fn(fill: impl Fn(&mut [u8]) -> Result<()> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// Returns `N` random bytes.
    ///
    /// # Errors
    /// Returns an error if the source fails. The caller must then create no secret.
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
