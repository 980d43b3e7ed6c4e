//! Clients as keyed hashes: SipHash under a random key, so that nobody else can tell which of them share a set of places.
//!
//! Invariant: IPv6 networks and IPv4 addresses never have a hash in common but by chance.
#![expect(deprecated, reason = "SipHasher is the only hasher of the standard library whose key can be given")]

use std::{
    hash::{Hasher as _, SipHasher},
    net::IpAddr,
};

use crate::{Result, model::Rng};

/// A client, as a keyed hash of what it is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientKey(pub u64);

/// What makes the hashes of one process.
pub struct ClientKeys(SipHasher);

impl ClientKeys {
    /// Under a new key.
    pub fn new(rng: &Rng) -> Result<Self> {
        let (first, second) = (u64::from_le_bytes(rng.bytes()?), u64::from_le_bytes(rng.bytes()?));
        Ok(Self(SipHasher::new_with_keys(first, second)))
    }

    /// That of an address, or of an address and an account.
    pub fn of(&self, address: IpAddr, account: &[u8]) -> ClientKey {
        let octets = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        let mut hasher = self.0.clone();
        hasher.write(&octets);
        hasher.write(account);
        ClientKey(hasher.finish())
    }
}
