//! yescrypt in the flavour that libxcrypt writes, and gost-yescrypt, which wraps it in the GOST digest Streebog.
//!
//! This module knows no hash string. Invariant: N and r respect the memory limit.

use hmac::{KeyInit as _, Mac as _, SimpleHmac};
use streebog::{Digest as _, Streebog256};
use yescrypt::{Mode, Params};

use crate::{limits, unreadable::Unreadable};

/// The parameters of yescrypt, bounded.
#[derive(Clone)]
pub(crate) struct Yescrypt {
    log_n: u32,
    r: u32,
    /// The string before its tag, which gost-yescrypt digests too.
    gost_setting: Option<String>,
}

impl Yescrypt {
    pub(crate) fn new(log_n: u32, r: u32, gost_setting: Option<String>) -> Result<Self, Unreadable> {
        let sound = (2..=24).contains(&log_n) && (1..=1 << 12).contains(&r);
        let this = Self { log_n, r, gost_setting };
        if sound && this.memory_kib() <= u64::from(limits::MEMORY_KIB) { Ok(this) } else { Err(Unreadable::Cost) }
    }

    pub(crate) fn units(&self) -> u64 {
        u64::from(self.r) << self.log_n.min(32)
    }

    pub(crate) fn memory_kib(&self) -> u64 {
        self.units().div_ceil(8)
    }

    pub(crate) fn cost(&self) -> String {
        format!("N={} r={}", 1_u64 << self.log_n.min(32), self.r)
    }

    pub(crate) fn key(&self, password: &[u8], salt: &[u8], out: &mut [u8]) -> Option<()> {
        let params = Params::new(Mode::Rw, 1 << self.log_n.min(32), self.r, 1).ok()?;
        yescrypt::yescrypt(password, salt, &params, out).ok()?;
        if let Some(setting) = &self.gost_setting {
            // libxcrypt, crypt-gost-yescrypt.c: HMAC(HMAC(digest of the password, setting), output of yescrypt).
            let outer = gost_keyed(&Streebog256::digest(password), setting.as_bytes())?;
            out.copy_from_slice(gost_keyed(&outer, out)?.get(..out.len())?);
        }
        Some(())
    }
}

fn gost_keyed(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut state = SimpleHmac::<Streebog256>::new_from_slice(key).ok()?;
    state.update(message);
    Some(state.finalize().into_bytes().to_vec())
}
