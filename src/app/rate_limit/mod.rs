//! Limits by client address: how many passwords may be tried, and accounts be made, from one place.
//!
//! Kept in memory of a fixed size, for each node by itself; the limit of an account is in the database and knows nothing of
//! addresses. Invariant: memory does not grow with the number of clients, and time is that of [`Clock::monotonic`], so that
//! no step of the clock makes anybody wait longer.

mod client_key;
mod crowds;
mod quota;
mod subnet;
mod table;
#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ipnet::IpNet;

use self::{
    client_key::{ClientKey, ClientKeys},
    crowds::{ArrivalKind, Crowds},
    quota::Quota,
    subnet::{SubnetAdmission, SubnetLimits},
    table::Table,
};
use crate::{
    Result,
    config::Config,
    model::{Clock, Rng, is_private, is_within, network_of},
};

/// Passwords tried, from one address.
const BY_ADDRESS: Quota = Quota::new(60, Duration::from_secs(10));
/// Passwords tried, from one address for one account.
const BY_PAIR: Quota = Quota::new(20, Duration::from_secs(60));
/// Passwords tried, from everywhere: more than a few dozen networks can use, since who is told to wait then is everybody.
const OVERALL: Quota = Quota::new(12_000, Duration::from_millis(10));
/// Accounts made, from one address.
const SIGN_UPS: Quota = Quota::new(100, Duration::from_secs(10));

/// How much more a private address has by which many accounts come.
const CROWD: u64 = 10;

/// How many addresses are remembered, and how many of addresses and accounts: with wider networks 15 MiB, once all are used.
const ADDRESSES: usize = 1 << 18;
const PAIRS: usize = 1 << 18;
const SIGNING_UP: usize = 1 << 17;

/// How often, at most, the log says that somebody is probably a proxy.
const HOUR: Duration = Duration::from_secs(3600);

/// What the clients of this node have used of their budgets.
pub struct AddressRateLimits {
    is_enabled: bool,
    trusted: Vec<IpNet>,
    clock: Clock,
    keys: ClientKeys,
    overall: AtomicU64,
    by_address: Table,
    by_pair: Table,
    by_network: SubnetLimits,
    sign_ups: Table,
    sign_ups_by_network: SubnetLimits,
    crowds: Crowds,
    told_at: Mutex<Option<Duration>>,
}

/// A try that was let in, and which budgets it was taken from.
#[derive(Debug, Default)]
#[must_use = "a try that succeeds, or that was not made, is given back"]
pub struct Admission {
    overall: bool,
    address: Option<ClientKey>,
    pair: Option<ClientKey>,
    networks: SubnetAdmission,
    /// How many times the budget the address had.
    times: u64,
}

/// An address that is probably a proxy, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbableProxy {
    pub address: IpAddr,
    pub advice: String,
}

impl AddressRateLimits {
    /// Limits that nobody has used anything of.
    ///
    /// # Errors
    /// When no random bits can be had.
    pub fn new(config: &Config, clock: &Clock, rng: &Rng) -> Result<Self> {
        Self::of(config.throttle_enabled, &config.server.trusted_proxies, clock, rng)
    }

    fn of(is_enabled: bool, trusted: &[IpNet], clock: &Clock, rng: &Rng) -> Result<Self> {
        Ok(Self {
            is_enabled,
            trusted: trusted.to_vec(),
            clock: clock.clone(),
            keys: ClientKeys::new(rng)?,
            overall: AtomicU64::new(0),
            by_address: Table::new(BY_ADDRESS, ADDRESSES),
            by_pair: Table::new(BY_PAIR, PAIRS),
            by_network: SubnetLimits::new(BY_ADDRESS),
            sign_ups: Table::new(SIGN_UPS, SIGNING_UP),
            sign_ups_by_network: SubnetLimits::new(SIGN_UPS),
            crowds: Crowds::default(),
            told_at: Mutex::new(None),
        })
    }

