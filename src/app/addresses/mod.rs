//! Limits by client address: how many passwords may be tried, and accounts be made, from one place.
//!
//! Kept in memory of a fixed size, for each node by itself; the limit of an account is in the database and knows nothing of
//! addresses. Invariant: memory does not grow with the number of clients, and time is that of [`Clock::monotonic`], so that
//! no step of the clock makes anybody wait longer.

mod budget;
mod client_key;
mod crowds;
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
    budget::Budget,
    client_key::{ClientKey, ClientKeys},
    crowds::{Coming, Crowds},
    table::Table,
};
use crate::{
    Result,
    config::Config,
    model::{Clock, Rng, is_private, is_within, network_of},
};

/// Passwords tried, from one address.
const BY_ADDRESS: Budget = Budget::new(60, Duration::from_secs(10));
/// Passwords tried, from one address for one account.
const BY_PAIR: Budget = Budget::new(20, Duration::from_secs(60));
/// Passwords tried, from everywhere.
const OVERALL: Budget = Budget::new(3000, Duration::from_millis(50));
/// Accounts made, from one address.
const SIGN_UPS: Budget = Budget::new(100, Duration::from_secs(10));

/// How many addresses are remembered, and how many of addresses and accounts: 10 MiB in all.
const ADDRESSES: usize = 1 << 18;
const PAIRS: usize = 1 << 18;
const SIGNING_UP: usize = 1 << 17;

/// How often, at most, the log says that somebody is probably a proxy.
const HOUR: Duration = Duration::from_secs(3600);

/// What the clients of this node have used of their budgets.
pub struct AddressLimits {
    is_enabled: bool,
    trusted: Vec<IpNet>,
    clock: Clock,
    keys: ClientKeys,
    overall: AtomicU64,
    by_address: Table,
    by_pair: Table,
    sign_ups: Table,
    crowds: Crowds,
    told_at: Mutex<Option<Duration>>,
}

/// A try that was let in, and which budgets it was taken from.
#[derive(Debug, Default)]
#[must_use = "a try that succeeds, or that was not made, is given back"]
pub struct Entered {
    overall: bool,
    address: Option<ClientKey>,
    pair: Option<ClientKey>,
}

/// An address that is probably a proxy, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbableProxy {
    pub address: IpAddr,
    pub advice: String,
}

impl AddressLimits {
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
            sign_ups: Table::new(SIGN_UPS, SIGNING_UP),
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
    ) -> std::result::Result<Entered, Duration> {
        let mut entered = Entered::default();
        if !self.is_enabled {
            return Ok(entered);
        }
        let now = self.now();
        let observes = address.is_some_and(|address| self.is_crowd(address, Coming::LogIn, account, now));
        if is_known_device {
            return Ok(entered);
        }
        let outcome = self.take(&mut entered, address, account, (observes, now));
        match outcome {
            Ok(()) => Ok(entered),
            Err(wait) => {
                self.give_back(entered);
                Err(wait)
            }
        }
    }

    fn take(
        &self,
        entered: &mut Entered,
        address: Option<IpAddr>,
        account: &[u8; 32],
        (observes, now): (bool, u64),
    ) -> std::result::Result<(), Duration> {
        if let Some(network) = address.map(network_of) {
            let (address, pair) = (self.keys.of(network, b""), self.keys.of(network, account));
            entered.address = taken(&self.by_address, address, now, observes)?;
            entered.pair = taken(&self.by_pair, pair, now, observes)?;
        }
        // Last, so that a client that is over its own limits uses nothing of what is everybody's.
        let more = |used_until| OVERALL.take(used_until, now).ok();
        match self.overall.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => entered.overall = true,
            Err(used_until) => OVERALL.take(used_until, now).map(drop)?,
        }
        Ok(())
    }

    /// Takes a try back that was made with the right password, or that could not be made.
    pub fn give_back(&self, entered: Entered) {
        if entered.overall {
            let less = |used_until| Some(OVERALL.give_back(used_until));
            // It always has a value to go on with.
            let _ = self.overall.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        if let Some(key) = entered.address {
            self.by_address.give_back(key);
        }
        if let Some(key) = entered.pair {
            self.by_pair.give_back(key);
        }
    }

    /// Counts a sign-up for the account that `name` would be; how long to wait, when there were too many.
    ///
    /// # Errors
    /// How long to wait.
    pub fn sign_up(&self, address: Option<IpAddr>, name: &[u8]) -> std::result::Result<(), Duration> {
        let Some(address) = address.filter(|_| self.is_enabled) else { return Ok(()) };
        let now = self.now();
        let observes = self.is_crowd(address, Coming::SignUp, name, now);
        taken(&self.sign_ups, self.keys.of(network_of(address), b""), now, observes).map(drop)
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

    /// The memory that the tables take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.by_address.bytes() + self.by_pair.bytes() + self.sign_ups.bytes()
    }

    /// Whether limits by this address only observe. A trusted proxy's own address stands for whoever made its headers
    /// unreadable, so it stays one client, however many accounts come.
    fn is_crowd(&self, address: IpAddr, coming: Coming, account: &[u8], now: u64) -> bool {
        if !is_private(address) {
            return false;
        }
        let is_crowd = self.crowds.note(address.to_canonical(), coming, self.keys.of(address, account).0, now);
        if is_crowd {
            self.tell(address);
        }
        is_crowd && !self.is_trusted(address)
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        is_within(&self.trusted, address)
    }

    /// Into the log, once an hour at most.
    fn tell(&self, address: IpAddr) {
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
            "{address} is probably a proxy, and limits by address only observe who comes by it; if it is yours, set \
             server.trusted_proxies = [{known}\"{address}\"]"
        )
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Takes one try from a budget; the key by which it can be given back. Who only observes goes on without.
fn taken(table: &Table, key: ClientKey, now: u64, observes: bool) -> std::result::Result<Option<ClientKey>, Duration> {
    match table.take(key, now) {
        Ok(()) => Ok(Some(key)),
        Err(_) if observes => Ok(None),
        Err(wait) => Err(wait),
    }
}
