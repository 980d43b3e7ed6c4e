//! Clients as keyed hashes. SipHash with a random key hides which clients share a set of a table.
//!
//! Invariant: an IPv6 network and an IPv4 address have the same hash only by chance.
#![expect(deprecated, reason = "SipHasher is the only hasher of the standard library whose key can be given")]

use std::{
    hash::{Hasher as _, SipHasher},
    net::IpAddr,
};

use crate::{Result, model::Rng};

/// A client, as the keyed hash of its address, or of its address and an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientKey(pub u64);

/// The hash function of one process.
pub struct ClientKeys(SipHasher);

impl ClientKeys {
    /// Creates the function with a random key.
    pub fn new(rng: &Rng) -> Result<Self> {
        let (first, second) = (u64::from_le_bytes(rng.bytes()?), u64::from_le_bytes(rng.bytes()?));
        Ok(Self(SipHasher::new_with_keys(first, second)))
    }

    /// Returns the key of an address, or of an address and an account.
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
