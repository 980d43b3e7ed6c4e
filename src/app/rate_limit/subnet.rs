//! The networks around a client: whoever has many addresses of one network has not as many budgets.
//!
//! A subscriber of IPv6 has a network of 56 or 48 bits, a small provider one of 32, and a rented server a neighbourhood of
//! IPv4. Each has a multiple of one client's budget, in tables of a fixed size. Knows nothing of accounts. Invariant: private
//! networks are not counted here, since behind one of them may be everybody.

use std::{net::IpAddr, time::Duration};

use super::{
    client_key::{ClientKey, ClientKeys},
    quota::Quota,
    table::Table,
};
use crate::model::{first_of, is_private};

/// How wide a network is, and how much of a client's budget it has.
struct Width {
    v6_bits: u32,
    v4_bits: Option<u32>,
    times: u64,
    /// How many networks are remembered.
    places: usize,
}

const WIDTHS: [Width; 3] = [
    Width { v6_bits: 56, v4_bits: None, times: 4, places: 1 << 16 },
    Width { v6_bits: 48, v4_bits: Some(24), times: 10, places: 1 << 16 },
    Width { v6_bits: 32, v4_bits: None, times: 40, places: 1 << 14 },
];

/// What networks have used of their budgets.
pub struct SubnetLimits([Table; WIDTHS.len()]);

/// The networks from whose budgets a try was taken.
#[derive(Debug, Default)]
pub struct SubnetAdmission([Option<ClientKey>; WIDTHS.len()]);

impl SubnetLimits {
    /// Tables of networks, for clients that have this budget.
    pub fn new(quota: Quota) -> Self {
        Self(WIDTHS.map(|width| Table::new(quota.times(width.times), width.places)))
    }

    /// Takes a try from each network around an address, the narrowest first. What `taken` has is to be given back, even if
    /// one of them refuses.
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
            table.take(key, 1, now)?;
            *taken = Some(key);
        }
        Ok(())
    }

    /// Gives back what was taken.
    pub fn give_back(&self, taken: &SubnetAdmission) {
        for (table, taken) in self.0.iter().zip(&taken.0) {
            if let Some(key) = taken {
                table.give_back(*key, 1);
            }
        }
    }

    /// The memory that the tables take by now.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(Table::bytes).sum()
    }
}
