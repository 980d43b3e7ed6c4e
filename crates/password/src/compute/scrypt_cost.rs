//! The parameters of scrypt (RFC 7914), and their cost.
//!
//! Invariant: a value respects the limits for memory and lanes.

use std::hint::black_box;

use crate::{limits, unreadable::Unreadable};

/// The cost of one PBKDF2 block of r × p with a long salt, in scrypt's units.
const PBKDF2_UNITS: u64 = 8;
/// The memory that any hash may use in addition to the estimate.
const NEGLIGIBLE_KIB: u64 = 64;

/// The parameters of scrypt, bounded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScryptCost {
    log_n: u8,
    pub(crate) r: u32,
    pub(crate) p: u32,
}

impl ScryptCost {
    /// Returns the cost with N = 2^`log_n`, if scrypt and the memory limit allow it.
    pub(crate) fn new(log_n: u32, r: u32, p: u32) -> Result<Self, Unreadable> {
        let cost = Self { log_n: u8::try_from(log_n).map_err(|_| Unreadable::Cost)?, r, p };
        let lanes = (1..=limits::PARALLELISM).contains(&p);
        let blocks = r.checked_mul(p).is_some_and(|blocks| (1..=limits::SCRYPT_BLOCKS).contains(&blocks));
        let sound = (1..=31).contains(&log_n) && lanes && blocks;
        if sound && cost.memory_kib() <= u64::from(limits::MEMORY_KIB) { Ok(cost) } else { Err(Unreadable::Cost) }
    }

    /// Like [`ScryptCost::new`], for a string that spells out N.
    pub(crate) fn of_n(n: u32, r: u32, p: u32) -> Result<Self, Unreadable> {
        if n.is_power_of_two() { Self::new(n.ilog2(), r, p) } else { Err(Unreadable::Malformed) }
    }

    pub(crate) fn n(self) -> u64 {
        1 << self.log_n
    }

    pub(crate) fn units(self) -> u64 {
        self.n().saturating_mul(u64::from(self.r)).saturating_mul(u64::from(self.p))
    }

    /// Returns the time in units: the mixing, and PBKDF2 before and after it, which matters when N is small.
    pub(crate) fn work_units(self) -> u64 {
        self.units().saturating_add(PBKDF2_UNITS * u64::from(self.r) * u64::from(self.p))
    }

    pub(crate) fn memory_kib(self) -> u64 {
        // RFC 7914 §6: V of 128·N·r bytes, B of 128·p·r bytes, and two blocks for mixing.
        let (large, small) = (self.n(), u64::from(self.p) + 2);
        let kib = |blocks: u64| blocks.saturating_mul(u64::from(self.r)).div_ceil(8);
        kib(large).saturating_add(kib(small).saturating_sub(NEGLIGIBLE_KIB))
    }

    /// Fills `out`. Returns `None` when memory runs out.
    pub(crate) fn key(self, password: &[u8], salt: &[u8], out: &mut [u8]) -> Option<()> {
        let params = scrypt::Params::new(self.log_n, self.r, self.p).ok()?;
        // The crate aborts the process when memory runs out, so the same amount is allocated here first.
        let bytes = usize::try_from(self.memory_kib().checked_mul(1024)?).ok()?;
        let mut memory = Vec::<u8>::new();
        memory.try_reserve_exact(bytes).ok()?;
        // Prevents the compiler from removing the unused allocation.
        drop(black_box(memory));
        scrypt::scrypt(password, salt, &params, out).ok()
    }
}