    /// Counts a try at a password as if it failed, before it is made; how long to wait, when there were too many.
    ///
    /// `is_known_device`: the account has been logged in to from there before. Such a try is bounded by the device's own
    /// budget with the account, and never by what strangers do, so it is neither refused nor counted here.
    ///
    /// # Errors
    /// How long to wait.
    pub fn enter(
        &self,
        address: Option<IpAddr>,
        account: &[u8; 32],
        is_known_device: bool,
    ) -> std::result::Result<Admission, Duration> {
        let mut entered = Admission::default();
        if !self.is_enabled {
            return Ok(entered);
        }
        let now = self.now();
        entered.times = address.map_or(1, |address| self.times(address, ArrivalKind::LogIn, account, now));
        if is_known_device {
            return Ok(entered);
        }
        match self.take(&mut entered, address, account, now) {
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
        // From the narrowest to what is everybody's, of which a client that is over its own limits uses nothing.
        if let Some(address) = address {
            let (key, pair) = (self.keys.of(network_of(address), b""), self.keys.of(network_of(address), account));
            self.by_address.take(key, entered.times, now)?;
            entered.address = Some(key);
            self.by_pair.take(pair, entered.times, now)?;
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

    /// Takes a try back that was made with the right password, or that could not be made.
    pub fn give_back(&self, entered: Admission) {
        if entered.overall {
            let less = |used_until| Some(OVERALL.give_back(used_until));
            // It always has a value to go on with.
            let _ = self.overall.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        if let Some(key) = entered.address {
            self.by_address.give_back(key, entered.times);
        }
        if let Some(key) = entered.pair {
            self.by_pair.give_back(key, entered.times);
        }
        self.by_network.give_back(&entered.networks);
    }

    /// Counts a sign-up for the account that `name` would be; how long to wait, when there were too many.
    ///
    /// # Errors
    /// How long to wait.
    pub fn sign_up(&self, address: Option<IpAddr>, name: &[u8]) -> std::result::Result<(), Duration> {
        let Some(address) = address.filter(|_| self.is_enabled) else { return Ok(()) };
        let now = self.now();
        let times = self.times(address, ArrivalKind::SignUp, name, now);
        let key = self.keys.of(network_of(address), b"");
        self.sign_ups.take(key, times, now)?;
        let mut networks = SubnetAdmission::default();
        self.sign_ups_by_network.take(&mut networks, &self.keys, address, now).inspect_err(|_| {
            self.sign_ups_by_network.give_back(&networks);
            self.sign_ups.give_back(key, times);
        })
    }

    /// Notes that somebody who is not trusted says for whom it speaks, as proxies do.
    pub fn note_forwarding(&self, address: IpAddr) {
        if self.is_enabled && is_private(address) && !self.is_trusted(address) {
            self.crowds.note_forwarding(address, self.now());
        }
    }

    /// The private addresses by which many accounts come, and what to do about each.
    #[must_use]
    pub fn probable_proxies(&self) -> Vec<ProbableProxy> {
        let crowds = self.crowds.now(self.now()).into_iter();
        crowds.map(|address| ProbableProxy { address, advice: self.advice(address) }).collect()
    }

    /// The memory that the tables take by now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let tables = self.by_address.bytes() + self.by_pair.bytes() + self.sign_ups.bytes();
        tables + self.by_network.bytes() + self.sign_ups_by_network.bytes()
    }

    /// How many times one client's budget an address has: more than once if it is probably a proxy. A trusted proxy's own
    /// address stands for whoever made its headers unreadable, so it stays one client, however many accounts come.
    fn times(&self, address: IpAddr, coming: ArrivalKind, account: &[u8], now: u64) -> u64 {
        if !is_private(address) {
            return 1;
        }
        // By network, as budgets are: one account is one, from whatever address of it.
        let mark = self.keys.of(network_of(address), account).0;
        let is_crowd = self.crowds.note(address.to_canonical(), coming, mark, now);
        if is_crowd {
            self.warn_of_proxy(address);
        }
        if is_crowd && !self.is_trusted(address) { CROWD } else { 1 }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        is_within(&self.trusted, address)
    }

    /// Into the log, once an hour at most.
    fn warn_of_proxy(&self, address: IpAddr) {
        let now = self.clock.monotonic();
        let mut told_at = self.told_at.lock().unwrap_or_else(PoisonError::into_inner);
        if told_at.is_none_or(|before| now.saturating_sub(before) >= HOUR) {
            *told_at = Some(now);
            drop(told_at);
            tracing::warn!(%address, advice = self.advice(address), "many accounts come by one private address");
        }
    }

    fn advice(&self, address: IpAddr) -> String {
        let address = address.to_canonical();
        if self.is_trusted(address) {
            return format!(
                "{address} is trusted, but its X-Forwarded-For or Forwarded is missing or cannot be read, so all who come \
                 by it count as one client; make it set one of the two"
            );
        }
        let known = self.trusted.iter().map(|network| format!("\"{network}\", ")).collect::<String>();
        format!(
            "{address} is probably a proxy, and all who come by it share ten times the limits of one address; if it is \
             yours, set server.trusted_proxies = [{known}\"{address}\"]"
        )
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}
