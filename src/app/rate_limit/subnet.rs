//! Limits by subnet: many addresses of one network share a limited multiple of one quota.
//!
//! An IPv6 subscriber has a network of 56 or 48 bits, a small provider one of 32 bits, and a rented server has IPv4
//! neighbours. Each network has a multiple of one client's quota, in tables of a fixed size. Invariant: private networks
//! are not counted, because one of them may hold all clients of an installation.

use std::{net::IpAddr, time::Duration};

use super::{
    client_key::{ClientKey, ClientKeys},
    quota::Quota,
    table::Table,
};
use crate::model::{first_of, is_private};

/// A size of networks, and their multiple of one client's quota.
struct Width {
    v6_bits: u32,
    v4_bits: Option<u32>,
    times: u64,
    /// The number of remembered networks.
    capacity: usize,
}

const WIDTHS: [Width; 3] = [
    Width { v6_bits: 56, v4_bits: None, times: 4, capacity: 1 << 16 },
    Width { v6_bits: 48, v4_bits: Some(24), times: 10, capacity: 1 << 16 },
    Width { v6_bits: 32, v4_bits: None, times: 40, capacity: 1 << 14 },
];

/// The use of the quotas by networks.
pub struct SubnetLimits([Table; WIDTHS.len()]);

/// The networks in whose quotas an attempt was counted.
#[derive(Debug, Default)]
pub struct SubnetAdmission([Option<ClientKey>; WIDTHS.len()]);

impl SubnetLimits {
    /// Creates tables for clients with this quota.
    pub fn new(quota: Quota) -> Self {
        Self(WIDTHS.map(|width| Table::new(quota.times(width.times), width.capacity)))
    }

    /// Counts an attempt in each network of an address, the narrowest first. The caller must refund `taken` even if a
    /// network rejects the attempt.
    pub fn take(
        &self,
        taken: &mut SubnetAdmission,
        keys: &ClientKeys,
        address: IpAddr,
        now: u64,
    ) -> Result<(), Duration> {
        if is_private(address) {
            return Ok(());
        }
        for ((table, width), taken) in self.0.iter().zip(&WIDTHS).zip(&mut taken.0) {
            let Some(network) = first_of(address, width.v4_bits, width.v6_bits) else { continue };
            let key = keys.of(network, b"");
            table.take(key, now)?;
            *taken = Some(key);
        }
        Ok(())
    }

    /// Refunds an attempt.
    pub fn give_back(&self, taken: &SubnetAdmission) {
        for (table, taken) in self.0.iter().zip(&taken.0) {
            if let Some(key) = taken {
                table.give_back(*key);
            }
        }
    }

    /// Returns the memory of the tables in bytes.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(Table::bytes).sum()
    }
}
