//! Rate limits by client address: wrong passwords, and new accounts.
//!
//! They are in memory of a fixed size, for each node separately. The limit of an account is in the database and ignores
//! addresses. Invariant: memory does not grow with the number of clients. Time is [`Clock::monotonic`], so a change of
//! the clock does not extend a wait.

mod client_key;
mod quota;
mod subnet;
mod table;
#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use self::{
    client_key::{ClientKey, ClientKeys},
    quota::Quota,
    subnet::{SubnetAdmission, SubnetLimits},
    table::Table,
};
use crate::{
    Result,
    config::Config,
    model::{Clock, Rng, network_of},
};

/// Wrong passwords from one address.
const BY_ADDRESS: Quota = Quota::new(60, Duration::from_secs(10));
/// Wrong passwords from one address for one account.
const BY_PAIR: Quota = Quota::new(20, Duration::from_secs(60));
/// Wrong passwords from all addresses. It rejects all clients, so it exceeds the quotas of a few dozen networks.
const OVERALL: Quota = Quota::new(12_000, Duration::from_millis(10));
/// Sign-ups from one address.
const SIGN_UPS: Quota = Quota::new(100, Duration::from_secs(10));

/// The number of remembered entries in each table. With the wider networks, full tables take 15 MiB.
const ADDRESSES: usize = 1 << 18;
const PAIRS: usize = 1 << 18;
const SIGNING_UP: usize = 1 << 17;

/// The use of the quotas by the clients of this node.
pub struct AddressRateLimits {
    is_enabled: bool,
    clock: Clock,
    keys: ClientKeys,
    overall: AtomicU64,
    by_address: Table,
    by_pair: Table,
    by_network: SubnetLimits,
    sign_ups: Table,
    sign_ups_by_network: SubnetLimits,
}

/// An admitted attempt, with the quotas that it was counted in.
#[derive(Debug, Default)]
#[must_use = "an attempt that succeeds, or that was not made, must be refunded"]
pub struct Admission {
    overall: bool,
    address: Option<ClientKey>,
    pair: Option<ClientKey>,
    networks: SubnetAdmission,
}

impl AddressRateLimits {
    /// Creates limits with unused quotas.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bits.
    pub fn new(config: &Config, clock: &Clock, rng: &Rng) -> Result<Self> {
        Self::of(config.throttle_enabled, clock, rng)
    }

    fn of(is_enabled: bool, clock: &Clock, rng: &Rng) -> Result<Self> {
        Ok(Self {
            is_enabled,
            clock: clock.clone(),
            keys: ClientKeys::new(rng)?,
            overall: AtomicU64::new(0),
            by_address: Table::new(BY_ADDRESS, ADDRESSES),
            by_pair: Table::new(BY_PAIR, PAIRS),
            by_network: SubnetLimits::new(BY_ADDRESS),
            sign_ups: Table::new(SIGN_UPS, SIGNING_UP),
            sign_ups_by_network: SubnetLimits::new(SIGN_UPS),
        })
    }

    /// Counts an attempt as failed before its password is tested, or returns the time to wait.
    ///
    /// An attempt from a known device has its own failure key. It is neither counted nor rejected by address, so other
    /// clients behind the same address cannot lock the device out.
    ///
    /// # Errors
    /// Returns the time to wait.
    pub fn enter(
        &self,
        address: Option<IpAddr>,
        account: &[u8; 32],
        is_known_device: bool,
    ) -> std::result::Result<Admission, Duration> {
        let mut entered = Admission::default();
        if !self.is_enabled || is_known_device {
            return Ok(entered);
        }
        match self.take(&mut entered, address, account, self.now()) {
            Ok(()) => Ok(entered),
            Err(wait) => {
                self.give_back(entered);
                Err(wait)
            }
        }
    }

    fn take(
        &self,
        entered: &mut Admission,
        address: Option<IpAddr>,
        account: &[u8; 32],
        now: u64,
    ) -> std::result::Result<(), Duration> {
        // The overall limit is last, so a client beyond its own limits does not use it.
        if let Some(address) = address {
            let (key, pair) = (self.keys.of(network_of(address), b""), self.keys.of(network_of(address), account));
            self.by_address.take(key, now)?;
            entered.address = Some(key);
            self.by_pair.take(pair, now)?;
            entered.pair = Some(pair);
            self.by_network.take(&mut entered.networks, &self.keys, address, now)?;
        }
        let more = |used_until| OVERALL.take(used_until, now).ok();
        match self.overall.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => entered.overall = true,
            Err(used_until) => OVERALL.take(used_until, now).map(drop)?,
        }
        Ok(())
    }

    /// Refunds an attempt whose password was right or was not tested.
    pub fn give_back(&self, entered: Admission) {
        if entered.overall {
            let less = |used_until| Some(OVERALL.give_back(used_until));
            // The closure always returns a value, so this cannot fail.
            let _ = self.overall.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        if let Some(key) = entered.address {
            self.by_address.give_back(key);
        }
        if let Some(key) = entered.pair {
            self.by_pair.give_back(key);
        }
        self.by_network.give_back(&entered.networks);
    }

    /// Counts a sign-up, or returns the time to wait.
    ///
    /// # Errors
    /// Returns the time to wait.
    pub fn sign_up(&self, address: Option<IpAddr>) -> std::result::Result<(), Duration> {
        let Some(address) = address.filter(|_| self.is_enabled) else { return Ok(()) };
        let now = self.now();
        let key = self.keys.of(network_of(address), b"");
        self.sign_ups.take(key, now)?;
        let mut networks = SubnetAdmission::default();
        self.sign_ups_by_network.take(&mut networks, &self.keys, address, now).inspect_err(|_| {
            self.sign_ups_by_network.give_back(&networks);
            self.sign_ups.give_back(key);
        })
    }

    /// Returns the memory of the tables in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let tables = self.by_address.bytes() + self.by_pair.bytes() + self.sign_ups.bytes();
        tables + self.by_network.bytes() + self.sign_ups_by_network.bytes()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}
